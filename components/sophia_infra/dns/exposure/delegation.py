"""NS and DNAME: whether the domain, and what is delegated or redirected below it, is found."""

from collections.abc import Callable, Iterable

from sophia_infra.changes.model import Exposure, Weight
from sophia_infra.dns.exposure.graph import Graph
from sophia_infra.dns.exposure.sets import SetChange
from sophia_infra.dns.exposure.targets import is_dead_end, lacks_glue


def name_servers(change: SetChange, graph: Graph) -> Weight | None:
    """NS at the apex."""
    if change.subject != "@ NS" or not change.old:
        return None
    if not change.new:
        return Exposure.CRITICAL, "the domain has no name servers"
    if change.replaced:
        return Exposure.CRITICAL, "no name server stays: resolvers that hold the old set find no one; overlap them"
    if len(change.new) == 1:
        return Exposure.CRITICAL, "a single name server is left"
    if is_dead_end(change, graph):
        return Exposure.CRITICAL, "none of the name servers has an address"
    return Exposure.HIGH, "the domain's name servers"


def servers_moved(graph: Graph) -> bool:
    """Whether all name servers of the domain are its own hosts, and none keeps an address."""
    before, after = _addresses(graph.was, graph), _addresses(graph.values, graph)
    return bool(before and after) and before.isdisjoint(after)


def _addresses(values: Callable[[str, str], Iterable[str]], graph: Graph) -> set[str]:
    """The addresses of the name servers, if all are hosts of this zone."""
    hosts = [graph.relative(rdata) for rdata in values("@", "NS")]
    if None in hosts:
        return set()
    return {rdata for host in hosts if host for rtype in ("A", "AAAA") for rdata in values(host, rtype)}


def delegations(change: SetChange, graph: Graph) -> Weight | None:
    """NS below the apex."""
    if change.type != "NS" or change.owner == "@":
        return None
    if change.operation == "create":
        return _cut(graph.below(change.owner), own=graph.led_somewhere(change.owner))
    if change.operation == "delete" or lacks_glue(change, graph):
        return _unfound(change.owner, graph)
    return (Exposure.HIGH, "no name server stays") if change.replaced else (Exposure.MEDIUM, "a delegation")


def _unfound(owner: str, graph: Graph) -> Weight:
    why = "the delegated zone can no longer be found"
    needed = graph.stranded(owner)
    return (Exposure.CRITICAL, f"{why}, and is needed by {listed(needed)}") if needed else (Exposure.HIGH, why)


def _cut(swallowed: int, *, own: bool) -> Weight:
    if swallowed:
        return Exposure.CRITICAL, f"the new delegation hides {swallowed} existing names at or below it"
    if own:
        return Exposure.HIGH, "the delegated zone answers in place of the name's own records"
    return Exposure.MEDIUM, "a delegation"


def whole_trees(change: SetChange, graph: Graph) -> Weight | None:
    """DNAME: a whole tree of names at once."""
    if change.type != "DNAME":
        return None
    swallowed = graph.below(change.owner)
    if change.operation == "create" and swallowed:
        return Exposure.CRITICAL, f"the redirection hides {swallowed} existing names below it"
    if change.operation == "delete":
        why, stranded = "no name below is redirected any more", graph.stranded(change.owner)
        return (Exposure.CRITICAL, f"{why}, needed by {listed(stranded)}") if stranded else (Exposure.HIGH, why)
    return Exposure.HIGH, "every name below is redirected"


def listed(users: list[str]) -> str:
    """Return the first of some record sets or certificates, and how many more there are."""
    return f"{users[0]} and {len(users) - 1} more" if len(users) > 1 else users[0]
