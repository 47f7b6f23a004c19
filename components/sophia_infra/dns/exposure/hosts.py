"""A, AAAA and aliases: whether a name still leads somewhere, and to how many places."""

from sophia_infra.changes.model import Exposure, Weight
from sophia_infra.dns.exposure.delegation import listed, servers_moved
from sophia_infra.dns.exposure.graph import Graph
from sophia_infra.dns.exposure.sets import SetChange
from sophia_infra.dns.exposure.targets import is_dead_end
from sophia_infra.dns.rr.reach import EXAMPLES, NOWHERE, PRIVATE, Reach, are_public, are_within
from sophia_infra.dns.rr.rtype import HOSTS

LARGE_SET = 10
PROMINENT = ("@", "www", "*")
_BY_CONVENTION = ("autodiscover", "autoconfig", "lyncdiscover", "sip", "mta-sts")
"""Labels of hosts that clients and senders ask for unasked."""
_SHARED = (*HOSTS, "SRV", "HTTPS", "SVCB", "MX", "NS")


def hosts(change: SetChange, graph: Graph) -> Weight | None:
    """Whether a name that led somewhere still does, and what moves with it."""
    if change.type not in HOSTS:
        return None
    if change.operation == "create":
        wildcard = change.owner.startswith("*")
        return (Exposure.MEDIUM, "every name that does not exist begins to answer") if wildcard else None
    if change.operation == "delete":
        return _deleted(change, graph)
    if is_dead_end(change, graph):
        return _lost(change, graph, "what it points at leads nowhere")
    if _is_unreachable(change, graph):
        return _lost(change, graph, "no address that anyone could reach")
    return _moved(change, graph)


def _deleted(change: SetChange, graph: Graph) -> Weight | None:
    if not graph.leads_somewhere(change.owner):
        return _lost(change, graph, "the name no longer leads anywhere")
    if not graph.stands(change.owner):
        return _fallen(change.owner, graph)
    if change.type == "A" and not graph.reachable_by_ipv4(change.owner):
        return _lost(change, graph, "no address left for IPv4 clients")
    return (Exposure.MEDIUM, "the name is served another way") if change.owner == "@" else None


def _lost(change: SetChange, graph: Graph, why: str) -> Weight:
    wildcard = change.owner == "*" or change.owner.startswith("*.")
    needed = graph.stranded(change.owner[2:] or "@") if wildcard else graph.dependents(change.owner)
    if needed:
        return Exposure.CRITICAL, f"{why}, and is needed by {listed(needed)}"
    if change.owner in PROMINENT:
        return Exposure.CRITICAL, why
    return Exposure.HIGH if wildcard or _is_asked_for(change.owner) else Exposure.MEDIUM, why


def _is_unreachable(change: SetChange, graph: Graph) -> bool:
    """Whether clients are sent where no packet goes, or the domain's own into a private net."""
    if _goes_into(NOWHERE, change, graph):
        return True
    return _goes_into(PRIVATE, change, graph) and (
        change.owner in PROMINENT or any(user.startswith("@ ") for user in graph.dependents(change.owner))
    )


def _goes_into(places: frozenset[Reach], change: SetChange, graph: Graph) -> bool:
    """Whether a name moves to some places, or from public addresses to those of examples, for IPv4 clients or all."""
    rtype = change.becomes or change.type
    if rtype not in ("A", "AAAA") or (rtype == "AAAA" and graph.reachable_by_ipv4(change.owner)):
        return False
    dead = places | EXAMPLES if are_public(change.old) else places
    return are_within(change.new, dead) and not are_within(change.old, dead)


def _fallen(owner: str, graph: Graph) -> Weight | None:
    """The name has no address of its own any more, but a wildcard or a cut above answers for it."""
    if owner.startswith("*."):
        return Exposure.HIGH, "every name under the wildcard moves"
    if needed := graph.dependents(owner):
        exposure = Exposure.CRITICAL if needed[0] in ("@ MX", "@ NS") else Exposure.HIGH
        who = "the delegated zone's" if graph.is_delegated(owner) else "another name's"
        return exposure, f"{who} records answer from now on, and it is needed by {listed(needed)}"
    if owner == "www":
        return Exposure.HIGH, "the site moves: a wildcard's records answer from now on"
    return (Exposure.HIGH, "clients ask for it unasked, and get a wildcard's records") if _is_asked_for(owner) else None


def _is_asked_for(owner: str) -> bool:
    return owner.partition(".")[0] in _BY_CONVENTION


def _moved(change: SetChange, graph: Graph) -> Weight | None:
    if change.owner in ("@", "www"):
        what = "the domain itself" if change.owner == "@" else "the site"
        return Exposure.HIGH if change.replaced else Exposure.MEDIUM, f"{what} moves"
    if change.owner.startswith("*"):
        return Exposure.HIGH, "every name under the wildcard moves"
    if needed := graph.dependents(change.owner):
        if "@ NS" in needed and servers_moved(graph):
            return Exposure.CRITICAL, "every name server moves: resolvers and the parent's glue hold the old addresses"
        if _goes_into(PRIVATE, change, graph):
            return Exposure.HIGH, f"nobody outside reaches it any more, and it is needed by {listed(needed)}"
        domain = change.replaced and needed[0].startswith("@ ")
        return Exposure.HIGH if domain else Exposure.MEDIUM, f"needed by {listed(needed)}"
    return (Exposure.MEDIUM, f"{change.type} becomes {change.becomes}") if change.becomes else None


def shares(change: SetChange, _: Graph) -> Weight | None:
    """How much of a set goes, at a name that is served from several places."""
    held, left = len(change.old), len(change.new)
    if change.type not in _SHARED:
        return None
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
