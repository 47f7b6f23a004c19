"""Whether what a plan rests on moved between the preview and the apply of one `pulumi up`."""

from sophia_infra.advice.approval import digest
from sophia_infra.advice.report import STDERR, Reporter
from sophia_infra.advised.resource import About, Plan
from sophia_infra.advised.rows import PlanRow
from sophia_infra.changes import BaseMovedError
from sophia_infra.engine_run import engine_run
from sophia_infra.journal import Journal, JournalError, Recorded


def plan_of_run(location: str, part: str, journal: Journal) -> Recorded[PlanRow] | None:
    """Return what this run planned of a location before, in its preview; None for the first time.

    Where runs can't be told apart (see `engine_run`) it is None always.

    Raises:
        JournalError: the journal can't be read.
    """
    run = engine_run()
    return journal.last(PlanRow, _key(location, part, run)) if run else None


def refuse_moved(about: About, plan: Plan, journal: Journal, reporter: Reporter = STDERR) -> None:
    """Journal what a run plans; refuse where the same run planned against another base before.

    What others journal of the location in between, a preview or a change of theirs, says nothing of this run.

    Raises:
        BaseMovedError: what was previewed is not what would happen.
    """
    run, location = engine_run(), about.location
    key = _key(location, about.part, run)
    edits = tuple(digest(edit) for edit in plan.edits)
    row = PlanRow(run, location, plan.digest, plan.changes.base, edits, plan.claim)
    try:
        before = journal.last(PlanRow, key)
        if not before or before.row.to_body() != row.to_body():
            journal.write(key, row)
        if not run or not before or before.row.base == row.base:
            return
        if journal.wrote_since(run, location, before.sequence):
            return
    except JournalError as error:
        reporter.say_once(f"the plan is not journaled: {error}")
        return
    if before.row.desired == row.desired or not plan.base_follows:
        raise BaseMovedError(location)


def _key(location: str, part: str, run: str | None) -> str:
    """What the journal calls the plans that a run makes of a location, or of a part of it."""
    return f"{location} {part} run {run or ''}"
