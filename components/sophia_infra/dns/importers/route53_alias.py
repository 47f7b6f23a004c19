"""Aliases of Route 53, whichever tool writes them: what becomes of each, once all records of the zone are known.

An alias has a type; those of A and AAAA are answered with addresses. Source:
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-choosing-alias-non-alias.html
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple, Protocol

from sophia_infra.dns.reader.problems import bounded
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.rtype import ALIAS, HOSTS

TTL = 60
"""Seconds that Route 53 answers for an alias of a load balancer or a distribution, which has no TTL of its own."""
_ADDRESSES = ("A", "AAAA")


class Alias(NamedTuple):
    """An alias and where it stands: `owner` and `target` are full names, `health` is EvaluateTargetHealth."""

    file: str
    line: int
    owner: str
    type: str
    target: str
    health: bool

    @property
    def subject(self) -> str:
        """The record set that it is."""
        return f"{bounded(self.owner)} {bounded(self.type)}"


class Zone(Protocol):
    """The zone that is imported."""

    def enter(self, file: str) -> None: ...  # noqa: D102  # as in `collector.Collector`, all four
    def add(self, line: int, owner: str, ttl: object, rtype: str, rdata: str) -> None: ...  # noqa: D102
    def note(self, line: int, what: str) -> None: ...  # noqa: D102
    def held(self, name: str) -> Sequence[Record]: ...  # noqa: D102


def settle(zone: Zone, aliases: Iterable[Alias]) -> None:
    """Keep as ALIAS what leads to addresses, and the values of other aliases; say of each what Route 53 does."""
    ordered = sorted(aliases, key=_owner)
    for _, group in groupby(ordered, _owner):
        found = list(group)
        if leading := [alias for alias in found if alias.type.upper() in _ADDRESSES]:
            _lead(zone, leading)
        for alias in found:
            if alias not in leading:
                _copy(zone, alias)


def _owner(alias: Alias) -> str:
    return alias.owner.lower()


def _lead(zone: Zone, aliases: Sequence[Alias]) -> None:
    first = aliases[0]
    beside = [record.subject for record in zone.held(first.owner) if record.type in HOSTS]
    target = first.target.lower()
    carried = [] if beside else [alias for alias in aliases if alias.target.lower() == target]
    for alias in aliases:
        if alias not in carried:
            why = f"beside {beside[0]}" if beside else f"another one than that of {first.subject}"
            zone.enter(alias.file)
            zone.note(alias.line, f"{alias.subject} is an alias of {alias.target}, {why}, and is not carried over")
    if carried:
        zone.enter(first.file)
        zone.note(first.line, _told(carried))
        ttl = min((record.ttl for record in zone.held(first.target) if record.type in HOSTS), default=TTL)
        zone.add(first.line, first.owner, ttl, ALIAS, first.target)


def _told(carried: Sequence[Alias]) -> str:
    first, types = carried[0], sorted({alias.type.upper() for alias in carried})
    told = f"{bounded(first.owner)} {' and '.join(types)} is an alias of {bounded(first.target)}, with whose addresses"
    told += " Route 53 answers; it becomes ALIAS"
    if len(types) < len(_ADDRESSES):
        (other,) = set(_ADDRESSES) - set(types)
        told += f", with {other} too where the target has any"
    if any(alias.health for alias in carried):
        told += "; EvaluateTargetHealth is not carried over, so an unhealthy target stays answered"
    return told


def _copy(zone: Zone, alias: Alias) -> None:
    """An alias of another type leads to a set of the same zone: its values are carried over."""
    values = [record for record in zone.held(alias.target) if record.type == alias.type.upper()]
    zone.enter(alias.file)
    for record in values:
        zone.add(alias.line, alias.owner, record.ttl, record.type, record.rdata)
    done = "and gets the values that it has now" if values else "and is not carried over"
    zone.note(alias.line, f"{alias.subject} is an alias of {bounded(alias.target)}, {done}")
