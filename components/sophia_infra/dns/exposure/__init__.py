"""From two canonical zone texts to one `Changes`; docs/exposure.md has the table of what weighs how much."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from sophia_infra.changes.model import PROTECTED, Changes, Exposure, Reason, Weight, covers, fingerprint, worst_first
from sophia_infra.dns.exposure.delegation import delegations, keys, name_servers, signatures, whole_trees
from sophia_infra.dns.exposure.graph import Graph, count_sets
from sophia_infra.dns.exposure.hosts import PROMINENT, hosts, shares, strayed, uncovered
from sophia_infra.dns.exposure.mail import exchangers, policies
from sophia_infra.dns.exposure.services import browsers, challenges, issuers, pins, services
from sophia_infra.dns.exposure.sets import SetChange, changed_sets, joined
from sophia_infra.dns.exposure.sign_in import sign_in
from sophia_infra.dns.rr.rtype import ALIASES, HOSTS
from sophia_infra.dns.spf.exposure import sender_policy

__all__ = ["SetChange", "between", "changed_sets", "count_sets", "joined", "weigh_protected"]

DAY, WEEK = 86_400, 604_800
_FOUNDATIONS = ("NS", "MX", "DS", "DNSKEY", "CAA", "DNAME")
SHRINK_FLOOR, DWINDLE_FLOOR = 10, 5


def between(
    base: str,
    desired: str,
    *,
    origin: str,
    previous: str | None = None,
    whole: str | None = None,
    live: str | None = None,
    protect: Iterable[str] = (),
    pending: Iterable[str] = (),
    relied_on: Iterable[tuple[str, str]] = (),
    issuers: Iterable[str] = (),
) -> Changes:
    """Return what an apply would do to a zone. Pure: the same texts give the same changes, everywhere.

    Args:
        base: canonical text of what is live now; empty where there is no zone yet.
        desired: canonical text of what is asked for.
        origin: the zone's name, to tell which names in RDATA are its own.
        previous: the last applied desired text, to tell whether the source itself shrank; None at first.
        whole: canonical text of the whole zone afterwards, where `base` and `desired` are but a part of it that one
            stack manages: what is foreign does not change, but may point at what does; None for the same as `desired`.
        live: the same of the whole zone as it is now; None for the same as `base`.
        protect: owner names, or `owner TYPE` subjects, that must not be deleted; `?` and `*` match as in a shell.
        pending: subjects whose values are not known before the apply.
        relied_on: full names that something outside the zone needs, each with what that is: `the certificate web`.
        issuers: the CAs in use, by their names in CAA records, in lower case.
    """
    raw, expected = changed_sets(base, desired), tuple(pending)
    sets = joined(raw)
    served = base if live is None else live
    after_all = desired if whole is None else whole
    zone = Graph(after_all, origin, base=served, pending=expected, relied_on=relied_on, issuers=issuers)
    asked = zone if whole is None else Graph(desired, origin, pending=expected)
    after = asked.set_count
    before = after - _count(raw, "create") + _count(raw, "delete")
    asked_before = after if previous is None else before if previous == base else Graph(previous, origin).set_count
    reasons = [
        *weigh_protected(sets, tuple(protect)),
        *_emptied(base, zone, previous if whole is None else None, origin),
        *_dwindled(sets, zone),
        *weigh_source(asked_before, after),
        *_weighed(sets, zone),
    ]
    return Changes(
        creates=_count(sets, "create"),
        updates=_count(sets, "update", "replace"),
        deletes=_count(sets, "delete"),
        ttl_only=sum(change.ttl_only for change in sets),
        type_changes=_count(sets, "replace"),
        before=before,
        after=after,
        source=(asked_before, after),
        pending=tuple(sorted(expected)),
        exposure=max((reason.exposure for reason in reasons), default=Exposure.NONE),
        reasons=worst_first(reasons),
        base=fingerprint(base),
    )


def _count(sets: Iterable[SetChange], *operations: str) -> int:
    return sum(change.operation in operations for change in sets)


def _emptied(base: str, zone: Graph, previous: str | None, origin: str) -> Iterator[Reason]:
    """What it means that nothing is left; a part of a zone, of which nothing is `previous` here, may be taken out."""
    if not zone.is_bare:
        return
    held = {"the zone is emptied": base, "the source vanished": previous or ""}
    for why, text in held.items():
        if not Graph(text, origin).is_bare:
            yield Reason(Exposure.CRITICAL, "@ ANY", "delete", why)


def _weighed(sets: Iterable[SetChange], zone: Graph) -> Iterator[Reason]:
    """Weigh each set; what is created in a zone that is not in service weighs little, whatever it is, and at once."""
    created = {} if zone.is_in_service else {change.subject: change for change in sets if change.operation == "create"}
    if created:
        why = f"the zone is not in service, so nothing depends on its {len(created)} record sets yet"
        yield Reason(Exposure.LOW, "@ ANY", "create", why)
    yield from (weigh(change, zone) for change in sets if change.subject not in created)


def _dwindled(sets: Sequence[SetChange], zone: Graph) -> Iterator[Reason]:
    """What it means that hardly anything is left of a zone, however small it is: limits count beyond a floor only."""
    if _count(sets, "delete") < DWINDLE_FLOOR or zone.is_bare:
        return
    after = zone.set_count
    if after * 3 > len(sets):  # no more sets are gone than differ: most zones are told from that without a count
        return
    before = zone.was_set_count
    if after * 4 <= before:
        yield Reason(Exposure.CRITICAL, "@ ANY", "delete", f"of {before} record sets {after} are left")


def weigh_source(before: int, after: int) -> Iterator[Reason]:
    """Yield what it means that the source lost record sets since it was last applied, over ten and over a quarter."""
    lost = before - after
    if lost > SHRINK_FLOOR and lost * 4 > before:
        exposure = Exposure.CRITICAL if lost * 2 > before else Exposure.HIGH
        yield Reason(exposure, "@ ANY", "shrink", f"the source shrank from {before} to {after} record sets")


def weigh_protected(changes: Iterable[SetChange], protect: Sequence[str]) -> Iterator[Reason]:
    """Yield what would be deleted though the program says never to.

    A name whose type changes still leads somewhere: only a pattern with the old type protects it against that.
    """
    patterns = {"delete": protect, "replace": [pattern for pattern in protect if " " in pattern.strip()]}
    for change in changes:
        if any(covers(pattern, change.subject) for pattern in patterns.get(change.operation, ())):
            yield Reason(Exposure.CRITICAL, change.subject, change.operation, PROTECTED)


def weigh(change: SetChange, graph: Graph) -> Reason:
    """Return the weightiest reason that any concern gives for a changed set, in the zone as it will be."""
    exposure, why = ttl_alone(change, graph) if change.ttl_only else _worst(change, graph)
    return Reason(exposure, change.subject, change.operation, why)


def _worst(change: SetChange, graph: Graph) -> Weight:
    concerns = (concern for concern, rtypes in CONCERNS.items() if not rtypes or change.type in rtypes)
    found = [weight for concern in concerns if (weight := concern(change, graph))]
    ordinary = Exposure.LOW, f"{len(change.old)} -> {len(change.new)} records"
    exposure, why = max(found, key=lambda weight: weight[0], default=ordinary)
    stays = max(change.new.values(), default=0)
    if stays > DAY and exposure < Exposure.HIGH:
        return Exposure(exposure + 1), f"{why}; a mistake stays in caches for {stays // 3600} hours"
    return exposure, why


def ttl_alone(change: SetChange, graph: Graph) -> Weight:
    """A change of nothing but the TTL."""
    before, after = max(change.old.values()), max(change.new.values())
    if after >= WEEK > before:
        grave = Exposure.HIGH if _matters(change, graph) else Exposure.MEDIUM
        return grave, f"a later mistake stays in caches for {after // 3600} hours"
    if after == 0 < before and (change.type == "NS" or change.owner in PROMINENT):
        grave = Exposure.HIGH if change.type == "NS" else Exposure.MEDIUM
        return grave, "no resolver may keep it: each lookup comes to the name servers"
    return Exposure.LOW, "only the TTL differs"


def _matters(change: SetChange, graph: Graph) -> bool:
    return change.type in _FOUNDATIONS or change.owner in PROMINENT or bool(graph.dependents(change.owner))


def timers(change: SetChange, _graph: Graph) -> Weight | None:
    """The SOA (RFC 1035 section 3.3.13, RFC 2308 section 4)."""
    if not (change.old and change.new):
        return None
    (before, old), (after, new) = (next(iter(values.items())) for values in (change.old, change.new))
    primary, _, refresh, _, expire, minimum = after.split(" ")
    was = before.split(" ")
    if int(expire) <= int(refresh) and int(was[4]) > int(was[2]):
        return Exposure.CRITICAL, "secondaries drop the zone before they ask for it again"
    absent = min(new, int(minimum))
    if absent > DAY >= min(old, int(was[5])):
        return Exposure.HIGH, f"that a name does not exist stays in caches for {absent // 3600} hours"
    return (Exposure.MEDIUM, "where dynamic updates are sent") if primary != was[0] else None


Concern = Callable[[SetChange, Graph], Weight | None]
"""What a change, which is more than a TTL, weighs in the zone as it will be; None where it is no concern."""

CONCERNS: Mapping[Concern, Collection[str]] = {
    strayed: (),
    name_servers: ("NS",),
    delegations: ("NS",),
    whole_trees: ("DNAME",),
    exchangers: ("MX",),
    sender_policy: ("TXT",),
    policies: ("TXT", *ALIASES),
    hosts: HOSTS,
    shares: (*HOSTS, "SRV", "HTTPS", "SVCB", "MX", "NS"),
    services: ("SRV", "HTTPS", "SVCB", "NAPTR", "URI"),
    browsers: ("HTTPS", "SVCB"),
    sign_in: (*HOSTS, "HTTPS", "SVCB", "MX", "SRV"),
    uncovered: (),
    timers: ("SOA",),
    keys: ("DS", "DNSKEY", "CDS", "CDNSKEY", "NSEC3PARAM"),
    signatures: (),
    issuers: ("CAA",),
    pins: ("TLSA",),
    challenges: ("TXT", "CNAME", "NS"),
}
"""Each concern with the types of the sets it is about, none for all of them. Of equal weights the first counts."""
