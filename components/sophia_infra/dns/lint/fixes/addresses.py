"""A and AAAA: addresses that nobody out there can reach, and a missing half."""

from sophia_infra.dns.lint.addresses import is_usable
from sophia_infra.dns.lint.fixes.fix import Change, drop, fix, fix_set
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.zone.index import Zone

_MAPPED = "::ffff:"


@fix("address-unusable")
def write_as_ipv4(zone: Zone, record: Record) -> Record | Change:
    """Write an IPv4 address that is mapped into AAAA as A, where there is none, or leave the address out."""
    address = record.rdata.removeprefix(_MAPPED)
    if record.type == "AAAA" and address.count(".") == 3:
        others = zone.at(record.owner, "A")
        return drop(record, others) if others else record._replace(type="A", rdata=address)
    return leave_out(zone, record)


@fix("address-documentation", "address-loopback", "address-private")
def leave_out(zone: Zone, record: Record) -> Record | Change:
    """Remove an address that the public can't use, where the set has one that it can."""
    others = [one for one in zone.at(record.owner, record.type) if is_usable(zone, one)]
    return drop(record, others) if others and record not in others else record


@fix_set("aaaa-missing")
def share_ipv6(zone: Zone, owner: str, kind: str) -> Change | None:
    """Give the apex and `www` the same AAAA, where they have the same A."""
    sibling = "www" if owner == "@" else "@"
    here, there, missing = zone.at(owner, "A"), zone.at(sibling, "A"), zone.at(sibling, "AAAA")
    if {record.rdata for record in here} != {record.rdata for record in there}:
        return None
    base = (*here, *there, *missing)
    return Change(base, (*base, *(record._replace(owner=owner) for record in missing)))
