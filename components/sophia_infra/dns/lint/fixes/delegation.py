"""Delegations, what stands at them and below them, and what stands at the apex."""

from sophia_infra.dns.lint.delegation import is_at_or_below
from sophia_infra.dns.lint.fixes.fix import Change, addresses_of, drop, fix, fix_set
from sophia_infra.dns.lint.fixes.spelling import may_mean_another
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.zone.index import Zone, labels
from sophia_infra.dns.zone.target import Target, target_of


@fix("ds-at-apex")
def drop_ds(zone: Zone, record: Record) -> None:
    """Remove the record."""
    return


@fix("ns-without-glue")
def drop_lost_server(zone: Zone, record: Record) -> Record | Change:
    """Leave a server out that nobody finds, where the delegation names others that are found, until it has glue."""
    server = zone.relative(target_of(record))
    others = [one for one in zone.at(record.owner, "NS") if _is_found(zone, one)]
    if server is None or not others or record in others:
        return record
    named = [zone.relative(target_of(one)) for one in others]
    return record if may_mean_another(zone, server, but=named) else drop(record, others, addresses_of(server))


def _is_found(zone: Zone, record: Record) -> bool:
    server = zone.relative(target_of(record))
    return server is None or not is_at_or_below(server, record.owner) or bool(zone.at(server, "A", "AAAA"))


@fix_set("occluded")
def drop_hidden(zone: Zone, owner: str, kind: str) -> Change | None:
    """Remove what stands below a delegation and is never served from here, for as long as it is delegated.

    Addresses stay while they may be the glue of a server whose name is written wrong.
    """
    cut = zone.at(zone.cut_above(owner) or "@", "NS")
    if kind in {"A", "AAAA"} and any(_may_be_server(zone, server, owner) for server in cut):
        return None
    return Change((*zone.at(owner, kind), *cut), tuple(cut))


def _may_be_server(zone: Zone, server: Record, owner: str) -> bool:
    name = target_of(server)
    is_led = _is_found(zone, server) and zone.target(name) in {Target.HOST, Target.ELSEWHERE}
    return not is_led or labels(name)[0] == labels(owner)[0]
