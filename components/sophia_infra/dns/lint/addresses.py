"""A and AAAA: addresses that nobody out there can reach, and a missing half."""

import re
from collections.abc import Iterator
from functools import partial

from sophia_infra.dns.lint.rule import ERROR, INFO, WARNING, Change, Problem, drop, fix, fix_set, leave_out, rule
from sophia_infra.dns.rr.reach import Reach, reach_of
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.zone.index import Zone

_INTERNAL_LEAST, _INTERNAL_SHARE = 5, 0.8
_LOOPBACK = frozenset({"127.0.0.1", "::1"})
# Names for documentation (RFC 2606).
_EXAMPLE = re.compile(r"(.+\.)?example(\.(com|net|org))?")
_MAPPED = "::ffff:"


def _by_reach(zone: Zone) -> dict[Reach, list[Record]]:
    """Return the address records that not everybody can use, by who can; 127.0.0.2 and up are what blocklists say."""
    found: dict[Reach, list[Record]] = {reach: [] for reach in Reach}
    public, loopback = Reach.PUBLIC, Reach.LOOPBACK  # looked up once: Python 3.11 takes longer for it than to compare
    for record in (*zone.of("A"), *zone.of("AAAA")):
        reach = reach_of(record.rdata)
        if reach is None or reach is public or (reach is loopback and _is_listing(record, reach)):
            continue
        found[reach].append(record)
    return found


def _is_listing(record: Record, reach: Reach) -> bool:
    return reach is Reach.LOOPBACK and record.rdata not in _LOOPBACK


def is_usable(zone: Zone, record: Record) -> bool:
    """Whether everybody can use an address, as far as the rules here tell."""
    reach = reach_of(record.rdata) or Reach.PUBLIC
    usable = reach is Reach.PUBLIC or _is_listing(record, reach)
    return usable or (reach is Reach.DOCUMENTATION and _is_example(zone))


@rule("address-unusable", ERROR)
def address_unusable(zone: Zone) -> Iterator[Problem]:
    """RFC 6890: this-host, link-local, multicast and reserved addresses, and IPv4 mapped into AAAA."""
    for record in zone.shared(_by_reach)[Reach.NOWHERE]:
        why = f"{record.rdata} is no address of a host on the internet, so nobody can connect to it."
        yield Problem(record.subject, why, "Use the host's public address, or remove the record.")


@fix("address-unusable")
def write_as_ipv4(zone: Zone, record: Record) -> Record | Change:
    """Write an IPv4 address that is mapped into AAAA as A, where there is none, or leave the address out."""
    address = record.rdata.removeprefix(_MAPPED)
    if record.type == "AAAA" and address.count(".") == 3:
        others = zone.at(record.owner, "A")
        return drop(record, others) if others else record._replace(type="A", rdata=address)
    return leave_out(zone, record, partial(is_usable, zone))


@rule("address-loopback", WARNING)
def address_loopback(zone: Zone) -> Iterator[Problem]:
    """RFC 1122 section 3.2.1.3. Names in `local...` mean it; 127.0.0.2 and up are blocklists."""
    for record in zone.shared(_by_reach)[Reach.LOOPBACK]:
        if not record.owner.startswith(("local", "loopback")) and not zone.is_internal:
            why = f"{record.rdata} leads everybody to their own machine."
            yield Problem(record.subject, why, "Use the host's public address, or remove the record.")


@rule("address-private", WARNING)
def address_private(zone: Zone) -> Iterator[Problem]:
    """RFC 1918, RFC 4193 and the like. A zone with mostly private addresses is an internal one, and left alone."""
    private = zone.shared(_by_reach)[Reach.PRIVATE]
    total = len(zone.of("A")) + len(zone.of("AAAA"))
    if zone.is_internal or (total >= _INTERNAL_LEAST and len(private) >= _INTERNAL_SHARE * total):
        return
    for record in private:
        why = f"{record.rdata} can't be reached from outside, and many resolvers drop such answers."
        yield Problem(record.subject, why, "Use a public address, or keep the name in an internal zone.")


@rule("address-documentation", WARNING)
def address_documentation(zone: Zone) -> Iterator[Problem]:
    """RFC 5737, RFC 3849, RFC 9637. Zones that are examples themselves, and internal ones, may have them."""
    if _is_example(zone):
        return
    for record in zone.shared(_by_reach)[Reach.DOCUMENTATION]:
        why = f"{record.rdata} is set aside for examples, so nobody can connect to it."
        yield Problem(record.subject, why, "Use the host's address, or remove the record.")


def _is_example(zone: Zone) -> bool:
    return zone.is_internal or _EXAMPLE.fullmatch(zone.origin) is not None


# What the public can't use goes where the set has an address that it can.
fix("address-documentation", "address-loopback", "address-private")(
    lambda zone, record: leave_out(zone, record, partial(is_usable, zone))
)


@rule("aaaa-missing", INFO)
def aaaa_missing(zone: Zone) -> Iterator[Problem]:
    """Clients with IPv6 only reach one of the two."""
    for owner, sibling in (("www", "@"), ("@", "www")):
        known = f"{owner} AAAA" not in zone.pending
        if known and zone.at(owner, "A") and not zone.at(owner, "AAAA") and zone.at(sibling, "AAAA"):
            why = f"`{sibling}` has an AAAA record and `{owner}` has none, so clients with IPv6 only reach one of them."
            yield Problem(f"{owner} A", why, f"Add an AAAA record at `{owner}`.")


@fix_set("aaaa-missing")
def share_ipv6(zone: Zone, owner: str, rtype: str) -> Change | None:
    """Give the apex and `www` the same AAAA, where they have the same A."""
    sibling = "www" if owner == "@" else "@"
    here, there, missing = zone.at(owner, "A"), zone.at(sibling, "A"), zone.at(sibling, "AAAA")
    if {record.rdata for record in here} != {record.rdata for record in there}:
        return None
    base = (*here, *there, *missing)
    return Change(base, (*base, *(record._replace(owner=owner) for record in missing)))
