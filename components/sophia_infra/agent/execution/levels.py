"""What `sophia:autonomy` lets a run do by itself: within its numbers, on its word, and a level less after a failure."""

from collections.abc import Iterator, Mapping

from sophia_infra import clock
from sophia_infra.advice import autonomy
from sophia_infra.advice.approval import Approval
from sophia_infra.advice.autonomy import SlotRow, free, level_of, slot, word_of
from sophia_infra.advice.model import Autonomy
from sophia_infra.advised.autonomy import LASTS
from sophia_infra.agent.execution.rows import Proposal
from sophia_infra.agent.execution.runs import Run, Runs
from sophia_infra.changes import Exposure
from sophia_infra.dns.rr.record import from_text
from sophia_infra.report.model import Standing
from sophia_infra.values import listed

_KINDS: Mapping[str, str] = {
    "set-records": "replace",
    "set-ttl": "replace",
    "add-records": "add",
    "remove-records": "remove",
}
"""What `sophia:autonomyLimits.kinds` calls an operation; what is not here is a person's to approve."""


def in_force(runs: Runs, stack: str) -> Autonomy:
    """Return the level that a stack goes by: that of its settings, or a lower one after a failure."""
    last = autonomy.standing(runs.journal, stack)
    return min(runs.settings.autonomy, last.row.level if last else Autonomy.FULL, key=lambda level: level.rank)


def grant(runs: Runs, run: Run) -> str:
    """Approve a run on the word of its stack's level; return why it is left to a person, empty where it is not.

    Raises:
        JournalError: it can't be journaled, so it does not hold.
    """
    level, bounds, now = in_force(runs, run.row.stack), runs.settings.bounds, clock.now()
    if why := _against(level, run):
        return why
    until = now + LASTS
    if level is Autonomy.LIMITED:
        if outside := sorted(set(_kinds(run.row)) - set(bounds.kinds)):
            return f"sophia:autonomyLimits.kinds is {', '.join(bounds.kinds)}, and this has {', '.join(outside)}"
        if Exposure.parse(run.row.exposure) > bounds.max_exposure:
            return f"sophia:autonomyLimits.max_exposure is {bounds.max_exposure}, and this is {run.row.exposure}"
        if bounds.hours:
            if not (ends := bounds.closes(now)):
                return "it is outside of sophia:autonomyLimits.hours"
            until = min(until, ends)
        if len(run.row.operations) > bounds.per_run:
            return (
                f"sophia:autonomyLimits.per_run is {bounds.per_run}, and this is {len(run.row.operations)} operations"
            )
        day = f"{run.row.stack} {now:%Y-%m-%d}"
        mine = [SlotRow(run.advice.id, str(number)) for number in range(len(run.row.operations))]
        enough = free(runs.journal, day, bounds.per_day, mine) >= len(mine)  # else some would be taken, and lost
        if not enough or not all(slot(runs.journal, day, bounds.per_day, each) for each in mine):
            return f"sophia:autonomyLimits.per_day is {bounds.per_day}, and it is reached"
    digests = tuple(edit.digest for edit in run.advice.edits)
    runs.journal.write(run.advice.id, Approval(run.row.bound.digest, digests, until, word_of(level)))
    return ""


def _kinds(row: Proposal) -> Iterator[str]:
    """What operations are called, and whether a set only loses records, or only gets some, whatever they are called."""
    yield from (_KINDS[str(operation["op"])] for operation in row.operations)
    for each in row.answers:
        before, after = set(from_text(each.before)), set(from_text(each.after))
        lost, new = ({record.subject for record in records} for records in (before - after, after - before))
        if lost - new:
            yield "remove"
        if new - lost:
            yield "add"


def _against(level: Autonomy, run: Run) -> str:
    """What no level lets pass, whatever its numbers."""
    if level.rank < Autonomy.LIMITED.rank:
        return f"sophia:autonomy is {level}"
    if run.row.beyond:
        return f"it would take along what others changed: {listed(run.row.beyond)}"
    if run.row.deletes:
        return f"{len(run.row.deletes)} resources would be deleted or replaced"
    if run.row.standing != str(Standing.APPROVE):
        return f"the preview says {run.row.standing}"
    unknown = [str(operation["op"]) for operation in run.row.operations if operation["op"] not in _KINDS]
    return f"{unknown[0]} is always a person's to approve" if unknown else ""


def granted(runs: Runs, run: Run) -> Autonomy | None:
    """Return the level on whose word a run was approved; None where it was a person's."""
    last = next(runs.journal.back(Approval, run.advice.id), None)
    return level_of(last.row.by) if last else None


def holds(runs: Runs, run: Run) -> bool:
    """Return whether the stack still has the level on whose word a run was approved; so it is for a person's word."""
    level = granted(runs, run)
    return level is None or in_force(runs, run.row.stack).rank >= level.rank


def undoes(runs: Runs, run: Run) -> bool:
    """Return whether a run that failed may be rolled back without a person's word.

    The level that let it pass lets it go back too, though it is lost by then.
    """
    return granted(runs, run) is not None or in_force(runs, run.row.stack).rank >= Autonomy.LIMITED.rank


def lose(runs: Runs, run: Run, why: str) -> str:
    """Take the stack a level down where the run that failed was approved on the word of one; return why, and that."""
    if not (level := granted(runs, run)):
        return why
    autonomy.lower(runs.journal, run.row.stack, level, f"{run}: {why}")
    stack = run.row.stack
    return f"{why}; {stack} goes by {in_force(runs, stack)} now, until a person has looked: sophia advice raise {stack}"
