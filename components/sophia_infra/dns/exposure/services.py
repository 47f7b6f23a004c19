"""SRV, SVCB, HTTPS, CAA, TLSA and challenges: where clients look for a service, and who vouches for its hosts."""

from collections.abc import Iterable

from sophia_infra.changes.model import Exposure, Weight
from sophia_infra.dns.exposure.graph import Graph
from sophia_infra.dns.exposure.hosts import PROMINENT, is_dead_end, listed
from sophia_infra.dns.exposure.sets import SetChange

_SERVICES = ("SRV", "HTTPS", "SVCB", "NAPTR", "URI")
_LOGON = ("_kerberos", "_ldap")
_CONTROLLERS = ("", "dc._msdcs")
_NEEDED = (
    *(*_LOGON, "_gc", "_kpasswd", "_autodiscover", "_sip", "_sips"),
    *("_sipfederationtls", "_xmpp-client", "_xmpp-server"),
)
_TRANSPORTS = {"_tcp": "_udp", "_udp": "_tcp"}


def services(change: SetChange, graph: Graph) -> Weight | None:
    """Whether clients still find a service by its records."""
    if change.type not in _SERVICES or not change.old:
        return None
    if not change.new or (change.type == "SRV" and all(rdata.endswith(" .") for rdata in change.new)):
        return _gone(change, graph)
    return (Exposure.MEDIUM, "what it points at leads nowhere") if is_dead_end(change, graph) else None


def _gone(change: SetChange, graph: Graph) -> Weight:
    service, transport, domain = (*change.owner.split(".", 2), "", "")[:3]
    why = f"clients no longer find the service ({change.type})"
    if change.type != "SRV" or service not in _NEEDED:
        return Exposure.MEDIUM, why
    other = ".".join(filter(None, (service, _TRANSPORTS.get(transport, ""), domain)))
    last = service in _LOGON and domain in _CONTROLLERS and not graph.has(other, "SRV")
    return (Exposure.CRITICAL, f"{why}: nobody can log on") if last else (Exposure.HIGH, why)


def browsers(change: SetChange, graph: Graph) -> Weight | None:
    """HTTPS of a site that people type: browsers go by it before any address (RFC 9460)."""
    if change.type != "HTTPS" or change.owner not in PROMINENT or not change.new:
        return None
    if is_dead_end(change, graph):
        return Exposure.HIGH, "what it points at leads nowhere"
    return Exposure.HIGH if change.old else Exposure.MEDIUM, "browsers go by it before any address (HTTPS)"


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
        # an alias or a delegation is there for good, a TXT record for one order only (RFC 8555 section 8.4)
        if change.operation == "delete":
            return Exposure.MEDIUM if change.type == "TXT" else Exposure.HIGH, "certificates may no longer renew"
        return None if change.type == "TXT" else (Exposure.MEDIUM, "where certificates are validated")
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
