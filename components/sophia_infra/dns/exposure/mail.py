"""MX, DKIM, DMARC and MTA-STS: whether mail arrives, is verified, and what becomes of what is not."""

from sophia_infra.changes.model import Exposure, Weight
from sophia_infra.dns.dkim import record as dkim
from sophia_infra.dns.dmarc import record as dmarc
from sophia_infra.dns.exposure.graph import Graph
from sophia_infra.dns.exposure.hosts import is_dead_end
from sophia_infra.dns.exposure.sets import SetChange
from sophia_infra.dns.exposure.sign_in import organisations
from sophia_infra.dns.mta_sts import record as mta_sts
from sophia_infra.dns.rr.reach import PRIVATE, are_within
from sophia_infra.dns.rr.rtype import ALIASES, target_in
from sophia_infra.dns.rr.txt import texts
from sophia_infra.dns.spf.record import is_policy as is_spf

_LOST = {"@": Exposure.CRITICAL, "*": Exposure.HIGH}
"""How much mail is lost with the MX of the domain, and of all names that a wildcard answers for."""


def exchangers(change: SetChange, graph: Graph) -> Weight | None:
    """MX: where mail goes."""
    apex = change.owner == "@"
    whom = "the domain" if apex else "this name"
    if change.operation == "delete":
        exposure = _LOST.get(change.owner.partition(".")[0], Exposure.MEDIUM)
        return exposure, f"mail for {whom} has nowhere to go"
    if any(value.endswith(" .") for value in change.new):
        grave = Exposure.CRITICAL if apex else Exposure.HIGH
        return Exposure.MEDIUM if change.operation == "create" else grave, "a null MX refuses all mail (RFC 7505)"
    if change.operation == "create":
        return (Exposure.MEDIUM, "mail for the domain begins to be delivered there") if apex else None
    if is_dead_end(change, graph):
        why = f"mail for {whom} has nowhere to go: no exchanger has an address"
        return Exposure.CRITICAL if apex else Exposure.MEDIUM, why
    if apex and _are_private(change.new, graph) and not _are_private(change.old, graph):
        return Exposure.CRITICAL, "mail for the domain has nowhere to go: nobody outside reaches an exchanger"
    if _policy_is_behind(change, graph):
        return Exposure.HIGH, "senders that hold the MTA-STS policy refuse hosts that it does not name"
    elsewhere = Exposure.HIGH, "mail for the domain is delivered elsewhere"
    return (_arranged(change, graph) or elsewhere) if apex else None


def _arranged(change: SetChange, graph: Graph) -> Weight | None:
    """What it means that all exchangers stay in their order, alone or before others of the same organisations."""
    stay = _hosts(change.old)
    before, after = _order(change.old), _order(change.new)
    if before != [kept for hosts in after if (kept := hosts & stay)]:
        return None
    if before == after:
        return Exposure.LOW, "the same exchangers in the same order"
    come = {rdata: ttl for rdata, ttl in change.new.items() if target_in("MX", rdata) not in stay}
    known = organisations("MX", come, graph) <= organisations("MX", change.old, graph)
    sound = known and after[0] <= stay and all(_is_host(target_in("MX", rdata), graph) for rdata in come)
    return (Exposure.MEDIUM, "another exchanger stands behind those of the domain") if sound else None


def _is_host(name: str, graph: Graph) -> bool:
    """Whether a name is another zone's, or leads somewhere by records of its own."""
    owner = graph.relative(name)
    return owner is None or (graph.leads_somewhere(owner) and not graph.is_covered(owner))


def _order(values: dict[str, int]) -> list[set[str]]:
    """The exchangers that are asked first, then those that are asked where no one of them answers, and so on."""
    ranks = {host: int(rank) for rank, _, host in (value.partition(" ") for value in sorted(values, key=_rank)[::-1])}
    return [{host for host in ranks if ranks[host] == rank} for rank in sorted(set(ranks.values()))]


def _rank(value: str) -> int:
    return int(value.partition(" ")[0])


def _policy_is_behind(change: SetChange, graph: Graph) -> bool:
    """Whether new hosts come, but the id of the name's MTA-STS policy (RFC 8461 section 3.1) does not change."""
    owner = "_mta-sts" if change.owner == "@" else f"_mta-sts.{change.owner}"
    policy = graph.values(owner, "TXT")
    return bool(policy) and policy == graph.was(owner, "TXT") and bool(_hosts(change.new) - _hosts(change.old))


def _hosts(values: dict[str, int]) -> set[str]:
    return {target_in("MX", value) for value in values}


def _are_private(values: dict[str, int], graph: Graph) -> bool:
    """Whether all exchangers are hosts of the zone, and none has an address that is reached from outside."""
    hosts = [graph.relative(host) for host in _hosts(values)]
    found = [graph.values(host, rtype) for host in hosts if host for rtype in ("A", "AAAA")]
    return None not in hosts and any(found) and all(are_within(addresses, PRIVATE) for addresses in found)


_CHANGED = "how mail of this name is verified"
_BROKEN = {"_dmarc": dmarc.broken, "_domainkey": dkim.broken, "_mta-sts": mta_sts.broken}
"""Why new texts are worse than the old ones, by the label that they stand at."""


def policies(change: SetChange, graph: Graph) -> Weight | None:
    """What receivers read of a name, behind an alias as well, as mail hosts publish it."""
    label = _label(change.owner)
    if not label:
        return None
    if change.operation == "delete" or (change.old and change.type in ALIASES):
        return (Exposure.MEDIUM, _CHANGED) if _is_found(change.owner, graph) else (Exposure.HIGH, dmarc.UNVERIFIED)
    if change.operation == "create" and label != "_dmarc":
        return None
    old, new = texts(change.old), texts(change.new)
    grave = _BROKEN[label](old, new)
    if change.type == "TXT" and grave and (old or not _sends_no_mail(change.owner, graph)):
        return Exposure.HIGH, grave
    return Exposure.MEDIUM, _CHANGED


def _label(owner: str) -> str:
    labels = owner.split(".")
    if labels[0] in {"_dmarc", "_mta-sts"}:
        return labels[0]
    return "_domainkey" if "_domainkey" in labels else ""


def _sends_no_mail(owner: str, graph: Graph) -> bool:
    """Whether no mail comes from a name: it takes none (a null MX), or never had to do with it.

    That is a name below the apex where neither it nor a name below it has an MX, an SPF record or a key, now or then.
    """
    domain = owner.partition(".")[2] or "@"
    if graph.has(domain, "MX") or domain == "@":
        return graph.has(domain, "MX") and not graph.receives_mail(domain)
    return not any(_has_to_do_with_mail(name, graph) for name in (graph.source(domain), *graph.below(domain)))


def _has_to_do_with_mail(name: str, graph: Graph) -> bool:
    found = [*graph.values(name, "TXT"), *graph.was(name, "TXT")]
    return "_domainkey" in name or bool(
        graph.values(name, "MX") or graph.was(name, "MX") or any(map(is_spf, texts(found)))
    )


def _is_found(owner: str, graph: Graph) -> bool:
    """Whether a text stands there, or may where an alias or a delegation leads."""
    return graph.exists(owner) and graph.looked_up(owner, "TXT") != ()
