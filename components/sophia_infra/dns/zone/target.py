"""What becomes of somebody who follows a name in RDATA, worked out once a name."""

import re
from collections import defaultdict
from enum import Enum, auto

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

    __hash__ = object.__hash__  # a member is what it is; an enum's own hash is worked out in Python, each time


_HOST = Target.HOST  # Python 3.11 takes long to look a member up
# What another zone may say of a target here; what looks like a slip there is none of this zone's.
_TELLING = frozenset({Target.MISSING, Target.EMPTY, Target.ALIAS, Target.HOST})


def resolve(zone: Zone, name: str) -> Target:
    """Return what becomes of somebody who follows this absolute name."""
    known = zone.shared(_known)
    target = known.get(name)
    if target is None:
        target = known[name] = _resolve(zone, name)
    return target


def records_to(zone: Zone, rtype: str, target: Target) -> list[tuple[Record, str]]:
    """Return the records of one type whose target comes to this, each with the absolute name of its target."""
    by_rtype = zone.shared(_by_rtype)
    if rtype not in by_rtype:
        found, known = defaultdict(list), zone.shared(_known)
        for record in zone.of(rtype):
            name = target_of(record)
            found[known.get(name) or resolve(zone, name)].append((record, name))
        by_rtype[rtype] = found
    return by_rtype[rtype].get(target, [])


# What is known of a zone's targets is kept with the zone, and holds no zone: it goes when the zone goes.
def _known(_: Zone) -> dict[str, Target]:
    return {}


def _by_rtype(_: Zone) -> dict[str, dict[Target, list[tuple[Record, str]]]]:
    return {}


def _plain_hosts(zone: Zone) -> frozenset[str | None]:
    """Names with addresses where nothing else needs a look: most targets of most zones."""
    owners = zone.served(record.owner for rtype in ("A", "AAAA") for record in zone.of(rtype))
    return frozenset(owner for owner in owners if not zone.is_pending(owner)) if zone.pending else frozenset(owners)


def _resolve(zone: Zone, name: str) -> Target:
    if name == ".":
        return Target.NOTHING
    owner = zone.relative(name)
    if owner in zone.shared(_plain_hosts):
        return _HOST
    if _is_literal(zone, name[:-1] if owner is None else owner):
        return Target.LITERAL
    if owner is None:
        return _outside(zone, name)
    if owner not in zone.by_name and _lacks_dot(zone, owner):
        return Target.DOT_MISSING
    if zone.is_pending(owner):
        return Target.ELSEWHERE
    return _beside(zone, name) if zone.is_beyond(owner) else _inside(zone, owner)


def _inside(zone: Zone, owner: str) -> Target:
    if not zone.is_found(owner):
        return Target.MISSING
    rtypes = {record.type for record in zone.answering(owner)}
    if "CNAME" in rtypes:
        return Target.ALIAS
    return Target.HOST if rtypes & _HOSTS else Target.EMPTY


def _outside(zone: Zone, name: str) -> Target:
    bare = "." not in name[:-1] and name != "localhost." and "." in zone.origin
    return Target.DOT_EXTRA if bare and zone.is_found(name[:-1]) else _beside(zone, name)


def _beside(zone: Zone, name: str) -> Target:
    holder = zone.holder(name) if zone.beside else None
    target = resolve(holder, name) if holder and holder is not zone else Target.ELSEWHERE
    return target if target in _TELLING else Target.ELSEWHERE


def _is_literal(zone: Zone, name: str) -> bool:
    return ":" in name or (name[-1].isdecimal() and not zone.is_reverse and _IPV4.fullmatch(name) is not None)


def _lacks_dot(zone: Zone, owner: str) -> bool:
    return zone.repeats_origin(owner) or ("." in owner and owner.rpartition(".")[2] in OPEN_TLDS)
