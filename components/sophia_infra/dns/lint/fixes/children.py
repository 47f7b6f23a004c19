"""A delegation, as the zone below it says that it should be."""

from sophia_infra.dns.lint.children import digest_of, neighbour_at
from sophia_infra.dns.lint.delegation import is_at_or_below
from sophia_infra.dns.lint.fixes.fix import Change, fix_set
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.zone.index import Zone

_ENTRY_POINT = "257"
"""The flags of a key that a parent zone vouches for (RFC 4034 section 2.1.1)."""


@fix_set("delegation-differs")
def take_servers(zone: Zone, owner: str, kind: str) -> Change | None:
    """Name the servers that the zone below names, with the addresses it has for those inside it."""
    child, here = neighbour_at(zone, owner), zone.at(owner, "NS")
    if child is None:
        return None
    servers = [here[0]._replace(rdata=record.rdata) for record in child.at("@", "NS")]
    glue = (record for server in servers for record in _glue(zone, child, server))
    return Change(tuple(here), (*servers, *glue))


def _glue(zone: Zone, child: Zone, server: Record) -> list[Record]:
    owner, host = zone.relative(server.rdata), child.relative(server.rdata)
    if owner is None or host is None or not is_at_or_below(owner, server.owner) or zone.at(owner, "A", "AAAA"):
        return []
    return [record._replace(owner=owner) for record in child.at(host, "A", "AAAA")]


@fix_set("glue-differs")
def take_addresses(zone: Zone, owner: str, kind: str) -> Change | None:
    """Give a server the addresses that it has in the zone below."""
    child, here = neighbour_at(zone, zone.cut_above(owner) or "@"), zone.at(owner, kind)
    host = child.relative(zone.absolute(owner)) if child else None
    there = child.at(host, kind) if child and host else []
    return Change(tuple(here), tuple(here[0]._replace(rdata=record.rdata) for record in there)) if there else None


@fix_set("ds-matches-no-key")
def take_keys(zone: Zone, owner: str, kind: str) -> Change | None:
    """Stand for the keys that the zone below is entered by; where it shows none, it may be signed as it is served."""
    child, here = neighbour_at(zone, owner), zone.at(owner, "DS")
    keys = [key for key in child.at("@", "DNSKEY") if key.rdata.startswith(f"{_ENTRY_POINT} ")] if child else []
    if child is None or not keys:
        return None
    return Change(tuple(here), tuple(here[0]._replace(rdata=digest_of(key, child)) for key in keys))
