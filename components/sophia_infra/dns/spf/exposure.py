"""SPF (RFC 7208): whether receivers still take the domain's own mail for its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from sophia_infra import suffixes
from sophia_infra.changes.model import Exposure, Weight
from sophia_infra.dns.rr.rtype import target_in
from sophia_infra.dns.rr.txt import texts
from sophia_infra.dns.spf.record import LOOKUP_LIMIT, Policy, Term, is_policy, parse

if TYPE_CHECKING:  # the table of concerns, which their package reads, reads this module
    from sophia_infra.dns.exposure.graph import Graph
    from sophia_infra.dns.exposure.sets import SetChange

_Values = Callable[[str, str], Iterable[str]]
_PASSES, _FAILS = frozenset({"", "+"}), frozenset({"-", "~"})


def sender_policy(change: SetChange, graph: Graph) -> Weight | None:
    """SPF: who may send mail in a name."""
    old, found = _policies(change.old), change.new or graph.looked_up(change.owner, "TXT")
    if found is None:
        return (Exposure.MEDIUM, "who may send mail in this name (SPF)") if old else None
    new = _policies(found)
    mail = graph.was(change.owner, "MX")
    if old == new or not (old or mail):
        return None
    lost = _lost(old, new, "the domain" if change.owner == "@" else "this name") or _left(change.owner, old, new, graph)
    if lost:
        return _gravity(change.owner, graph), lost
    if _is_open(new) and not _is_open(old):
        return Exposure.HIGH, "anyone may send mail in this name (SPF)"
    if service := _signer_dropped(old, new, change.owner, graph):
        return Exposure.HIGH, f"{service} may no longer send, and still signs: its DKIM key is there (SPF)"
    if _own_hosts_lost(old, new, change.owner, graph):
        return Exposure.HIGH, "the name's own exchangers may no longer send its mail (SPF)"
    return Exposure.MEDIUM, "who may send mail in this name (SPF)"


def _policies(values: Iterable[str]) -> list[Policy]:
    return [parse(text) for text in texts(values) if is_policy(text)]


def _terms(policies: Iterable[Policy]) -> list[Term]:
    return [term for policy in policies for term in policy.effective]


def _lost(old: list[Policy], new: list[Policy], whose: str) -> str:
    """Why receivers pass nobody any more, where they did before."""
    if not new:
        return f"receivers can no longer tell {whose}'s own mail (SPF)"
    if len(new) > 1 and len(old) == 1:
        return f"{len(new)} SPF records: receivers take none of them"
    if old and not _is_readable(new) and _is_readable(old):
        return "the SPF record can't be read, or asks for too much: receivers pass nobody"
    return "nobody may send mail in this name any more (SPF)" if _is_closed(new) and not _is_closed(old) else ""


def _left(owner: str, old: list[Policy], new: list[Policy], graph: Graph) -> str:
    """Why receivers stop at a term with an error (sections 4.6.4, 5.2 and 6.1), where they did not before."""
    stop = next(_stops(owner, new, graph), "")
    before = stop and (not old or not _is_readable(old) or any(_stops(owner, old, graph)))
    return f"{stop}: receivers stop with an error" if stop and not before else ""


def _stops(owner: str, policies: list[Policy], graph: Graph) -> Iterator[str]:
    """What is wrong with names of this zone that are included or redirected to."""
    names = [graph.relative(domain) for policy in policies for domain in policy.handed_to]
    for name in filter(None, names):
        found = graph.looked_up(name, "TXT")
        if found is not None and len(_policies(found)) != 1:
            yield f"no SPF record, or more than one, at {name}, which this one asks"
        elif name in graph.including(owner):
            yield f"{name} asks this SPF record in turn"


def _is_readable(policies: list[Policy]) -> bool:
    """Whether receivers can evaluate it, as far as it says itself: ten lookups are allowed (section 4.6.4)."""
    return all(not policy.faults and policy.lookups <= LOOKUP_LIMIT for policy in policies)


def _is_closed(policies: list[Policy]) -> bool:
    """Whether nobody passes: there are terms, and all of them fail."""
    terms = _terms(policies)
    return bool(terms) and all(term.qualifier in _FAILS for term in terms)


def _is_open(policies: list[Policy]) -> bool:
    return any(term.name == "all" and term.qualifier in _PASSES for term in _terms(policies))


def _gravity(owner: str, graph: Graph) -> Exposure:
    """How much mail hangs on the policy of a name: its own, and that of names whose policies include it."""
    users = graph.including(owner)
    if "@" in users:
        return Exposure.CRITICAL if graph.receives_mail("@") else Exposure.HIGH
    return Exposure.HIGH if len(users) > 1 or graph.receives_mail(owner) else Exposure.MEDIUM


def _own_hosts_lost(old: list[Policy], new: list[Policy], owner: str, graph: Graph) -> bool:
    """Whether an exchanger of the zone could send and can't any more, as far as the zone itself can tell."""
    if _foreign(new, graph) - _foreign(old, graph):
        return False
    own = list(_addresses(owner, "mx", graph))
    return any(_passes(old, owner, host, graph) and not _passes(new, owner, host, graph) for host in own)


def _signer_dropped(old: list[Policy], new: list[Policy], owner: str, graph: Graph) -> str:
    """The organisation that is named no more, though a DKIM selector of the name is an alias into its domain."""
    gone = _organisations(old, graph, graph.was) - _organisations(new, graph, graph.values)
    names = graph.below("_domainkey" if owner == "@" else f"_domainkey.{owner}") if gone else ()
    signing = {suffixes.organisation(rdata.rstrip(".")) for name in names for rdata in graph.values(name, "CNAME")}
    return min(gone & signing, default="")


def _organisations(policies: Iterable[Policy], graph: Graph, values: _Values) -> set[str]:
    """The organisations of other zones that are handed over to, directly or by names of this one."""
    names = [name for policy in policies for name in policy.handed_to]
    for name in names:
        if owner := graph.relative(name):
            further = (then for policy in _policies(values(owner, "TXT")) for then in policy.handed_to)
            names += [then for then in further if then not in names]
    return {suffixes.organisation(name.rstrip(".").lower()) for name in names if graph.relative(name) is None}


def _foreign(policies: list[Policy], graph: Graph) -> set[str]:
    """The policies of other zones that these include."""
    passing = [term for term in _terms(policies) if term.qualifier in _PASSES and term.name in {"include", "redirect"}]
    return {str(term).lower() for term in passing if graph.relative(term.domain) is None}


def _passes(policies: list[Policy], owner: str, address: str, graph: Graph, depth: int = 10) -> bool:
    terms = [term for term in _terms(policies) if term.qualifier in _PASSES]
    return any(_matches(term, owner, address, graph, depth) for term in terms)


def _matches(term: Term, owner: str, address: str, graph: Graph, depth: int) -> bool:
    if term.name in {"ip4", "ip6"}:
        try:
            return ip_address(address) in ip_network(term.value, strict=False)
        except ValueError:  # octets out of range, which receivers can't read either
            return False
    target = graph.relative(term.domain) if term.domain else owner
    if target is None:
        return False
    if term.name in {"a", "mx"}:
        return address in _addresses(target, term.name, graph)
    handed = depth > 0 and term.name in {"include", "redirect"}
    return handed and _passes(_policies(graph.values(target, "TXT")), target, address, graph, depth - 1)


def _addresses(owner: str, by: str, graph: Graph) -> Iterator[str]:
    """The addresses of a name of the zone, or of its exchangers in the zone."""
    hosts = [graph.relative(target_in("MX", rdata)) for rdata in graph.values(owner, "MX")] if by == "mx" else [owner]
    for host in filter(None, hosts):
        yield from (*graph.values(host, "A"), *graph.values(host, "AAAA"))
