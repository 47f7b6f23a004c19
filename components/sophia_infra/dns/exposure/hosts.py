"""A, AAAA, aliases and wildcards: whether a name still leads somewhere, and to how many places."""

from collections.abc import Callable, Iterable

from sophia_infra.changes.model import Exposure, Weight
from sophia_infra.dns.exposure.graph import Graph
from sophia_infra.dns.exposure.sets import SetChange, Values
from sophia_infra.dns.rr.reach import EXAMPLES, NOWHERE, PRIVATE, Reach, are_public, are_within
from sophia_infra.dns.rr.record import is_at_or_below
from sophia_infra.dns.rr.rtype import HOSTS, NEEDS_HOST, target_in
from sophia_infra.dns.zone.names import OPEN_TLDS, is_wildcard
from sophia_infra.values import listed

LARGE_SET = 10
_NO_IPV6 = "no address left for IPv6 clients"
_ANSWERS = "another name's records answer from now on"
PROMINENT = ("@", "www", "*")
BY_CONVENTION = ("autodiscover", "autoconfig", "lyncdiscover", "sip", "mta-sts")
"""Labels of hosts that clients and senders ask for unasked."""


def hosts(change: SetChange, graph: Graph) -> Weight | None:
    """Whether a name that led somewhere still does, and what moves with it."""
    if change.operation == "create":
        wildcard = change.owner.startswith("*")
        return (Exposure.MEDIUM, "every name that does not exist begins to answer") if wildcard else None
    if change.operation == "delete":
        return _deleted(change, graph)
    if is_dead_end(change, graph):
        return _lost(change, graph, "what it points at leads nowhere")
    if _is_unreachable(change, graph):
        return _lost(change, graph, "no address that anyone could reach")
    weight = _moved(change, graph)
    is_less = weight is None or weight[0] <= Exposure.HIGH
    return (Exposure.HIGH, _NO_IPV6) if is_less and _loses_ipv6(change, graph) else weight


def _deleted(change: SetChange, graph: Graph) -> Weight | None:
    if not graph.leads_somewhere(change.owner):
        return _lost(change, graph, "the name no longer leads anywhere")
    if not graph.stands(change.owner):
        return _fallen(change, graph)
    if change.type == "A" and not graph.reachable_by_ipv4(change.owner):
        return _lost(change, graph, "no address left for IPv4 clients")
    if _loses_ipv6(change, graph):
        return Exposure.HIGH, _NO_IPV6
    return (Exposure.MEDIUM, "the name is served another way") if change.owner == "@" else None


def _loses_ipv6(change: SetChange, graph: Graph) -> bool:
    return change.owner in PROMINENT and graph.loses_ipv6(change.owner)


def _lost(change: SetChange, graph: Graph, why: str) -> Weight:
    wildcard = is_wildcard(change.owner)
    needed = graph.stranded(change.owner[2:] or "@") if wildcard else graph.dependents(change.owner)
    if needed:
        return Exposure.CRITICAL, f"{why}, and is needed by {listed(needed, 1)}"
    if change.owner in PROMINENT:
        return Exposure.CRITICAL, why
    return Exposure.HIGH if wildcard or _is_asked_for(change.owner) else Exposure.MEDIUM, why


def _is_unreachable(change: SetChange, graph: Graph) -> bool:
    """Whether clients are sent where no packet goes, or the domain's own into a private net."""
    if goes_into(NOWHERE, change, graph):
        return True
    return goes_into(PRIVATE, change, graph) and (
        change.owner in PROMINENT or any(user.startswith("@ ") for user in graph.dependents(change.owner))
    )


def goes_into(places: frozenset[Reach], change: SetChange, graph: Graph) -> bool:
    """Whether a name moves to some places, or from public addresses to those of examples, for IPv4 clients or all."""
    rtype = change.becomes or change.type
    if rtype not in ("A", "AAAA") or (rtype == "AAAA" and graph.reachable_by_ipv4(change.owner)):
        return False
    dead = places | EXAMPLES if are_public(change.old) else places
    return are_within(change.new, dead) and not are_within(change.old, dead)


def _fallen(change: SetChange, graph: Graph) -> Weight | None:
    """The name has no address of its own any more, but a wildcard or a cut above answers for it."""
    owner = change.owner
    if owner.startswith("*."):
        return Exposure.HIGH, "every name under the wildcard moves"
    needed, delegated = graph.dependents(owner), graph.is_delegated(owner)
    if needed and delegated and any(lacks_glue(cut, graph) for cut in _cuts(needed)):
        return Exposure.CRITICAL, f"no name server has an address any more, and it is needed by {listed(needed, 1)}"
    if needed and delegated:
        return Exposure.HIGH, f"{_ANSWERS} (the delegated zone's), and it is needed by {listed(needed, 1)}"
    if needed and change.old.keys() == {*graph.values(graph.source(owner), change.type)}:
        return Exposure.MEDIUM, f"a wildcard answers with the same, and it is needed by {listed(needed, 1)}"
    if needed:
        return Exposure.CRITICAL, f"{_ANSWERS} (a wildcard's), and it is needed by {listed(needed, 1)}"
    if owner == "www":
        return Exposure.HIGH, "the site moves: a wildcard's records answer from now on"
    return (Exposure.HIGH, "clients ask for it unasked, and get a wildcard's records") if _is_asked_for(owner) else None


def _is_asked_for(owner: str) -> bool:
    return owner.partition(".")[0] in BY_CONVENTION


def _moved(change: SetChange, graph: Graph) -> Weight | None:
    if change.owner in ("@", "www"):
        what = "the domain itself" if change.owner == "@" else "the site"
        return Exposure.HIGH if change.replaced else Exposure.MEDIUM, f"{what} moves"
    if change.owner.startswith("*"):
        return Exposure.HIGH, "every name under the wildcard moves"
    if needed := graph.dependents(change.owner):
        if "@ NS" in needed and _servers_moved("@", graph):
            return Exposure.CRITICAL, "every name server moves: resolvers and the parent's glue hold the old addresses"
        if goes_into(PRIVATE, change, graph):
            return _hidden(change.owner, needed, graph)
        if cut := next((cut for cut in _cuts(needed) if _servers_moved(cut, graph)), None):
            return Exposure.HIGH, f"every name server of {cut}, a delegation, moves: nobody finds it if it stayed"
        domain = change.replaced and needed[0].startswith("@ ")
        return Exposure.HIGH if domain else Exposure.MEDIUM, f"needed by {listed(needed, 1)}"
    return (Exposure.MEDIUM, f"{change.type} becomes {change.becomes}") if change.becomes else None


def _hidden(owner: str, needed: list[str], graph: Graph) -> Weight:
    """A name that others need goes into a private net; of the glue of a delegation all has to."""
    cuts, hosts = _cuts(needed), [owner]
    if len(cuts) == len(needed):
        hosts = [graph.relative(rdata) or "" for cut in cuts for rdata in graph.values(cut, "NS")]
    stays = "" in hosts or not all(are_within(_own_addresses(host, graph), PRIVATE) for host in hosts)
    why = f"nobody outside reaches it any more, and it is needed by {listed(needed, 1)}"
    return Exposure.HIGH if stays else Exposure.CRITICAL, why


def _own_addresses(host: str, graph: Graph) -> list[str]:
    return [rdata for rtype in ("A", "AAAA") for rdata in graph.values(host, rtype)]


def _cuts(needed: Iterable[str]) -> list[str]:
    """The delegations among what needs a name."""
    return [user.removesuffix(" NS") for user in needed if user.endswith(" NS") and user != "@ NS"]


def lacks_glue(cut: str, graph: Graph) -> bool:
    """Whether all name servers of a delegation stand below it, and none has an address here."""
    hosts = [graph.relative(rdata) or "" for rdata in graph.values(cut, "NS")]
    inside = all(is_at_or_below(host, cut) for host in hosts)
    return inside and not any(_own_addresses(host, graph) for host in hosts)


def _servers_moved(owner: str, graph: Graph) -> bool:
    """Whether all name servers of the domain, or of a delegation, are hosts of this zone, and none keeps an address."""
    before, after = _addresses(owner, graph.was, graph), _addresses(owner, graph.values, graph)
    return bool(before and after) and before.isdisjoint(after)


def _addresses(owner: str, values: Callable[[str, str], Iterable[str]], graph: Graph) -> set[str]:
    """The addresses of the name servers, if all are hosts of this zone."""
    hosts = [graph.relative(rdata) for rdata in values(owner, "NS")]
    if None in hosts:
        return set()
    return {rdata for host in hosts if host for rtype in ("A", "AAAA") for rdata in values(host, rtype)}


def shares(change: SetChange, _: Graph) -> Weight | None:
    """How much of a set goes, at a name that is served from several places."""
    held, left = len(change.old), len(change.new)
    if change.becomes:
        return (Exposure.HIGH, f"{change.becomes} takes the place of {held} addresses") if held >= LARGE_SET else None
    if held >= LARGE_SET:
        return _large(held, left, change.lost)
    return (Exposure.MEDIUM, f"{held} -> {left} records") if left and left * 2 <= held else None


def _large(held: int, left: int, lost: int) -> Weight | None:
    if left * 2 <= held:
        return Exposure.CRITICAL, f"{held} -> {left} records"
    if lost * 4 >= held:
        return Exposure.HIGH, f"{lost} of {held} records go"
    return None


def strayed(change: SetChange, graph: Graph) -> Weight | None:
    """Whether a set comes to point at no name of its own, so that whatever a wildcard leads to gets what was meant."""
    name = covered(change, graph) if change.old else None
    if not name:
        return None
    why = f"only a wildcard answers for {name}, which does not exist"
    if change.subject in ("@ MX", "@ NS"):
        return Exposure.CRITICAL, why
    grave = change.owner in PROMINENT or (change.type in HOSTS and graph.dependents(change.owner))
    return Exposure.HIGH if grave else Exposure.MEDIUM, why


def uncovered(change: SetChange, graph: Graph) -> Weight | None:
    """Whether a new name takes itself, or one above it, away from a wildcard that led it somewhere."""
    new = change.operation == "create" and not change.owner.startswith("*")
    name = graph.uncovered(change.owner) if new else None
    return (Exposure.HIGH, f"the wildcard no longer answers for {name}, which loses its address") if name else None


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


def _targets(rtype: str, values: Values, graph: Graph) -> list[str | None]:
    """The names that a set points at, None for one of another zone; nothing for a type that points at none."""
    return [graph.relative(target_in(rtype, rdata)) for rdata in values] if rtype in NEEDS_HOST else []


def _lacks_dot(name: str, graph: Graph) -> bool:
    """Whether a name ends in another domain before the origin, `mx.mail.com` here, and that is none of the zone's."""
    last = name.rpartition(".")[2]
    complete = graph.relative(name) is not None or ("." in name and last in OPEN_TLDS)
    return complete and not graph.exists(last)
