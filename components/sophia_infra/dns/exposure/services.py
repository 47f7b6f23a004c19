"""SRV, SVCB, HTTPS, CAA, TLSA and challenges: where clients look for a service, and who vouches for its hosts."""

from collections.abc import Iterable

from sophia_infra.changes.model import Exposure, Weight
from sophia_infra.dns.exposure.graph import Graph
from sophia_infra.dns.exposure.hosts import PROMINENT, is_dead_end
from sophia_infra.dns.exposure.sets import SetChange
from sophia_infra.dns.rr.caa import CERTIFYING, CRITICAL, ISSUING, TAGS, property_of
from sophia_infra.values import listed

_LOGON = ("_kerberos", "_ldap")
_CONTROLLERS = ("", "dc._msdcs")
NEEDED = (
    *(*_LOGON, "_gc", "_kpasswd", "_autodiscover", "_sip", "_sips"),
    *("_sipfederationtls", "_xmpp-client", "_xmpp-server"),
)
"""Services that people or servers are cut off without."""
_TRANSPORTS = {"_tcp": "_udp", "_udp": "_tcp"}


def services(change: SetChange, graph: Graph) -> Weight | None:
    """Whether clients still find a service by its records."""
    if not change.old:
        return None
    if not change.new or (change.type == "SRV" and all(rdata.endswith(" .") for rdata in change.new)):
        return _gone(change, graph)
    return (Exposure.MEDIUM, "what it points at leads nowhere") if is_dead_end(change, graph) else None


def _gone(change: SetChange, graph: Graph) -> Weight:
    service, transport, domain = (*change.owner.split(".", 2), "", "")[:3]
    why = f"clients no longer find the service ({change.type})"
    if change.type != "SRV" or service not in NEEDED:
        return Exposure.MEDIUM, why
    other = ".".join(filter(None, (service, _TRANSPORTS.get(transport, ""), domain)))
    last = service in _LOGON and domain in _CONTROLLERS and not graph.has(other, "SRV")
    return (Exposure.CRITICAL, f"{why}: nobody can log on") if last else (Exposure.HIGH, why)


def browsers(change: SetChange, graph: Graph) -> Weight | None:
    """HTTPS, or SVCB, of a site that people type: browsers go by it before any address (RFC 9460)."""
    if change.owner not in PROMINENT or not change.new:
        return None
    if is_dead_end(change, graph):
        return Exposure.HIGH, "what it points at leads nowhere"
    if any(_leads_away(rdata, change, graph) for rdata in change.new.keys() - change.old.keys()):
        return Exposure.HIGH, "browsers go elsewhere, before any address: the host, port or hint is none of the name's"
    return Exposure.HIGH if change.old else Exposure.MEDIUM, f"browsers go by it before any address ({change.type})"


def _leads_away(rdata: str, change: SetChange, graph: Graph) -> bool:
    """Whether a record sends browsers to another zone's host, to another port, or to an address that is none there."""
    _, target, *params = rdata.split(" ")
    given = {key: value.strip('"') for key, _, value in (param.partition("=") for param in params)}
    host = change.owner if target == "." else graph.relative(target)
    if host is None:
        return True
    known = {*graph.values(host, "A"), *graph.values(host, "AAAA")}
    hints = {hint for key in ("ipv4hint", "ipv6hint") for hint in given.get(key, "").split(",") if hint}
    return given.get("port", "443") != "443" or not hints <= known


def challenges(change: SetChange, graph: Graph) -> Weight | None:
    """How certificates renew."""
    label, _, host = change.owner.partition(".")
    if label == "_acme-challenge" and change.old and graph.stands(host or "@"):
        # an alias or a delegation is there for good, a TXT record for one order only (RFC 8555 section 8.4)
        if change.operation == "delete":
            return Exposure.MEDIUM if change.type == "TXT" else Exposure.HIGH, "certificates may no longer renew"
        return None if change.type == "TXT" else (Exposure.MEDIUM, "where certificates are validated")
    return None


def issuers(change: SetChange, graph: Graph) -> Weight:
    """CAA: who may issue certificates."""
    needed = graph.certified(change.owner)
    before, after = (set[str]() if _forbids_all(values) else _permitted(values) for values in (change.old, change.new))
    lost = [issuer for issuer in graph.issuers if _admits(before, issuer) and not _admits(after, issuer)]
    grave = Exposure.CRITICAL if needed or (lost and change.owner == "@") else Exposure.HIGH
    if _forbids_all(change.new) and not _forbids_all(change.old):
        why = "no authority may issue certificates any more: none renews"
        return grave, f"{why}, not {listed(needed, 1)} either" if needed else why
    if lost:
        return grave, f"{listed(lost, 1)} may issue certificates no more, and is in use: none renews"
    if before and after is not None and before.isdisjoint(after):
        why = "no authority stays that might issue certificates: those in use may not renew"
        return (Exposure.CRITICAL, f"{why}, not {listed(needed, 1)} either") if needed else (Exposure.HIGH, why)
    if change.new and _binding(change.old) == _binding(change.new):
        return Exposure.LOW, "who may issue certificates stays"
    return Exposure.HIGH if change.owner == "@" and change.old else Exposure.MEDIUM, "who may issue certificates"


def _binding(values: Iterable[str]) -> set[str]:
    """The records that bind a CA: all but those that say where it may tell of something."""
    return {rdata for rdata in values if property_of(rdata).tag in ISSUING or property_of(rdata).tag not in TAGS}


def _permitted(values: Iterable[str]) -> set[str] | None:
    """The CAs that may issue; None where a set limits nobody, as one without `issue` does (RFC 8659 section 4.2)."""
    named = [found for found in map(property_of, values) if found.tag in CERTIFYING]
    issuers = {found.issuer for found in named} - {""}
    return issuers if any(found.tag == "issue" for found in named) else None


def _admits(permitted: set[str] | None, issuer: str) -> bool:
    return permitted is None or issuer in permitted


def _forbids_all(values: Iterable[str]) -> bool:
    """Whether no CA may issue: none is named, or a critical tag is an unknown one (RFC 8659 sections 4.1 and 4.2)."""
    properties = list(map(property_of, values))
    named = [found.issuer for found in properties if found.tag == "issue"]
    unknown = any(found.flags >= CRITICAL and found.tag not in TAGS for found in properties)
    return unknown or (bool(named) and not any(named))


def pins(change: SetChange, graph: Graph) -> Weight:
    """TLSA: which certificates clients take."""
    if change.replaced:
        return Exposure.HIGH, "no pin stays: clients that hold the old set refuse the new key (DANE)"
    host = change.owner.partition(".")[2].partition(".")[2] or "@"
    if change.new and any(user.endswith(" MX") for user in graph.dependents(host)):
        return Exposure.HIGH, "senders deliver only to a host whose key is pinned (DANE)"
    return Exposure.MEDIUM, "certificates that clients pin (DANE)"
