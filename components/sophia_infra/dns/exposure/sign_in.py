"""Hosts and services that people sign in at, and mail: whose they are matters more than that they are there."""

from sophia_infra import suffixes
from sophia_infra.changes.model import Exposure, Weight
from sophia_infra.dns.exposure.graph import Graph
from sophia_infra.dns.exposure.hosts import BY_CONVENTION, goes_into
from sophia_infra.dns.exposure.services import NEEDED
from sophia_infra.dns.exposure.sets import SetChange, Values
from sophia_infra.dns.rr.reach import PRIVATE
from sophia_infra.dns.rr.rtype import NEEDS_HOST, target_in

_HOSTS = frozenset(
    (
        *("login", "signin", "logon", "sso", "auth", "oauth", "oauth2", "oidc", "saml", "idp", "adfs", "sts"),
        *("id", "identity", "account", "accounts", "vpn", "remote", "api", "admin", "portal"),
        *("mail", "webmail", "smtp", "imap", "pop", *BY_CONVENTION),
    )
)
"""Labels of hosts that get passwords, tokens or mail; parts between hyphens count: `api-eu`."""

_SERVICES = frozenset(
    (
        *("_imap", "_imaps", "_pop3", "_pop3s", "_submission", "_submissions", "_jmap"),
        *("_caldav", "_caldavs", "_carddav", "_carddavs", "_ldaps", *NEEDED),
    )
)


def sign_in(change: SetChange, graph: Graph) -> Weight | None:
    """Whether what gets people's passwords, tokens or mail comes to be another organisation's."""
    if not change.old or not change.new or not _is_trusted(change):
        return None
    rtype = change.becomes or change.type
    if rtype in ("A", "AAAA"):  # an address does not tell whose it is
        if goes_into(PRIVATE, change, graph):
            return Exposure.HIGH, "people sign in there, and nobody outside reaches it any more"
        return (Exposure.MEDIUM, "people sign in there, and it moves") if change.replaced else None
    new = organisations(rtype, change.new, graph) - organisations(change.type, change.old, graph)
    what = "mail" if rtype == "MX" else "what people sign in at"
    grave = rtype not in ("MX", "SRV") and graph.led_on(change.owner)
    return (
        (Exposure.HIGH if grave else Exposure.MEDIUM, f"{what} goes to another organisation, {min(new)}")
        if new
        else None
    )


def _is_trusted(change: SetChange) -> bool:
    label = change.owner.partition(".")[0]
    if change.type in ("MX", "SRV"):
        return change.type == "MX" or label in _SERVICES
    return not label.startswith("_") and not _HOSTS.isdisjoint([label, *label.split("-")])


def organisations(rtype: str, values: Values, graph: Graph) -> set[str]:
    """The registrable domains of what a set points at, but this zone's own."""
    targets = [target_in(rtype, rdata) for rdata in values] if rtype in NEEDS_HOST else []
    names = [target.rstrip(".") for target in targets if graph.relative(target) is None]
    return {suffixes.organisation(name) for name in names if name}
