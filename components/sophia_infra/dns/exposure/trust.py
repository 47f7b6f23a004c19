"""CAA, TLSA and `_acme-challenge`: who may vouch for the zone's hosts."""

from collections.abc import Iterable

from sophia_infra.changes.model import Exposure, Weight
from sophia_infra.dns.exposure.delegation import listed
from sophia_infra.dns.exposure.graph import Graph
from sophia_infra.dns.exposure.sets import SetChange

_CHALLENGES = ("TXT", "CNAME", "NS")
_TAGS = ("issue", "issuewild", "issuemail", "issuevmc", "iodef", "contactemail", "contactphone")


def certificates(change: SetChange, graph: Graph) -> Weight | None:
    """Who may issue certificates, which ones clients pin, and how they renew."""
    if change.type == "CAA":
        return _issuers(change, graph)
    if change.type == "TLSA":
        return _pins(change, graph)
    label, _, host = change.owner.partition(".")
    if label == "_acme-challenge" and change.type in _CHALLENGES and change.old and graph.stands(host or "@"):
        return _challenge(change)
    return None


def _issuers(change: SetChange, graph: Graph) -> Weight:
    if _forbids_all(change.new) and not _forbids_all(change.old):
        why = "no authority may issue certificates any more: none renews"
        needed = graph.certified(change.owner)
        return (Exposure.CRITICAL, f"{why}, not {listed(needed)} either") if needed else (Exposure.HIGH, why)
    return Exposure.HIGH if change.owner == "@" and change.old else Exposure.MEDIUM, "who may issue certificates"


def _forbids_all(values: Iterable[str]) -> bool:
    """Whether no CA may issue: none is named, or a critical tag is an unknown one (RFC 8659 sections 4.1 and 4.2)."""
    properties = [rdata.split(" ", 2) for rdata in values]
    named = [value.strip('"').partition(";")[0].strip() for _, tag, value in properties if tag.lower() == "issue"]
    unknown = any(int(flags) >= 128 and tag.lower() not in _TAGS for flags, tag, _ in properties)
    return unknown or (bool(named) and not any(named))


def _pins(change: SetChange, graph: Graph) -> Weight:
    if change.replaced:
        return Exposure.HIGH, "no pin stays: clients that hold the old set refuse the new key (DANE)"
    host = change.owner.partition(".")[2].partition(".")[2] or "@"
    if change.new and any(user.endswith(" MX") for user in graph.dependents(host)):
        return Exposure.HIGH, "senders deliver only to a host whose key is pinned (DANE)"
    return Exposure.MEDIUM, "certificates that clients pin (DANE)"


def _challenge(change: SetChange) -> Weight | None:
    """An alias or a delegation is there for good, a TXT record for one order only (RFC 8555 section 8.4)."""
    if change.operation == "delete":
        return Exposure.MEDIUM if change.type == "TXT" else Exposure.HIGH, "certificates may no longer renew"
    return None if change.type == "TXT" else (Exposure.MEDIUM, "where certificates are validated")
