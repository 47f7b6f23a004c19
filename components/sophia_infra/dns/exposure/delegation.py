"""NS, DNAME and DNSSEC: whether the domain, and what is delegated or redirected below it, is found and believed."""

from sophia_infra.changes.model import Exposure, Weight
from sophia_infra.dns.exposure.graph import Graph
from sophia_infra.dns.exposure.hosts import is_dead_end, lacks_glue
from sophia_infra.dns.exposure.sets import SetChange
from sophia_infra.values import listed


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


def delegations(change: SetChange, graph: Graph) -> Weight | None:
    """NS below the apex."""
    if change.owner == "@":
        return None
    if change.operation == "create":
        return _cut(graph.count_below(change.owner), own=graph.led_somewhere(change.owner))
    if change.operation == "delete" or lacks_glue(change.owner, graph):
        return _unfound(change.owner, graph)
    return (Exposure.HIGH, "no name server stays") if change.replaced else (Exposure.MEDIUM, "a delegation")


def _unfound(owner: str, graph: Graph) -> Weight:
    why = "the delegated zone can no longer be found"
    needed = graph.stranded(owner)
    return (Exposure.CRITICAL, f"{why}, and is needed by {listed(needed, 1)}") if needed else (Exposure.HIGH, why)


def _cut(swallowed: int, *, own: bool) -> Weight:
    if swallowed:
        return Exposure.CRITICAL, f"the new delegation hides {swallowed} existing names at or below it"
    if own:
        return Exposure.HIGH, "the delegated zone answers in place of the name's own records"
    return Exposure.MEDIUM, "a delegation"


def whole_trees(change: SetChange, graph: Graph) -> Weight:
    """DNAME: a whole tree of names at once."""
    swallowed = graph.count_below(change.owner)
    if change.operation == "create" and swallowed:
        return Exposure.CRITICAL, f"the redirection hides {swallowed} existing names below it"
    if change.operation == "delete":
        why, stranded = "no name below is redirected any more", graph.stranded(change.owner)
        return (Exposure.CRITICAL, f"{why}, needed by {listed(stranded, 1)}") if stranded else (Exposure.HIGH, why)
    return Exposure.HIGH, "every name below is redirected"


_REQUESTS = {"CDS": 1, "CDNSKEY": 2}
"""What asks the parent for a DS (RFC 7344), and the field that holds the algorithm."""

_PROOFS = ("RRSIG", "NSEC", "NSEC3")
_SECURE_ENTRY = "257 "


def keys(change: SetChange, _: Graph) -> Weight:
    """The chain of trust (RFC 4035), and what tells a parent to change it (RFC 8078)."""
    if change.type == "NSEC3PARAM":
        return Exposure.HIGH, "how the zone proves that a name does not exist (NSEC3)"
    if _leaves_trust(change):
        return Exposure.HIGH, "the parent is asked to drop the DS: the zone goes unsigned (RFC 8078)"
    if change.subject == "@ DNSKEY" and change.old and _entries(change.old).isdisjoint(_entries(change.new)):
        return Exposure.CRITICAL, "no key stays that a DS in the parent may name: validating resolvers refuse the zone"
    if change.replaced:
        return Exposure.HIGH, "no key stays: validating resolvers may refuse the zone; overlap the old and the new"
    if change.operation == "create":
        return Exposure.HIGH, "validating resolvers refuse the zone unless it is signed with this key"
    if change.type in _REQUESTS and change.new:
        return Exposure.HIGH, "the parent is asked for other keys (RFC 8078)"
    return Exposure.MEDIUM, "the chain of trust (DNSSEC)"


def signatures(change: SetChange, graph: Graph) -> Weight | None:
    """A set of a zone that comes signed, as the text holds it, with a signature that is none of the set's."""
    if change.type in _PROOFS or not change.new or not graph.has("@", "RRSIG") or _is_unsigned(change, graph):
        return None
    rtype = f"{change.becomes or change.type} "
    signed = {rdata for rdata in graph.values(change.owner, "RRSIG") if rdata.startswith(rtype)}
    if signed - set(graph.was(change.owner, "RRSIG")):
        return None
    return Exposure.CRITICAL, "its signature is not made anew: validating resolvers refuse the set; sign the zone again"


def _is_unsigned(change: SetChange, graph: Graph) -> bool:
    """A delegation and its glue are the child's to sign (RFC 4035 section 2.2)."""
    return (change.type == "NS" and change.owner != "@") or graph.is_delegated(change.owner)


def _leaves_trust(change: SetChange) -> bool:
    field = _REQUESTS.get(change.type)
    return field is not None and any(rdata.split(" ")[field] == "0" for rdata in change.new.keys() - change.old.keys())


def _entries(values: dict[str, int]) -> set[str]:
    """The keys that a DS names, as a rule those with the flag of a secure entry point; all where none has it."""
    return {rdata for rdata in values if rdata.startswith(_SECURE_ENTRY)} or set(values)
