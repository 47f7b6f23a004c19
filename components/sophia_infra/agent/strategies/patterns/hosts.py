"""Names that move, get another name, or go."""

from collections.abc import Iterator
from dataclasses import replace

from sophia_infra.agent.inventory import RRset, full_name, whole
from sophia_infra.agent.operations import ANY, AddRecords, RemoveRecords, SetRecords, SetTtl
from sophia_infra.agent.strategies.model import Stage
from sophia_infra.agent.strategies.ways import (
    AT_ONCE,
    DAY,
    HOUR,
    SHORT,
    STAGED,
    Operations,
    Pattern,
    Way,
    gently,
    lasts,
    lowered,
    raised,
    short,
    touched,
)
from sophia_infra.agent.understanding.intent import Named, Wish
from sophia_infra.agent.understanding.tokens import Kind

_ADDRESSES = ("A", "AAAA")


def _set(wish: Wish, operations: Operations) -> Iterator[Way]:
    """Move hosts: with both addresses served for a while, with short TTLs, at once."""
    before = touched(wish.inventory, operations)
    sets = [each for each in operations if isinstance(each, SetRecords)]
    ttl = max((each.ttl for _, each in before), default=0)
    if before and len(sets) == len(operations) and all(each.rtype in _ADDRESSES for each in sets):
        both = tuple(AddRecords(each.zone, each.owner, each.rtype, each.values) for each in sets)
        notes = (f"keep the old address served for {lasts(ttl)} after it is out: caches hold it as long",)
        yield Way("overlap", (Stage("add the new", both), Stage("take the old out", operations, ttl)), notes)
    if ttl > SHORT:
        back = tuple(SetTtl(each.zone, each.owner, each.rtype, ttl) for each in sets if each.ttl is None)
        put = (Stage("put the TTL back", back, DAY),) if back else ()
        yield Way(STAGED, (*gently(before, Stage("swap", short(operations))), *put))
    yield Way(AT_ONCE, (Stage("swap", operations),))


def _ipv6(wish: Wish, operations: Operations) -> Iterator[Way]:
    if not operations:
        wish.lacks("the IPv6 address that the host is reached by")
    notes = ("who has broken IPv6 waits for it: watch for an hour",)
    yield Way(STAGED, (Stage("add AAAA with a short TTL", _timed(operations, SHORT)), *_long(wish, operations)), notes)
    yield Way(AT_ONCE, (Stage("add AAAA", operations),), notes)


def _timed(operations: Operations, ttl: int) -> Operations:
    return tuple(replace(each, ttl=ttl) if isinstance(each, AddRecords) else each for each in operations)


def _long(wish: Wish, operations: Operations) -> tuple[Stage, ...]:
    """The TTLs of the A records for the AAAA as well, once these have shown to work."""
    ttls = {each.ttl for step in operations if isinstance(step, AddRecords) for each in _a(wish, step)}
    return (Stage("give it the TTL of A", _timed(operations, max(ttls)), HOUR),) if ttls - {SHORT} else ()


def _a(wish: Wish, step: AddRecords) -> tuple[RRset, ...]:
    return wish.inventory.of(step.zone, step.owner, "A")


def _rename(wish: Wish, _: Operations) -> Iterator[Way]:
    old, new = wish.names[:2]
    sets = wish.inventory.of(old.zone, old.owner)
    if old.owner == "@" or any(each.rtype in ("NS", "SOA") for each in sets):
        wish.lacks(f"another name: {old.text} is a zone of its own, and no alias can stand there (RFC 1034 3.6.2)")
    if old.text in wish.inventory.pools:
        wish.lacks(f"it in the program: the pool of {old.text} stands there")
    if not sets or wish.inventory.of(new.zone, new.owner):
        wish.lacks(f"another name: {new.text} is taken, or {old.text} has nothing to move")
    copies = tuple(SetRecords(new.zone, new.owner, each.rtype, _renamed(each, old, new), each.ttl) for each in sets)
    leads = tuple(_leading(wish, old, new))
    gone = tuple(RemoveRecords(old.zone, old.owner, each.rtype) for each in sets)
    alias = (*gone, SetRecords(old.zone, old.owner, "CNAME", (f"{new.text}.",), SHORT))
    here = [(old.zone, each) for each in sets]
    notes = (f"{new.text} has to be in the certificate of whatever serves it",)
    low, ttl = lowered(here)
    first = Stage(f"add {new.owner}", (*copies, *leads, *(each for stage in low for each in stage.operations)))
    yield Way(STAGED, (first, Stage(f"{old.owner} becomes an alias", alias, max(ttl, HOUR))), notes)
    yield Way(AT_ONCE, (Stage("add, and leave an alias", (*copies, *leads, *alias)),), notes)


def _leading(wish: Wish, old: Named, new: Named) -> Iterator[SetRecords]:
    """What leads to the old name leads to the new one: MX, NS and SRV must lead to no alias (RFC 2181 10.3)."""
    for zone, rrset in wish.inventory.leading_to(old.zone, old.owner):
        yield SetRecords(zone, rrset.owner, rrset.rtype, _renamed(rrset, old, new), rrset.ttl)


def _renamed(rrset: RRset, old: Named, new: Named) -> tuple[str, ...]:
    return tuple(whole(old.text).sub(new.text, value) for value in rrset.values)


def _retire(wish: Wish, _: Operations) -> Iterator[Way]:
    hosts = wish.hosts()
    for host in hosts:
        if host.owner == "@":
            wish.lacks(f"a name below it: {host.text} is the zone, and the limit max_deletes stands against that")
        if leads := [f"{each.owner} {each.rtype}" for _, each in wish.inventory.leading_to(host.zone, host.owner)]:
            wish.lacks(f"first where these lead then, which lead to {host.text}: {', '.join(leads[:5])}")
        if used := [name for name, names in wish.inventory.certificates.items() if host.text in names]:
            wish.lacks(f"first that the program asks for {', '.join(used)} without {host.text}: renewals would fail")
    sets = [(host.zone, each) for host in hosts for each in wish.inventory.of(host.zone, host.owner)]
    gone = tuple(RemoveRecords(host.zone, host.owner, ANY) for host in hosts)
    notes = ("look at the server's log in between: nobody should ask any more",)
    first, ttl = lowered(sets)
    yield Way(STAGED, (*first, Stage("remove", gone, max(ttl, DAY))) if first else (Stage("remove", gone),), notes)
    yield Way(AT_ONCE, (Stage("remove", gone),))


def _drain(wish: Wish, _: Operations) -> Iterator[Way]:
    targets = {token.text for token in wish.every(Kind.ADDRESS)}
    pools = [name for name, members in wish.inventory.pools.items() if targets.intersection(members)]
    sets = [
        (zone, each)
        for zone, every in wish.inventory.zones.items()
        for each in every
        if each.rtype in _ADDRESSES and targets.intersection(each.values) and full_name(zone, each.owner) not in pools
    ]
    if alone := [full_name(zone, each.owner) for zone, each in sets if targets.issuperset(each.values)]:
        wish.lacks(f"first what serves {', '.join(alone[:5])} then: nothing else does, so the name would be down")
    if not sets and not pools:
        wish.lacks(f"a target that serves a name: {', '.join(sorted(targets))} does not")
    by_hand = tuple(f"in the program, take {' and '.join(sorted(targets))} out of the pool of {name}" for name in pools)
    gone = tuple(
        RemoveRecords(zone, each.owner, each.rtype, tuple(value for value in each.values if value in targets))
        for zone, each in sets
    )
    notes = ("visitors who are there stay until their caches ask again",)
    if not gone:
        yield Way("by hand", (), notes, by_hand)
        return
    yield Way(AT_ONCE, (Stage("take it out", gone),), notes, by_hand)
    if any(each.ttl > SHORT for _, each in sets):
        yield Way(STAGED, (*gently(sets, Stage("take it out", gone)), *raised(sets)), notes, by_hand)


# fmt: off
# a table: a row is one pattern
PATTERNS = (
    Pattern("move a host", "records.set records.alias", "both addresses for a while, or a short TTL ahead", _set),
    Pattern("IPv6", "records.ipv6", "AAAA with a short TTL, then with that of A", _ipv6),
    Pattern("rename a host", "records.rename", "the new name first, then the old one becomes its alias", _rename),
    Pattern("retire a name", "records.retire", "nothing may lead to it; a short TTL and a day ahead", _retire),
    Pattern("drain a target", "pools.drain", "its address leaves each name that others serve as well", _drain),
)
# fmt: on
