"""SRV, SVCB, HTTPS and the like: where clients look for a service."""

from sophia_infra.changes.model import Exposure, Weight
from sophia_infra.dns.exposure.graph import Graph
from sophia_infra.dns.exposure.hosts import PROMINENT
from sophia_infra.dns.exposure.sets import SetChange
from sophia_infra.dns.exposure.targets import is_dead_end

_SERVICES = ("SRV", "HTTPS", "SVCB", "NAPTR", "URI")
_LOGON = ("_kerberos", "_ldap")
_CONTROLLERS = ("", "dc._msdcs")
_NEEDED = (
    *_LOGON,
    "_gc",
    "_kpasswd",
    "_autodiscover",
    "_sip",
    "_sips",
    "_sipfederationtls",
    "_xmpp-client",
    "_xmpp-server",
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
