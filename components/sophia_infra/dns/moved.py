"""Whether a zone moved between the preview and the apply of one `pulumi up`."""

from sophia_infra.advice import report
from sophia_infra.advice.chain import Kind
from sophia_infra.advice.journal import Journal, JournalError
from sophia_infra.dns.backends import BaseMovedError
from sophia_infra.dns.ownership import CREATED, Ownership
from sophia_infra.engine_run import engine_run


def plan_key(place: str, ownership: Ownership) -> str:
    """Return what the journal calls the plans of a zone, or of the part of it that one stack manages."""
    return place if ownership.is_whole else f"{place} {' '.join(ownership.manage)}"


def refuse_moved(place: str, ownership: Ownership, desired: str, base: str, journal: Journal) -> None:
    """Journal what a run plans against; refuse where the same run planned against another base before.

    Raises:
        BaseMovedError: what was previewed is not what would happen.
    """
    key, run = plan_key(place, ownership), engine_run()
    now = {"run": run, "desired": desired, "base": base}
    try:
        entry, outcome = journal.find(Kind.PLAN, key), journal.find(Kind.OUTCOME, place)
        before = entry.value if entry else {}
        if before != now:
            journal.append(Kind.PLAN, key, now)
    except JournalError as error:
        report.say_once(f"the plan is not journaled: {error}")
        return
    applied = entry and outcome and outcome.sequence > entry.sequence
    if not run or applied or before.get("run") != run or before["base"] == base:
        return
    # Of a stack that manages what it created, the base is what it asks for and finds live: it moves with that.
    if before["desired"] == desired or ownership.manage != (CREATED,):
        raise BaseMovedError(place)
