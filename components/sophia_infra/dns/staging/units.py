"""What is switched as one: a record set, or all sets that give way to others where a name changes its type. Pure.

A name has a CNAME or other data, never both (RFC 1034 section 3.6.2), so what goes and what comes then changes in one
apply. That is a swap.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sophia_infra.changes import covers
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.rtype import HOSTS
from sophia_infra.dns.staging.steps import LOWERED, PENDING, SETTLED, SWITCHED, Stage, Values

Sets = Mapping[str, Values]
"""The record sets of one owner name, by type."""
Stages = Mapping[str, Any]
"""The `stages` property: the key of a unit -> its stage."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A record set, or a swap: then `types` are those that go and those that come.

    Its values are texts `TYPE RDATA`. In `stages` and to people it is `www A`; a swap is its owner name alone.
    """

    owner: str
    types: tuple[str, ...]
    is_swap: bool = False

    @property
    def key(self) -> str:
        """What `stages` and people call it."""
        return self.owner if self.is_swap else self.subjects[0]

    @property
    def subjects(self) -> list[str]:
        """Its record sets."""
        return [f"{self.owner} {rtype}" for rtype in self.types]

    def is_covered(self, patterns: Collection[str]) -> bool:
        """Whether patterns cover any of its sets."""
        return any(covers(pattern, subject) for pattern in patterns for subject in self.subjects)

    def of(self, sets: Sets) -> Values | None:
        """Return what some sets hold of it, at the longest of their TTLs."""
        held = {rtype: sets[rtype] for rtype in self.types if rtype in sets}
        if not held:
            return None
        ttl = max(values.ttl for values in held.values())
        if any(values.values == PENDING for values in held.values()):
            return Values(PENDING, ttl)
        return Values(frozenset(f"{rtype} {rdata}" for rtype, values in held.items() for rdata in values.values), ttl)

    def stage(self, stages: Stages) -> Stage | None:
        """Return where it stood; a swap that begins stands where its sets stood, by the longest of their TTLs."""
        known = [_stage(key, stages) for key in self._keys(stages)]
        return _joined(known) if known else None

    def as_input(self, stage: Stage) -> dict[str, Any]:
        """Return its part of `stages`; once a swap is over, each of its sets stands for itself again."""
        if self.is_swap and stage.step != SETTLED:
            return {self.key: stage.as_input()}
        rtypes = sorted(_types(stage.values))
        return {f"{self.owner} {rtype}": _untyped(stage, rtype).as_input() for rtype in rtypes}

    def as_it_was(self, stages: Stages) -> dict[str, Any]:
        """Return its part of `stages` as the last run left it."""
        return {key: stages[key] for key in self._keys(stages)}

    def records(self, published: Values, asked: Sets) -> Iterator[Record]:
        """Yield the records that publish some values, none with a longer TTL than is asked for its set."""
        for value in published.values:
            rtype, _, rdata = value.partition(" ")
            ttl = min(published.ttl, asked[rtype].ttl) if rtype in asked else published.ttl
            yield Record(self.owner, ttl, rtype, rdata)

    def _keys(self, stages: Stages) -> list[str]:
        return [self.key] if self.key in stages else [subject for subject in self.subjects if subject in stages]


def units_of(owner: str, live: Sets, asked: Sets, stages: Stages) -> Iterator[tuple[Unit, Values]]:
    """Yield what is switched as one at a name, each with what is asked for; PENDING where part of that is not known."""
    rtypes = _swapped(live.keys(), asked.keys()) | _under_way(owner, live.keys(), asked.keys(), stages)
    swap = Unit(owner, tuple(sorted(rtypes)), is_swap=True)
    for unit in (swap, *(Unit(owner, (rtype,)) for rtype in asked if rtype not in rtypes)):
        if desired := unit.of(asked):
            yield unit, desired


def _swapped(live: Collection[str], asked: Collection[str]) -> set[str]:
    gone, come = set(live) - set(asked), set(asked) - set(live)
    rivals = _rivals(gone | come)
    return rivals if rivals & gone and rivals & come else set()


def _under_way(owner: str, live: Collection[str], asked: Collection[str], stages: Stages) -> set[str]:
    """The types of a swap that was begun; where nothing of it is live, a run was cut off that made the switch."""
    if owner not in stages:
        return set()
    stage = _stage(owner, stages)
    rtypes = _types(stage.values | stage.before)
    return rtypes if rtypes & set(live) else rtypes | _rivals(rtypes | (set(live) & set(asked)))


def _rivals(rtypes: set[str]) -> set[str]:
    """Which of some types give way to each other: all for a CNAME, those that say where a name leads for an ALIAS."""
    if "CNAME" in rtypes:
        return rtypes
    return rtypes.intersection(HOSTS) if "ALIAS" in rtypes else set()


def _types(values: Iterable[str]) -> set[str]:
    return {value.partition(" ")[0] for value in values}


def _stage(key: str, stages: Stages) -> Stage:
    """A stage as `stages` holds it: in that of a set, the values stand without their type."""
    stage, rtype = Stage.from_input(stages[key]), key.partition(" ")[2]
    if not rtype:
        return stage
    values, before = (
        frozenset(f"{rtype} {rdata}" for rdata in published) for published in (stage.values, stage.before)
    )
    return replace(stage, values=values, before=before)


def _untyped(stage: Stage, rtype: str) -> Stage:
    start = f"{rtype} "
    values, before = (
        frozenset(value.removeprefix(start) for value in published if value.startswith(start))
        for published in (stage.values, stage.before)
    )
    return replace(stage, values=values, before=before)


def _joined(known: list[Stage]) -> Stage:
    if len(known) == 1:
        return known[0]
    step = max((stage.step for stage in known), key=[SETTLED, SWITCHED, LOWERED].index)
    values, before = _union(stage.values for stage in known), _union(stage.before or stage.values for stage in known)
    return Stage(step, values, max(stage.ttl for stage in known), None, before)


def _union(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset(value for values in sets for value in values)
