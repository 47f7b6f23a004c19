"""What a pattern makes of a wish: ways, each with its stages, before anything is previewed. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from sophia_infra.agent.inventory import Inventory, RRset
from sophia_infra.agent.operations import ANY, OfRecords, Operation, SetRecords, SetTtl
from sophia_infra.agent.strategies.model import Stage
from sophia_infra.agent.understanding.intent import Wish

HOUR, DAY, WEEK = 3600, 86_400, 604_800
SHORT = 300
"""Seconds: the TTL to which sets are lowered ahead of a change."""
AT_ONCE, STAGED = "at once", "staged"
Operations = tuple[Operation, ...]
Sets = Sequence[tuple[str, RRset]]
"""RRsets, each with its zone."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to meet a wish: `name` is what it is called among those of its pattern, and stays."""

    name: str
    stages: tuple[Stage, ...]
    notes: tuple[str, ...] = ()
    not_done: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What it does, in a line: `staged: lower the TTL, wait 1 h, swap`."""
        told = (f"wait {lasts(stage.wait)}, {stage.title}" if stage.wait else stage.title for stage in self.stages)
        return f"{self.name}: {', '.join(told)}" if self.stages else self.name


@dataclass(frozen=True, slots=True)
class Pattern:
    """How a sort of wish is met.

    Attributes:
        name: what it is called.
        intents: the intents that it meets, with blanks between them.
        what: what it does, in a line; docs/agent.md has it.
        ways: makes the ways of a wish, of which understanding made these operations; none where it could not.
            It raises MissingError where the wish can't be met, with the limit or what is missing.
    """

    name: str
    intents: str
    what: str
    ways: Callable[[Wish, Operations], Iterable[Way]]


def lasts(seconds: int) -> str:
    """Return a time in words: `5 min`, `1 h`, `2 d`."""
    for unit, length in (("d", DAY), ("h", HOUR), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds} s"


def lowered(sets: Sets) -> tuple[tuple[Stage, ...], int]:
    """Return the stage that lowers the TTLs of sets, none where all are short, and what to wait after it."""
    long = [(zone, each) for zone, each in sets if each.ttl > SHORT]
    operations = tuple(SetTtl(zone, each.owner, each.rtype, SHORT) for zone, each in long)
    wait = max((each.ttl for _, each in long), default=0)
    return ((Stage("lower the TTL", operations),) if long else ()), wait


def raised(sets: Sets, wait: int = DAY) -> tuple[Stage, ...]:
    """Return the stage that gives sets their TTLs back, none where all were short."""
    operations = tuple(SetTtl(zone, each.owner, each.rtype, each.ttl) for zone, each in sets if each.ttl > SHORT)
    return (Stage("put the TTL back", operations, wait),) if operations else ()


def gently(sets: Sets, *stages: Stage) -> tuple[Stage, ...]:
    """Return stages with the TTLs of sets lowered ahead of them, and the wait until no cache holds a longer one."""
    first, wait = lowered(sets)
    return (*first, replace(stages[0], wait=max(wait, stages[0].wait)), *stages[1:])


def short(operations: Iterable[Operation]) -> Operations:
    """Return operations of which those that set records without a TTL give a short one."""
    return tuple(
        replace(each, ttl=SHORT) if isinstance(each, SetRecords) and each.ttl is None else each for each in operations
    )


def touched(stack: Inventory, operations: Iterable[Operation]) -> Sets:
    """Return the sets that operations on records are about as they stand, each once."""
    found = (
        (each.zone, rrset)
        for each in operations
        if isinstance(each, OfRecords)
        for rrset in stack.of(each.zone, each.owner, "" if each.rtype == ANY else each.rtype)
    )
    return tuple(dict.fromkeys(found))
