"""DS, CAA, TLSA and `_acme-challenge`: whether the zone validates, and who may vouch for it."""

from sophia_infra.changes.graph import Graph
from sophia_infra.changes.model import Exposure, Weight
from sophia_infra.changes.sets import SetChange

_KEYS = ("DS", "DNSKEY", "CDS", "CDNSKEY")


def keys(change: SetChange, _: Graph) -> Weight | None:
    """The chain of trust (RFC 4035), and what tells a parent to change it (RFC 8078)."""
    if change.type not in _KEYS:
        return None
    if change.replaced:
        return Exposure.HIGH, "no key stays: validating resolvers may refuse the zone; overlap the old and the new"
    if change.operation == "create":
        return Exposure.HIGH, "validating resolvers refuse the zone unless it is signed with this key"
    return Exposure.MEDIUM, "the chain of trust (DNSSEC)"


def certificates(change: SetChange, graph: Graph) -> Weight | None:
    """Who may issue certificates, which ones clients pin, and how they renew."""
    if change.type == "CAA":
        return Exposure.HIGH if change.owner == "@" and change.old else Exposure.MEDIUM, "who may issue certificates"
    if change.type == "TLSA":
        if change.replaced:
            return Exposure.HIGH, "no pin stays: clients that hold the old set refuse the new key (DANE)"
        return Exposure.MEDIUM, "certificates that clients pin (DANE)"
    label, _, host = change.owner.partition(".")
    if label == "_acme-challenge" and change.old and graph.stands(host or "@"):
        return _challenge(change)
    return None


def _challenge(change: SetChange) -> Weight | None:
    """An alias or a delegation is there for good, a TXT record for one order only (RFC 8555 section 8.4)."""
    if change.operation == "delete":
        return Exposure.MEDIUM if change.type == "TXT" else Exposure.HIGH, "certificates may no longer renew"
    return None if change.type == "TXT" else (Exposure.MEDIUM, "where certificates are validated")
