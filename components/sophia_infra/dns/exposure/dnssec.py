"""DNSSEC: whether validating resolvers still believe the zone, and what its parent is told of its keys."""

from sophia_infra.changes.model import Exposure, Weight
from sophia_infra.dns.exposure.graph import Graph
from sophia_infra.dns.exposure.sets import SetChange

_KEYS = ("DS", "DNSKEY", "CDS", "CDNSKEY")
_REQUESTS = {"CDS": 1, "CDNSKEY": 2}
"""What asks the parent for a DS (RFC 7344), and the field that holds the algorithm."""
_PROOFS = ("RRSIG", "NSEC", "NSEC3")
_SECURE_ENTRY = "257 "


def keys(change: SetChange, _: Graph) -> Weight | None:
    """The chain of trust (RFC 4035), and what tells a parent to change it (RFC 8078)."""
    if change.type == "NSEC3PARAM":
        return Exposure.HIGH, "how the zone proves that a name does not exist (NSEC3)"
    if change.type not in _KEYS:
        return None
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
    kind = f"{change.becomes or change.type} "
    signed = {rdata for rdata in graph.values(change.owner, "RRSIG") if rdata.startswith(kind)}
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
