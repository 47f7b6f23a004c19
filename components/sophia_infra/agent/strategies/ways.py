"""What a pattern makes of a wish: ways, each with its stages, before anything is previewed. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations, product, zip_longest

from sophia_infra.agent.inventory import Inventory
from sophia_infra.agent.operations import ANY, AddRecords, OfRecords, Operation, Operations, SetRecords, SetTtl
from sophia_infra.agent.strategies.model import Stage, StrategyError
from sophia_infra.agent.understanding.contradictions import contradiction
from sophia_infra.agent.understanding.intent import Wish
from sophia_infra.agent.understanding.values import with_ttl
from sophia_infra.dns.rr.rrset import RRset, full_name
from sophia_infra.values import lasts

HOUR, DAY, WEEK = 3600, 86_400, 604_800
SHORT = 300
"""Seconds: the TTL to which sets are lowered ahead of a change."""
AT_ONCE, STAGED = "at once", "staged"


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


def longest(sets: Iterable[RRset]) -> int:
    """Return the longest TTL of sets."""
    return max((each.ttl for each in sets), default=0)


def gently(sets: Iterable[RRset], stage: Stage) -> tuple[Stage, ...]:
    """Return a stage after one that lowers the TTLs of sets, and the wait until no cache holds them by the old ones."""
    if not (long := [each for each in sets if each.ttl > SHORT]):
        return (stage,)
    return Stage("lower the TTL", with_ttl(long, SHORT)), replace(stage, wait=max(longest(long), stage.wait))


def raised(sets: Iterable[RRset]) -> tuple[Stage, ...]:
    """Return the stage that gives sets their TTLs back, none where all were short."""
    operations = tuple(SetTtl(*each.key, each.ttl) for each in sets if each.ttl > SHORT)
    return (Stage("put the TTL back", operations, DAY),) if operations else ()


def touched(stack: Inventory, operations: Iterable[Operation]) -> tuple[RRset, ...]:
    """Return the sets that operations on records are about as they stand, each once."""
    keys = (each.key for each in operations if isinstance(each, OfRecords))
    found = (stack.of(zone, owner, "" if rtype == ANY else rtype) for zone, owner, rtype in keys)
    return tuple(dict.fromkeys(chain(*found)))


def together(wishes: Sequence[Sequence[Way]]) -> list[Way]:
    """Return the ways of several wishes as those of one: the first of each, then the second, each stage by stage.

    Raises:
        StrategyError: they undo each other.
    """
    most = max(map(len, wishes))
    return [_joined([ways[min(at, len(ways) - 1)] for ways in wishes]) for at in range(most)]


def _joined(ways: Sequence[Way]) -> Way:
    changes = [_changes(way.stages) for way in ways]
    pairs = (pair for one, other in combinations(changes, 2) for pair in product(one, other))
    if against := next(filter(None, map(contradiction, pairs)), ""):
        raise StrategyError(against, code="contradiction")
    at_a_time = (tuple(filter(None, each)) for each in zip_longest(*(way.stages for way in ways)))
    stages = (
        Stage(" and ".join(stage.title for stage in each), _changes(each), max(stage.wait for stage in each))
        for each in at_a_time
    )
    name = " and ".join(dict.fromkeys(way.name for way in ways))
    notes = chain.from_iterable(way.notes for way in ways)
    not_done = chain.from_iterable(way.not_done for way in ways)
    return Way(name, tuple(stages), tuple(dict.fromkeys(notes)), tuple(dict.fromkeys(not_done)))


def _changes(stages: Iterable[Stage]) -> Operations:
    return tuple(chain.from_iterable(stage.operations for stage in stages))


def naming(way: Way, stack: Inventory) -> Way:
    """Return a way with a note of each name that it makes, as a slip does too; of `_dmarc` and its like none."""
    added = (each for stage in way.stages for each in stage.operations if isinstance(each, AddRecords | SetRecords))
    new = (each for each in added if each.owner[0] != "_" and not stack.of(each.zone, each.owner))
    notes = dict.fromkeys(f"{full_name(each.zone, each.owner)} is a new name: no record of it stands" for each in new)
    return replace(way, notes=(*way.notes, *notes))
