"""Questions about names: what they have, where they lead, what hangs on them, and who changed them."""

from collections.abc import Iterator, Sequence
from typing import Any

from sophia_infra.agent.answers.question import Question, Row
from sophia_infra.agent.execution.view import body_of, what_of
from sophia_infra.agent.understanding.intent import Named
from sophia_infra.codec import encode
from sophia_infra.dns.rr.rrset import RRset

_HOPS = 8
_ADDRESSES = ("A", "AAAA")


def _row(rrset: RRset) -> Row:
    told = {"name": rrset.name, "type": rrset.rtype, "ttl": rrset.ttl, "values": list(rrset.values)}
    return f"{rrset.name} {rrset.rtype} {', '.join(rrset.values)}  (TTL {rrset.ttl} s)", told


def records_show(question: Question) -> Iterator[Row]:
    """What names have, and how long resolvers hold it; an alias is followed to its addresses, or the type asked for."""
    for host, rtype in question.hosts():
        yield from _shown(question, host, (rtype,), _HOPS)


def _shown(question: Question, host: Named, types: Sequence[str], hops: int) -> Iterator[Row]:
    of = question.inventory.of
    found = [each for rtype in types for each in of(host.zone, host.owner, rtype)]
    for each in found or of(host.zone, host.owner, "CNAME"):
        yield _row(each)
        if hops and each.rtype == "CNAME" and (target := question.host(each.values[0].rstrip("."))):
            yield from _shown(question, target, _ADDRESSES if types == ("",) else types, hops - 1)


def records_find(question: Question) -> Iterator[Row]:
    """Which names have an address."""
    for sets in question.inventory.zones.values():
        yield from (_row(each) for each in sets if set(question.asked.subjects).intersection(each.values))


def records_list(question: Question) -> Iterator[Row]:
    """All record sets of zones."""
    for zone in question.zones():
        yield from (_row(each) for each in question.inventory.zones[zone])


def records_impact(question: Question) -> Iterator[Row]:
    """What a zone is without a name, weighed as a preview weighs it, and what else names it."""
    from sophia_infra.dns.exposure import between

    for host, _ in question.hosts():
        relied = [
            (domain, f"the certificate {name}")
            for name, domains in question.inventory.certificates.items()
            for domain in domains
        ]
        whole, less = question.text(host.zone), question.text(host.zone, without=host.owner)
        changes = between(whole, less, origin=host.zone, previous=whole, relied_on=relied)
        told: dict[str, Any] = {"name": host.text, "exposure": str(changes.exposure)}
        yield f"without {host.text}: exposure {changes.exposure}", told
        for reason in changes.reasons:
            yield f"  {reason}", {"name": host.text, "reason": str(reason)}
        yield from _users(question, host)


def _users(question: Question, host: Named) -> Iterator[Row]:
    name = host.text
    for rrset in question.inventory.leading_to(name):
        line, told = _row(rrset)
        yield f"  leads to it: {line}", {"name": name, "user": told}
    for certificate, domains in question.inventory.certificates.items():
        if name in domains:
            yield f"  the certificate {certificate} is for it", {"name": name, "certificate": certificate}
    if name in question.inventory.pools:
        yield f"  the pool {name} is behind it", {"name": name, "pool": name}


def records_history(question: Question) -> Iterator[Row]:
    """Who changed names lately: runs of the agent by name, and what the engine wrote of their zones as a whole."""
    hosts = {(host.zone, host.owner) for host, _ in question.hosts()}
    for run in question.runs():
        about = {(each.get("zone"), each.get("owner")) for each in run.row.operations}
        if hosts & about:
            by = "".join(f", by {step.row.by}" for step in run.steps[-1:])
            yield f"{run.proposal.time:%Y-%m-%d %H:%M}  {run} {run.state}{by}: {what_of(run)}", body_of(run)
    for zone in question.zones():
        yield from _applies(question, zone)
    yield question.older("sophia agent history")


def _applies(question: Question, zone: str) -> Iterator[Row]:
    """The newest applies of a zone, by whomever."""
    from sophia_infra.dns.rows import applies

    labels = [each.inputs.get("label") or "" for each in question.agent.resources if each.inputs.get("domain") == zone]
    for found in applies(question.journal, zone, labels):
        line = f"{found.time:%Y-%m-%d %H:%M}  {zone} as a whole, by {found.row.by}, serial {found.row.serial}"
        yield line, {"zone": zone, "time": encode(found.time), "by": found.row.by}


records_ttl_show = records_show
