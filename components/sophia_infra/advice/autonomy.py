"""Levels of autonomy: what `limited` may apply by itself, which level is in force, and what the journal keeps of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, ClassVar, Self

from sophia_infra import clock
from sophia_infra.advice.model import OPERATIONS, Autonomy
from sophia_infra.changes import Exposure
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal, Kind, Recorded, Row
from sophia_infra.values import Value

MOST = 100
"""How many edits a run, or a day, may be given at most: each is looked for by its number."""


class AutonomyError(SophiaError):
    """A level that can't be raised: the stack goes by no lower one."""

    code = "not-lowered"


_WORD = "sophia:autonomy "
_LEVEL = "autonomy level "
_BOUNDS = ("kinds", "max_exposure", "per_run", "per_day", "hours")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the level `limited` may apply by itself (`sophia:autonomyLimits`).

    Attributes:
        kinds: the kinds of edit: `replace`, `add`, `remove`.
        max_exposure: the highest exposure of the plan with the edits in it.
        per_run, per_day: edits that one run, and all runs of a stack on one day (UTC), may be given, 1 to 100.
        hours: from when to when in the day, UTC; one that ends before it begins goes over midnight. None for any time.
    """

    kinds: tuple[str, ...] = ("replace",)
    max_exposure: Exposure = Exposure.LOW
    per_run: int = 3
    per_day: int = 10
    hours: tuple[time, time] | None = None

    @classmethod
    def from_value(cls, given: Value) -> Self:
        """Read `sophia:autonomyLimits`: any of the attributes. A wrong one is refused by its path."""
        members, chosen = given.members(_BOUNDS).mapping(), dict[str, Any]()
        if "kinds" in members:
            way_out = f"give a list of {', '.join(OPERATIONS)}"
            chosen["kinds"] = tuple(kind.word(OPERATIONS) for kind in given.get("kinds").items(way_out, least=1))
        if "max_exposure" in members:
            chosen["max_exposure"] = Exposure.parse(given.get("max_exposure").word([str(level) for level in Exposure]))
        for name in members.keys() & {"per_run", "per_day"}:
            chosen[name] = given.get(name).whole(1, MOST, f"give a whole number of edits from 1 to {MOST}")
        if "hours" in members:
            chosen["hours"] = _hours(given.get("hours"))
        return cls(**chosen)

    def closes(self, now: datetime) -> datetime | None:
        """Return when the hours that are open now end; None where they are not open, or never end."""
        if self.hours is None:
            return None
        begins, ends = (datetime.combine(now.date(), each, UTC) for each in self.hours)
        if begins > ends:  # over midnight
            begins, ends = (begins - _DAY, ends) if now < ends else (begins, ends + _DAY)
        return ends if begins <= now < ends else None


_DAY = timedelta(days=1)


def _hours(given: Value) -> tuple[time, time]:
    way_out = "give hours in UTC, such as 08:00-18:00"
    try:
        begins, ends = (datetime.strptime(part, "%H:%M").time() for part in given.text(way_out).split("-"))  # noqa: DTZ007  # a time of day
    except ValueError:
        raise given.wrong(way_out) from None
    if begins == ends:
        raise given.wrong(f"{way_out}, or leave it out for any time")
    return begins, ends


@dataclass(frozen=True, slots=True)
class SlotRow(Row):
    """One of the edits that a run, or a day, may be given: whose row stands at the slot's number has it."""

    KIND: ClassVar = Kind.AUTONOMY
    RESOURCE: ClassVar = "slot"

    advice: str
    edit: str


@dataclass(frozen=True, slots=True)
class LevelRow(Row):
    """Which level a stack goes by at most, who says so, and why: `demotion` or a person."""

    KIND: ClassVar = Kind.AUTONOMY
    RESOURCE: ClassVar = "level"

    level: Autonomy
    by: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class GrantRow(Row):
    """Edits that a level granted a resource, by their digests, and what was found after their apply.

    `found` is empty as long as nobody looked, else `held`, or what is wrong.
    """

    KIND: ClassVar = Kind.AUTONOMY
    RESOURCE: ClassVar = "grant"

    advice: str
    base: str
    level: Autonomy
    edits: tuple[str, ...]
    found: str = ""


def word_of(level: Autonomy) -> str:
    """Return on whose word a level grants edits, as approvals name it."""
    return f"{_WORD}{level}"


def level_of(word: str) -> Autonomy | None:
    """Return the level on whose word an edit was granted; None where it was a person's."""
    name = word.removeprefix(_WORD)
    return Autonomy(name) if name != word and name in list(Autonomy) else None


def below(level: Autonomy) -> Autonomy:
    """Return the level below one that grants edits."""
    return list(Autonomy)[level.rank - 1]


def slot(journal: Journal, period: str, most: int, mine: SlotRow) -> bool:
    """Take one of the `most` slots of a period, the one that is mine already where there is one.

    It holds across processes: of two that take one at once, the first has it.

    Raises:
        JournalError: nothing could be taken.
    """
    return any(_holds(journal, f"autonomy {period} #{number}", mine) for number in range(1, most + 1))


def free(journal: Journal, period: str, most: int, mine: Collection[SlotRow]) -> int:
    """Return how many of the `most` slots of a period are free, or mine already; raises JournalError."""
    keys = (f"autonomy {period} #{number}" for number in range(1, most + 1))
    taken = (journal.last(SlotRow, key, foreign=True) for key in keys)
    return sum(standing is None or standing.row in mine for standing in taken)


def _holds(journal: Journal, key: str, mine: SlotRow) -> bool:
    """Whether a slot is mine now; whoever took it before has it, on any machine."""
    standing = journal.last(SlotRow, key, foreign=True)
    return standing.row == mine if standing else journal.write_once(key, mine) == mine


def standing(journal: Journal, stack: str) -> Recorded[LevelRow] | None:
    """Return the last word on the level of a stack: a lower one of anybody's, a higher one of this machine's.

    Raises:
        JournalError: the journal can't be read.
    """
    words = journal.back(LevelRow, f"{_LEVEL}{stack}", foreign=True)
    return next((word for word in words if word.ours or word.row.level is not Autonomy.FULL), None)


def lower(journal: Journal, stack: str, granted: Autonomy, why: str) -> None:
    """Take a stack below the level that granted what was not verified; never above where it stands."""
    now, lower_one = standing(journal, stack), below(granted)
    if now is None or lower_one.rank < now.row.level.rank:
        journal.write(f"{_LEVEL}{stack}", LevelRow(lower_one, "demotion", why))


def lift(journal: Journal, stack: str, by: str) -> tuple[str, LevelRow]:
    """Let a stack go by the level of its settings again, on a person's word; return it, and what it went by.

    No name stands for the only stack that goes by a lower level.

    Raises:
        AutonomyError: it goes by no lower level.
        JournalError: it can't be written, so the lower level stays.
    """
    clock.refuse_moved()
    journal.refuse_unsealed()
    found = lowered(journal)
    name = stack or (next(iter(found)) if len(found) == 1 else "")
    if name not in found:
        listed = ", ".join(sorted(found)) or "none"
        told = f"{stack or 'STACK'} is to be one that goes by a lower level of autonomy than its settings say: {listed}"
        raise AutonomyError(told, field="STACK", value=stack)
    journal.write(f"{_LEVEL}{name}", LevelRow(Autonomy.FULL, by))
    return name, found[name]


def lowered(journal: Journal) -> dict[str, LevelRow]:
    """Return the stacks that go by a lower level than their settings may say."""
    keys = journal.keys(LevelRow, _LEVEL)
    found = ((stack, standing(journal, stack)) for stack in (key.removeprefix(_LEVEL) for key in keys))
    return {stack: last.row for stack, last in found if last and last.row.level is not Autonomy.FULL}
