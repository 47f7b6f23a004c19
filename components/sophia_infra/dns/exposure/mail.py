"""MX: whether mail arrives."""

from sophia_infra.changes.model import Exposure, Weight
from sophia_infra.dns.exposure.graph import Graph
from sophia_infra.dns.exposure.sets import SetChange
from sophia_infra.dns.exposure.targets import is_dead_end
from sophia_infra.dns.rr.reach import PRIVATE, are_within

_LOST = {"@": Exposure.CRITICAL, "*": Exposure.HIGH}
"""How much mail is lost with the MX of the domain, and of all names that a wildcard answers for."""


def exchangers(change: SetChange, graph: Graph) -> Weight | None:
    """MX: where mail goes."""
    if change.type != "MX":
        return None
    apex = change.owner == "@"
    whom = "the domain" if apex else "this name"
    if change.operation == "delete":
        exposure = _LOST.get(change.owner.partition(".")[0], Exposure.MEDIUM)
        return exposure, f"mail for {whom} has nowhere to go"
    if any(value.endswith(" .") for value in change.new):
        return _refused(change, apex=apex), "a null MX refuses all mail (RFC 7505)"
    if change.operation == "create":
        return (Exposure.MEDIUM, "mail for the domain begins to be delivered there") if apex else None
    if is_dead_end(change, graph):
        why = f"mail for {whom} has nowhere to go: no exchanger has an address"
        return Exposure.CRITICAL if apex else Exposure.MEDIUM, why
    if apex and _are_private(change.new, graph) and not _are_private(change.old, graph):
        return Exposure.CRITICAL, "mail for the domain has nowhere to go: nobody outside reaches an exchanger"
    if _policy_is_behind(change, graph):
        return Exposure.HIGH, "senders that hold the MTA-STS policy refuse hosts that it does not name"
    return (Exposure.HIGH, "mail for the domain is delivered elsewhere") if apex else None


def _refused(change: SetChange, *, apex: bool) -> Exposure:
    if change.operation == "create":
        return Exposure.MEDIUM
    return Exposure.CRITICAL if apex else Exposure.HIGH


def _policy_is_behind(change: SetChange, graph: Graph) -> bool:
    """Whether new hosts come, but the id of the name's MTA-STS policy (RFC 8461 section 3.1) does not change."""
    owner = "_mta-sts" if change.owner == "@" else f"_mta-sts.{change.owner}"
    policy = graph.values(owner, "TXT")
    return bool(policy) and policy == graph.was(owner, "TXT") and bool(_hosts(change.new) - _hosts(change.old))


def _hosts(values: dict[str, int]) -> set[str]:
    return {value.partition(" ")[2] for value in values}


def _are_private(values: dict[str, int], graph: Graph) -> bool:
    """Whether all exchangers are hosts of the zone, and none has an address that is reached from outside."""
    hosts = [graph.relative(host) for host in _hosts(values)]
    found = [graph.values(host, rtype) for host in hosts if host for rtype in ("A", "AAAA")]
    return None not in hosts and any(found) and all(are_within(addresses, PRIVATE) for addresses in found)
