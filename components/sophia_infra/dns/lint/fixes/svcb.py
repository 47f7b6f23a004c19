"""SVCB and HTTPS: targets that lead to nothing, aliases beside services, and address hints."""

from sophia_infra.dns.lint.addresses import is_usable
from sophia_infra.dns.lint.fixes.fix import Change, drop, fix
from sophia_infra.dns.lint.fixes.pointers import drop_lost, respelled
from sophia_infra.dns.lint.svcb import addresses, hinted, leads_to_itself, leads_to_nothing
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.target import Target, target_of


@fix("svcb-target-missing")
def respell_or_drop(zone: Zone, record: Record) -> Record | Change:
    """Point at the host whose name is a letter away, or leave a record out without which clients find a host."""
    if not leads_to_nothing(zone, record):
        return record
    name = target_of(record)
    return respelled(zone, record, name) or drop_lost(zone, record, _others(zone, record))


@fix("svcb-alias-loop")
def drop_loop(zone: Zone, record: Record) -> Record | Change:
    """Leave an alias to itself out, where clients find a host without it."""
    others = _others(zone, record) if leads_to_itself(zone, record) else []
    return drop(record, others) if others else record


def _others(zone: Zone, record: Record) -> list[Record]:
    """Return what clients take without a record: the others of its set or, for the web, the name's addresses."""
    siblings = zone.at(record.owner, record.type)
    others = [one for one in siblings if not leads_to_nothing(zone, one) and not leads_to_itself(zone, one)]
    if record.type == "HTTPS" and zone.target(zone.absolute(record.owner)) is Target.HOST:
        others += zone.at(record.owner, "A", "AAAA")
    return others


@fix("svcb-mode-mixed")
def keep_alias(zone: Zone, record: Record) -> Record | Change:
    """Leave out what clients ignore beside an alias."""
    aliases = [one for one in zone.at(record.owner, record.type) if one.rdata.startswith("0 ")]
    return drop(record, aliases) if aliases and record not in aliases else record


@fix("svcb-hint-differs")
def correct_hints(zone: Zone, record: Record) -> Record | Change:
    """Give address hints the addresses of their host, for as long as it has those, and the public can use them."""
    rdata, base = record.rdata, list[Record]()
    for one, version, hints in hinted(zone):
        known = addresses(zone, record, version) if one == record else []
        if known and all(is_usable(zone, host) for host in known):
            rdata = rdata.replace(",".join(hints), ",".join(sorted(host.rdata for host in known)))
            base += known
    return Change((record, *base), (record._replace(rdata=rdata), *base)) if rdata != record.rdata else record
