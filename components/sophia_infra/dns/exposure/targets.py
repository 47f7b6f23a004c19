"""Where a changed set leads by the names that it points at."""

from sophia_infra.dns.exposure.graph import Graph
from sophia_infra.dns.exposure.sets import SetChange, Values
from sophia_infra.dns.rr.rtype import NEEDS_HOST, target_in

_OPEN_TLDS = ("com", "net", "org", "edu", "gov")


def is_dead_end(change: SetChange, graph: Graph) -> bool:
    """Whether all that a set will point at are names of this zone that lead nowhere, or were to be another zone's."""
    names = _targets(change.becomes or change.type, change.new, graph)
    return bool(names) and not any(
        name is None or (graph.leads_somewhere(name) and not _lacks_dot(name, graph)) for name in names
    )


def covered(change: SetChange, graph: Graph) -> str | None:
    """The name that a set will point at though only a wildcard answers for it, where all are such and were not."""
    names = _targets(change.becomes or change.type, change.new, graph)
    if not names or not all(name and graph.is_covered(name) for name in names):
        return None
    before = _targets(change.type, change.old, graph)
    if before and all(name and graph.is_covered(name) and not graph.existed(name) for name in before):
        return None
    return names[0]


def lacks_glue(change: SetChange, graph: Graph) -> bool:
    """Whether all name servers of a delegation stand below it, and none has an address here."""
    hosts = [graph.relative(rdata) or "" for rdata in change.new]
    inside = all(host == change.owner or host.endswith(f".{change.owner}") for host in hosts)
    return inside and not any(graph.has(host, rtype) for host in hosts for rtype in ("A", "AAAA"))


def _targets(rtype: str, values: Values, graph: Graph) -> list[str | None]:
    """The names that a set points at, None for one of another zone; nothing for a type that points at none."""
    return [graph.relative(target_in(rtype, rdata)) for rdata in values] if rtype in NEEDS_HOST else []


def _lacks_dot(name: str, graph: Graph) -> bool:
    """Whether a name ends in another domain before the origin, `mx.mail.com` here, and that is none of the zone's."""
    last = name.rpartition(".")[2]
    complete = graph.relative(name) is not None or ("." in name and last in _OPEN_TLDS)
    return complete and not graph.exists(last)
