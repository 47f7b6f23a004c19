"""What was left out: each returns the records that a finding's subject lacks."""

from collections.abc import Iterator

from sophia_infra.dns.lint.text import encode
from sophia_infra.dns.lint.zone import Zone, parent
from sophia_infra.dns.records import Record

_ADDRESSES = ("A", "AAAA")


def permit_issuers(zone: Zone, owner: str) -> Iterator[Record]:
    """Yield the CAA records of those CAs in use that none permits."""
    held = zone.at(owner, "CAA")
    known = " ".join(record.rdata.lower() for record in zone.of("CAA"))
    for issuer in sorted(zone.issuers):
        if f'"{issuer}' not in known:
            yield Record(owner, held[0].ttl, "CAA", f"0 issue {encode(issuer)}")


def copy_wildcard(zone: Zone, owner: str) -> Iterator[Record]:
    """Yield the addresses that a wildcard no longer lends to a name."""
    name = parent(owner) if owner.startswith(("_acme-challenge.", "_dmarc.")) else owner
    lender = zone.wildcard_over(name)
    for record in zone.at(lender, *_ADDRESSES) if lender else ():
        yield record._replace(owner=name)


def copy_sibling(zone: Zone, owner: str) -> Iterator[Record]:
    """Yield the AAAA of the apex for `www`, or the other way round, where both are the same host by their A."""
    sibling = "www" if owner == "@" else "@"
    same = _addresses(zone, owner) == _addresses(zone, sibling)
    for record in zone.at(sibling, "AAAA") if same else ():
        yield record._replace(owner=owner)


def _addresses(zone: Zone, owner: str) -> set[str]:
    return {record.rdata for record in zone.at(owner, "A")}
