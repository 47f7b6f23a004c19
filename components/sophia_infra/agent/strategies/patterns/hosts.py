"""Names that move, get another name, or go."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from sophia_infra.agent.operations import ANY, AddRecords, Operations, RemoveRecords, SetRecords, SetTtl
from sophia_infra.agent.strategies.model import Stage
from sophia_infra.agent.strategies.ways import (
    AT_ONCE,
    DAY,
    HOUR,
    SHORT,
    STAGED,
    Pattern,
    Way,
    gently,
    longest,
    raised,
    touched,
)
from sophia_infra.agent.understanding.intent import Wish
from sophia_infra.agent.understanding.tokens import Kind
from sophia_infra.values import lasts

_ADDRESSES = ("A", "AAAA")


def _set(wish: Wish, operations: Operations) -> Iterator[Way]:
    """Move hosts: with both addresses served for a while, with short TTLs, at once."""
    before = touched(wish.inventory, operations)
    sets = [each for each in operations if isinstance(each, SetRecords)]
    ttl = longest(before)
    if before and len(sets) == len(operations) and all(each.rtype in _ADDRESSES for each in sets):
        both = tuple(AddRecords(*each.key, each.values) for each in sets)
        notes = (f"keep the old address served for {lasts(ttl)} after it is out: caches hold it as long",)
        yield Way("overlap", (Stage("add the new", both), Stage("take the old out", operations, ttl)), notes)
    if ttl > SHORT:
        untold = [each for each in sets if each.ttl is None]
        short = tuple(replace(each, ttl=SHORT) if each in untold else each for each in operations)
        back = tuple(SetTtl(*each.key, ttl) for each in untold)
        put = (Stage("put the TTL back", back, DAY),) if back else ()
        yield Way(STAGED, (*gently(before, Stage("swap", short)), *put))
    yield Way(AT_ONCE, (Stage("swap", operations),))


def _ipv6(wish: Wish, operations: Operations) -> Iterator[Way]:
    added = [each for each in operations if isinstance(each, AddRecords)]
    if not added:
        wish.lacks("the IPv6 address that the host is reached by")
    ttl = longest(rrset for each in added for rrset in wish.inventory.of(each.zone, each.owner, "A")) or SHORT
    first, then = (tuple(replace(each, ttl=seconds) for each in added) for seconds in (SHORT, ttl))
    later = (Stage("give it the TTL of A", then, HOUR),) if then != first else ()
    notes = ("who has broken IPv6 waits for it: watch for an hour",)
    yield Way(STAGED, (Stage("add AAAA with a short TTL", first), *later), notes)
    yield Way(AT_ONCE, (Stage("add AAAA", operations),), notes)


def _rename(wish: Wish, _: Operations) -> Iterator[Way]:
    old, new = wish.names[:2]
    sets = wish.inventory.of(old.zone, old.owner)
    if old.owner == "@" or any(each.rtype in ("NS", "SOA") for each in sets):
        wish.lacks(f"another name: {old.text} is a zone of its own, and no alias can stand there (RFC 1034 3.6.2)")
    if old.text in wish.inventory.pools:
        wish.lacks(f"it in the program: the pool of {old.text} stands there")
    if not sets or wish.inventory.of(new.zone, new.owner):
        wish.lacks(f"another name: {new.text} is taken, or {old.text} has nothing to move")
    copies = [each._replace(zone=new.zone, owner=new.owner) for each in sets]
    # what leads to the old name leads to the new one: MX, NS and SRV must lead to no alias (RFC 2181 10.3)
    named = (each.renamed(old.text, new.text) for each in (*copies, *wish.inventory.leading_to(old.text)))
    added = tuple(SetRecords(*each) for each in named)
    gone = tuple(RemoveRecords(*each.key) for each in sets)
    alias = (*gone, SetRecords(old.zone, old.owner, "CNAME", (f"{new.text}.",), SHORT))
    notes = (f"{new.text} has to be in the certificate of whatever serves it",)
    *lower, last = gently(sets, Stage(f"{old.owner} becomes an alias", alias, HOUR))
    first = Stage(f"add {new.owner}", (*added, *(each for stage in lower for each in stage.operations)))
    yield Way(STAGED, (first, last), notes)
    yield Way(AT_ONCE, (Stage("add, and leave an alias", (*added, *alias)),), notes)


def _retire(wish: Wish, _: Operations) -> Iterator[Way]:
    hosts = wish.hosts()
    for host in hosts:
        if host.owner == "@":
            wish.lacks(f"a name below it: {host.text} is the zone, and the limit max_deletes stands against that")
        if leads := [f"{each.owner} {each.rtype}" for each in wish.inventory.leading_to(host.text)]:
            wish.lacks(f"first where these lead then, which lead to {host.text}: {', '.join(leads[:5])}")
        if used := [name for name, names in wish.inventory.certificates.items() if host.text in names]:
            wish.lacks(f"first that the program asks for {', '.join(used)} without {host.text}: renewals would fail")
    sets = [each for host in hosts for each in wish.inventory.of(host.zone, host.owner)]
    gone = tuple(RemoveRecords(host.zone, host.owner, ANY) for host in hosts)
    notes = ("look at the server's log in between: nobody should ask any more",)
    yield Way(STAGED, gently(sets, Stage("remove", gone, DAY)), notes)
    yield Way(AT_ONCE, (Stage("remove", gone),))


def _drain(wish: Wish, _: Operations) -> Iterator[Way]:
    targets = {token.text for token in wish.every(Kind.ADDRESS)}
    pools = [name for name, members in wish.inventory.pools.items() if targets.intersection(members)]
    sets = [
        each
        for each in chain(*wish.inventory.zones.values())
        if each.rtype in _ADDRESSES and targets.intersection(each.values) and each.name not in pools
    ]
    if alone := [each.name for each in sets if targets.issuperset(each.values)]:
        wish.lacks(f"first what serves {', '.join(alone[:5])} then: nothing else does, so the name would be down")
    if not sets and not pools:
        wish.lacks(f"a target that serves a name: {', '.join(sorted(targets))} does not")
    by_hand = tuple(f"in the program, take {' and '.join(sorted(targets))} out of the pool of {name}" for name in pools)
    gone = tuple(RemoveRecords(*each.key, tuple(it for it in each.values if it in targets)) for each in sets)
    notes = ("visitors who are there stay until their caches ask again",)
    if not gone:
        yield Way("by hand", (), notes, by_hand)
        return
    yield Way(AT_ONCE, (Stage("take it out", gone),), notes, by_hand)
    if longest(sets) > SHORT:
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
