"""Saved plans that time has overtaken: a renewal or a step became due since, an override or an approval has ended.

The engine refuses inputs other than those of the plan, and of those says only how they differ (`violates plan`). So the
preview that saves a plan journals what stands in it by the time of day, and the apply of it is refused in words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sophia_infra.engine_run import plan_seed
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal, JournalError, Kind, Row
from sophia_infra.reporter import STDERR, Reporter


class PlanOvertakenError(SophiaError):
    """A saved plan that would do something else by now. Nothing was changed."""

    code = "plan-overtaken"


@dataclass(frozen=True, slots=True)
class DatedRow(Row):
    """What of a resource's plan came with time, or holds for a time, in the preview of a seed (`plan_seed`)."""

    KIND: ClassVar = Kind.PLAN
    RESOURCE: ClassVar = "dated"

    due: tuple[str, ...]
    holds: tuple[str, ...] = ()


def refuse_overtaken(
    who: str, now: DatedRow, journal: Journal, reporter: Reporter = STDERR, *, keep: bool = True
) -> None:
    """Refuse the apply of a saved plan that would do something else by now.

    `now` is what is due now, and what still holds. It is kept for such an apply, unless `keep` says that nothing of it
    is worth that. A journal that fails refuses nothing: the engine still does.

    Raises:
        PlanOvertakenError: something became due since the plan was saved, or is over.
    """
    seed = plan_seed()
    if not seed:
        return
    try:
        saved = _saved(f"dated {seed}", now, journal, keep)
    except JournalError as error:
        reporter.say_once(f"whether time overtakes a saved plan can't be told: {error}")
        return
    due = [line for line in now.due if line not in saved.due]
    over = [line for line in (*saved.due, *saved.holds) if line not in (*now.due, *now.holds)]
    if due or over:
        raise PlanOvertakenError(f"{who}: {_told(due, over)}", subject=who)


def is_saved(journal: Journal) -> bool:
    """Whether this is the apply of a plan whose preview kept what stands in it by the time of day.

    Raises:
        JournalError: the journal can't be read.
    """
    seed = plan_seed()
    return bool(seed and journal.last(DatedRow, f"dated {seed}", foreign=True))


def _saved(key: str, now: DatedRow, journal: Journal, keep: bool) -> DatedRow:
    """What the preview that saved the plan kept; `now` itself where this is no apply of a saved plan."""
    if keep:
        return journal.write_once(key, now)
    found = journal.last(DatedRow, key)
    return found.row if found else now


def _told(due: Sequence[str], over: Sequence[str]) -> str:
    since = [
        f"{word} since it was saved: {'; '.join(lines)}" for word, lines in (("Due", due), ("Over", over)) if lines
    ]
    return (
        f"the saved plan fits no more. {'. '.join(since)}. Nothing was changed; look at a new plan and save it: "
        "pulumi preview --save-plan FILE"
    )
