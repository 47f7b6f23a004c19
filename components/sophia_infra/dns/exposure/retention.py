"""TTLs and the SOA's timers: how long a mistake stays with those who ask, and with secondaries."""

from sophia_infra.changes.model import Exposure, Weight
from sophia_infra.dns.exposure.graph import Graph
from sophia_infra.dns.exposure.hosts import PROMINENT
from sophia_infra.dns.exposure.sets import SetChange

DAY, WEEK = 86_400, 604_800
_FOUNDATIONS = ("NS", "MX", "DS", "DNSKEY", "CAA", "DNAME")


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
    if change.type != "SOA" or not (change.old and change.new):
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
