"""What becomes of somebody who follows a name in RDATA, worked out once a name."""

import re
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.rtype import target_of
from sophia_infra.dns.zone.target import Target

if TYPE_CHECKING:
    from sophia_infra.dns.zone.index import Zone

_IPV4 = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
_OPEN_TLDS = frozenset({"com", "net", "org", "edu", "gov"})
# What another zone may say of a target here; what looks like a slip there is none of this zone's.
_TELLING = frozenset({Target.MISSING, Target.EMPTY, Target.ALIAS, Target.HOST})


class Fates:
    """The fates of the names that a zone's records point at."""

    def __init__(self, zone: "Zone") -> None:
        self._zone = zone
        self._known: dict[str, Target] = {}
        self._by_kind: dict[str, dict[Target, list[tuple[Record, str]]]] = {}

    def targets(self, kind: str, fate: Target) -> list[tuple[Record, str]]:
        """Return the records of one type whose target has this fate, each with its target."""
        if kind not in self._by_kind:
            fates: dict[Target, list[tuple[Record, str]]] = defaultdict(list)
            for record in self._zone.of(kind):
                name = target_of(record)
                fates[self.target(name)].append((record, name))
            self._by_kind[kind] = fates
        return self._by_kind[kind].get(fate, [])

    def target(self, name: str) -> Target:
        """Return what becomes of somebody who follows this absolute name."""
        fate = self._known.get(name)
        if fate is None:
            fate = self._known[name] = self._follow(name)
        return fate

    def _follow(self, name: str) -> Target:
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
        owners = {record.owner for kind in ("A", "AAAA") for record in self._zone.of(kind)}
        return frozenset(
            owner for owner in owners if not self._zone.is_beyond(owner) and not self._zone.is_pending(owner)
        )

    def _inside(self, owner: str) -> Target:
        if not self._zone.exists(owner):
            return Target.MISSING
        kinds = {record.type for record in self._zone.answers(owner)}
        if "CNAME" in kinds:
            return Target.ALIAS
        return Target.HOST if kinds & {"A", "AAAA"} else Target.EMPTY

    def _outside(self, name: str) -> Target:
        zone = self._zone
        bare = "." not in name[:-1] and name != "localhost." and "." in zone.origin
        return Target.DOT_EXTRA if bare and zone.exists(name[:-1]) else self._beside(name)

    def _beside(self, name: str) -> Target:
        holder = self._zone.holder(name) if self._zone.beside else None
        fate = holder.target(name) if holder and holder is not self._zone else Target.ELSEWHERE
        return fate if fate in _TELLING else Target.ELSEWHERE

    def _is_literal(self, name: str) -> bool:
        return ":" in name or (name[-1].isdecimal() and not self._zone.is_reverse and _IPV4.fullmatch(name) is not None)

    def _lacks_dot(self, owner: str) -> bool:
        return self._zone.repeats_origin(owner) or ("." in owner and owner.rpartition(".")[2] in _OPEN_TLDS)
