"""Whether what a plan rests on moved between the preview and the apply of one `pulumi up`."""

from sophia_infra.advice import report
from sophia_infra.advice.approval import digest
from sophia_infra.advice.chain import Entry, Kind
from sophia_infra.advice.journal import Journal, JournalError
from sophia_infra.advised.resource import About, Plan
from sophia_infra.changes import BaseMovedError
from sophia_infra.engine_run import engine_run

_MOST_ROWS = 1000


def plan_of_run(location: str, part: str, journal: Journal) -> Entry | None:
    """Return what this run planned of a location before, in its preview; None for the first time.

    Where runs can't be told apart (see `engine_run`) it is None always.

    Raises:
        JournalError: the journal can't be read.
    """
    run = engine_run()
    return journal.find(Kind.PLAN, _key(location, part, run)) if run else None


def refuse_moved(about: About, plan: Plan, journal: Journal) -> None:
    """Journal what a run plans; refuse where the same run planned against another base before.

    What others journal of the location in between, a preview or a change of theirs, says nothing of this run.

    Raises:
        BaseMovedError: what was previewed is not what would happen.
    """
    run, location = engine_run(), about.location
    key = _key(location, about.part, run)
    edits = [digest(edit) for edit in plan.edits]
    planned = {"desired": plan.digest, "base": plan.changes.base, "edits": edits}
    row = {**plan.claim, "run": run, **planned, "place": location}
    try:
        entry = journal.find(Kind.PLAN, key)
        if not entry or entry.value != row:
            journal.append(Kind.PLAN, key, row)
        if not run or not entry or entry.value["base"] == row["base"] or _wrote_since(entry, location, run, journal):
            return
    except JournalError as error:
        report.say_once(f"the plan is not journaled: {error}")
        return
    if entry.value["desired"] == row["desired"] or not plan.base_follows:
        raise BaseMovedError(location)


def _key(location: str, part: str, run: str | None) -> str:
    """What the journal calls the plans that a run makes of a location, or of a part of it."""
    return f"{location} {part} run {run or ''}"


def _wrote_since(entry: Entry, location: str, run: str, journal: Journal) -> bool:
    later = (row for row in journal.newest(Kind.OUTCOME, _MOST_ROWS) if row.sequence > entry.sequence)
    return any(row.key == location and row.value.get("run") == run for row in later)
