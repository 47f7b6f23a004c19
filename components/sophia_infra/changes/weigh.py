"""How much hangs on a changed record set: one small function a concern; docs/exposure.md has the table."""

from collections.abc import Callable

from sophia_infra.changes.graph import Graph
from sophia_infra.changes.model import Exposure, Reason
from sophia_infra.changes.sets import SetChange

ADDRESSES = ("A", "AAAA")
HOSTS = (*ADDRESSES, "CNAME")
LARGE_SET = 10
LONG_TTL = 86_400

Weight = tuple[Exposure, str]
Concern = Callable[[SetChange, Graph], Weight | None]


def weigh(change: SetChange, graph: Graph) -> Reason:
    """Return the weightiest reason that any concern gives for a changed set."""
    found = [weight for concern in CONCERNS if (weight := concern(change, graph))]
    exposure, why = max(found, key=lambda weight: weight[0], default=_ordinary(change))
    if exposure < Exposure.MEDIUM and max(change.new.values(), default=0) > LONG_TTL and not change.ttl_only:
        exposure, why = Exposure(exposure + 1), f"{why}; a mistake stays in caches for {_hours(change)} hours"
    return Reason(exposure, change.subject, change.operation, why)


def _ordinary(change: SetChange) -> Weight:
    if change.ttl_only:
        return Exposure.LOW, "only the TTL differs"
    return Exposure.LOW, f"{len(change.old)} -> {len(change.new)} records"


def _hours(change: SetChange) -> int:
    return max(change.new.values()) // 3600


def name_servers(change: SetChange, graph: Graph) -> Weight | None:
    """NS at the apex, and delegations below it."""
    if change.type != "NS" or change.ttl_only:
        return None
    if change.owner != "@":
        return _delegation(change, graph)
    if change.operation == "create":
        return None
    if change.operation == "delete":
        return Exposure.CRITICAL, "the domain has no name servers"
    if change.replaced:
        return (
            Exposure.CRITICAL,
            "no name server stays: resolvers that hold the old set find no one; overlap them",
        )
    if change.lost and len(change.new) == 1:
        return Exposure.CRITICAL, "a single name server is left"
    return Exposure.HIGH, "the domain's name servers"


def _delegation(change: SetChange, graph: Graph) -> Weight:
    swallowed = graph.below(change.owner)
    if change.operation == "create" and swallowed:
        return Exposure.CRITICAL, f"the new delegation hides {swallowed} existing names at or below it"
    if change.operation == "delete":
        return Exposure.HIGH, "the delegated zone can no longer be found"
    return Exposure.MEDIUM, "a delegation"


def mail(change: SetChange, _: Graph) -> Weight | None:
    """MX records: where mail goes."""
    if change.type != "MX" or change.ttl_only:
        return None
    apex = change.owner == "@"
    if change.operation == "delete" and apex:
        return Exposure.CRITICAL, "mail for the domain has nowhere to go"
    if change.operation == "delete":
        return Exposure.MEDIUM, "mail for this name has nowhere to go"
    if change.old and any(value.endswith(" .") for value in change.new):
        return Exposure.CRITICAL if apex else Exposure.HIGH, "a null MX refuses all mail (RFC 7505)"
    if not apex:
        return None
    if change.operation == "create":
        return Exposure.MEDIUM, "mail for the domain begins to be delivered there"
    return Exposure.HIGH, "mail for the domain is delivered elsewhere"


def addresses(change: SetChange, graph: Graph) -> Weight | None:
    """A, AAAA and CNAME: whether a name still leads somewhere, and to how many places."""
    if change.type not in HOSTS or change.ttl_only:
        return None
    if change.operation == "delete":
        return _deleted_host(change, graph)
    if len(change.old) >= LARGE_SET and len(change.new) * 2 <= len(change.old):
        return Exposure.CRITICAL, f"{len(change.old)} -> {len(change.new)} addresses"
    if change.owner == "@" and change.old:
        return Exposure.HIGH if change.replaced else Exposure.MEDIUM, "the domain itself moves"
    if change.owner.startswith("*") and change.old:
        return Exposure.HIGH, "every name under the wildcard moves"
    if change.lost and len(change.new) * 2 <= len(change.old):
        return Exposure.MEDIUM, f"{len(change.old)} -> {len(change.new)} addresses"
    if change.old and (users := graph.users(change.owner)):
        return Exposure.MEDIUM, f"{len(users)} record sets point here"
    return None


def _deleted_host(change: SetChange, graph: Graph) -> Weight | None:
    if graph.leads_somewhere(change.owner):
        if change.type == "A" and not graph.reachable_by_ipv4(change.owner):
            return _unreachable(change, "no address left for IPv4 clients")
        return (Exposure.MEDIUM, "the name is served another way") if change.owner == "@" else None
    users = graph.users(change.owner)
    if users:
        return Exposure.CRITICAL, f"{len(users)} record sets still point here, such as {users[0]}"
    if len(change.old) >= LARGE_SET:
        return Exposure.CRITICAL, f"all {len(change.old)} addresses go"
    return _unreachable(change, "the name no longer leads anywhere")


def _unreachable(change: SetChange, why: str) -> Weight:
    if change.owner in ("@", "www", "*"):
        return Exposure.CRITICAL, why
    return Exposure.HIGH if change.owner.startswith("*.") else Exposure.MEDIUM, why


def sender_policy(change: SetChange, graph: Graph) -> Weight | None:
    """SPF, DKIM and DMARC: whether mail that the domain sends is still accepted."""
    if change.type != "TXT" or change.ttl_only or not change.old:
        return None
    if change.owner == "@" and _holds(change.old, "v=spf1"):
        if _holds(change.new, "v=spf1"):
            return Exposure.MEDIUM, "who may send the domain's mail (SPF)"
        exposed = Exposure.CRITICAL if graph.has("@", "MX") else Exposure.HIGH
        return exposed, "receivers can no longer tell the domain's own mail (SPF)"
    if change.owner == "_dmarc" or "._domainkey" in change.owner:
        return (
            Exposure.HIGH if change.operation == "delete" else Exposure.MEDIUM,
            "how the domain's mail is verified",
        )
    return None


def _holds(values: dict[str, int], tag: str) -> bool:
    return any(value.lstrip('"').lower().startswith(tag) for value in values)


def trust(change: SetChange, graph: Graph) -> Weight | None:
    """DS, CAA, TLSA and `_acme-challenge`: validation and certificates."""
    if change.ttl_only:
        return None
    if change.type in ("DS", "DNSKEY"):
        if change.replaced:
            return (
                Exposure.HIGH,
                "no key stays: validating resolvers may refuse the zone; overlap the old and the new",
            )
        return Exposure.MEDIUM, "the chain of trust (DNSSEC)"
    if change.type == "CAA":
        return (
            Exposure.HIGH if change.owner == "@" and change.old else Exposure.MEDIUM,
            "who may issue certificates",
        )
    if change.type == "TLSA":
        return Exposure.MEDIUM, "certificates that clients pin (DANE)"
    if change.operation == "delete" and change.owner.split(".")[0] == "_acme-challenge":
        return Exposure.MEDIUM, "certificates may no longer renew"
    return None


def whole_trees(change: SetChange, graph: Graph) -> Weight | None:
    """DNAME: a whole tree of names at once."""
    if change.type != "DNAME" or change.ttl_only:
        return None
    swallowed = graph.below(change.owner)
    if change.operation == "create" and swallowed:
        return Exposure.CRITICAL, f"the redirection hides {swallowed} existing names below it"
    return Exposure.HIGH, "every name below is redirected"


CONCERNS: tuple[Concern, ...] = (name_servers, mail, addresses, sender_policy, trust, whole_trees)
