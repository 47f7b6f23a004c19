"""Whether a zone moved between the preview and the apply of one `pulumi up`."""

from collections.abc import Mapping
from typing import Any

from sophia_infra.advice import report
from sophia_infra.advice.chain import Entry, Kind
from sophia_infra.advice.journal import Journal, JournalError
from sophia_infra.dns.backends import BaseMovedError
from sophia_infra.dns.ownership import CREATED, Ownership
from sophia_infra.engine_run import engine_run

_MOST_ROWS = 1000


def _key(place: str, ownership: Ownership, run: str | None) -> str:
    """What the journal calls the plans that a run makes of a zone, or of the part of it that a stack manages."""
    return f"{place} {' '.join(ownership.manage)} run {run or ''}"


def plan_of_run(place: str, ownership: Ownership, journal: Journal) -> Entry | None:
    """Return what this run planned of a zone before, in its preview; None for the first time, or where nobody can tell.

    Raises:
        JournalError: the journal can't be read.
    """
    run = engine_run()
    return journal.find(Kind.PLAN, _key(place, ownership, run)) if run else None


def refuse_moved(place: str, ownership: Ownership, plan: Mapping[str, Any], journal: Journal) -> None:
    """Journal what a run plans; refuse where the same run planned against another base before.

    `plan` is the journal's row: what `claims.row` says, the fingerprints `desired` and `base`, the digests of `edits`.
    What others journal of the zone in between, a preview or a change of theirs, says nothing of this run.

    Raises:
        BaseMovedError: what was previewed is not what would happen.
    """
    run = engine_run()
    key = _key(place, ownership, run)
    try:
        entry = journal.find(Kind.PLAN, key)
        if not entry or entry.value != {**plan, "place": place}:
            journal.append(Kind.PLAN, key, {**plan, "place": place})
        if not run or not entry or entry.value["base"] == plan["base"] or _wrote_since(entry, place, run, journal):
            return
    except JournalError as error:
        report.say_once(f"the plan is not journaled: {error}")
        return
    # Of a stack that manages what it created, the base is what it asks for and finds live: it moves with that.
    if entry.value["desired"] == plan["desired"] or ownership.manage != (CREATED,):
        raise BaseMovedError(place)


def _wrote_since(entry: Entry, place: str, run: str, journal: Journal) -> bool:
    later = (one for one in journal.newest(Kind.OUTCOME, _MOST_ROWS) if one.sequence > entry.sequence)
    return any(one.key == place and one.value.get("run") == run for one in later)
