"""What becomes of somebody who follows a name in RDATA, worked out once a name."""

import re
from collections import defaultdict
from enum import Enum, auto
from functools import cached_property

from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.rtype import ALIAS, target_of
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.names import OPEN_TLDS

_IPV4 = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
_HOSTS = frozenset({"A", "AAAA", ALIAS})


class Target(Enum):
    """What becomes of somebody who follows a name in RDATA, as far as this zone alone can tell."""

    ELSEWHERE = auto()  # outside the zone, below a delegation, or not known yet
    NOTHING = auto()  # the root: by convention "no such service"
    LITERAL = auto()  # an IP address where a name belongs
    DOT_MISSING = auto()  # the origin was appended to a name that was meant to be complete
    DOT_EXTRA = auto()  # a bare label with a dot, so the origin was not appended
    MISSING = auto()  # in the zone, and no such name
    EMPTY = auto()  # the name exists without an address
    ALIAS = auto()
    HOST = auto()


# What another zone may say of a target here; what looks like a slip there is none of this zone's.
_TELLING = frozenset({Target.MISSING, Target.EMPTY, Target.ALIAS, Target.HOST})


def resolve(zone: Zone, name: str) -> Target:
    """Return what becomes of somebody who follows this absolute name."""
    return zone.shared(_Targets).resolve(name)


def records_to(zone: Zone, rtype: str, target: Target) -> list[tuple[Record, str]]:
    """Return the records of one type whose target comes to this, each with the absolute name of its target."""
    return zone.shared(_Targets).records_to(rtype, target)


class _Targets:
    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._known: dict[str, Target] = {}
        self._by_rtype: dict[str, dict[Target, list[tuple[Record, str]]]] = {}

    def records_to(self, rtype: str, target: Target) -> list[tuple[Record, str]]:
        if rtype not in self._by_rtype:
            found = self._by_rtype[rtype] = defaultdict(list)
            for record in self._zone.of(rtype):
                name = target_of(record)
                found[self.resolve(name)].append((record, name))
        return self._by_rtype[rtype].get(target, [])

    def resolve(self, name: str) -> Target:
        target = self._known.get(name)
        if target is None:
            target = self._known[name] = self._resolve(name)
        return target

    def _resolve(self, name: str) -> Target:
        if name == ".":
            return Target.NOTHING
        zone, owner = self._zone, self._zone.relative(name)
        if owner in self._plain_hosts:
            return Target.HOST
        if self._is_literal(name[:-1] if owner is None else owner):
            return Target.LITERAL
        if owner is None:
            return self._outside(name)
        if owner not in zone.by_name and self._lacks_dot(owner):
            return Target.DOT_MISSING
        if zone.is_pending(owner):
            return Target.ELSEWHERE
        return self._beside(name) if zone.is_beyond(owner) else self._inside(owner)

    @cached_property
    def _plain_hosts(self) -> frozenset[str | None]:
        """Names with addresses where nothing else needs a look: most targets of most zones."""
        owners = {record.owner for rtype in ("A", "AAAA") for record in self._zone.of(rtype)}
        return frozenset(
            owner for owner in owners if not self._zone.is_beyond(owner) and not self._zone.is_pending(owner)
        )

    def _inside(self, owner: str) -> Target:
        if not self._zone.is_found(owner):
            return Target.MISSING
        rtypes = {record.type for record in self._zone.answering(owner)}
        if "CNAME" in rtypes:
            return Target.ALIAS
        return Target.HOST if rtypes & _HOSTS else Target.EMPTY

    def _outside(self, name: str) -> Target:
        zone = self._zone
        bare = "." not in name[:-1] and name != "localhost." and "." in zone.origin
        return Target.DOT_EXTRA if bare and zone.is_found(name[:-1]) else self._beside(name)

    def _beside(self, name: str) -> Target:
        holder = self._zone.holder(name) if self._zone.beside else None
        target = resolve(holder, name) if holder and holder is not self._zone else Target.ELSEWHERE
        return target if target in _TELLING else Target.ELSEWHERE

    def _is_literal(self, name: str) -> bool:
        return ":" in name or (name[-1].isdecimal() and not self._zone.is_reverse and _IPV4.fullmatch(name) is not None)

    def _lacks_dot(self, owner: str) -> bool:
        return self._zone.repeats_origin(owner) or ("." in owner and owner.rpartition(".")[2] in OPEN_TLDS)
