"""A and AAAA: addresses that nobody out there can reach, and a missing half."""

import re
from collections.abc import Iterator
from enum import Enum, auto
from ipaddress import IPv6Address, IPv6Network

from sophia_infra.dns.lint.rule import ERROR, INFO, WARNING, Problem, rule
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.zone.index import Zone

_INTERNAL_LEAST, _INTERNAL_SHARE = 5, 0.8
_LOOPBACK = frozenset({"127.0.0.1", "::1"})
# The first octets with limited addresses among them.
_LIMITED_V4 = frozenset({"0", "10", "100", "127", "169", "172", "192", *map(str, range(224, 256))})
_PRIVATE_V6 = (IPv6Network("fc00::/7"), IPv6Network("fec0::/10"))
_UNUSABLE_V6 = tuple(map(IPv6Network, ("::/96", "fe80::/10", "ff00::/8", "::ffff:0:0/96")))
# Addresses for documentation, as the beginning of their canonical text.
_DOCUMENTED = ("192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:", "3fff:")
# Names for documentation (RFC 2606).
_EXAMPLE = re.compile(r"(.+\.)?example(\.(com|net|org))?")


class _Reach(Enum):
    """Who can use an address, where it is not everybody."""

    PRIVATE = auto()
    LOOPBACK = auto()
    NOBODY = auto()


def _limited(zone: Zone) -> dict[_Reach, list[Record]]:
    """Return the address records that not everybody can use, by who can."""
    found: dict[_Reach, list[Record]] = {reach: [] for reach in _Reach}
    for record in zone.of("A"):
        reach = _reach_v4(record.rdata) if record.rdata.partition(".")[0] in _LIMITED_V4 else None
        if reach is not None:
            found[reach].append(record)
    for record in zone.of("AAAA"):
        # Global unicast begins with 2 or 3 and needs no second look.
        reach = None if record.rdata[0] in "23" else _reach_v6(record.rdata)
        if reach is not None:
            found[reach].append(record)
    return found


def is_usable(zone: Zone, record: Record) -> bool:
    """Whether everybody can use an address, as far as the rules here tell."""
    reach = _reach_v4(record.rdata) if record.type == "A" else _reach_v6(record.rdata)
    return reach is None and (_is_example(zone) or not record.rdata.startswith(_DOCUMENTED))


def _reach_v4(text: str) -> _Reach | None:
    first, second = map(int, text.split(".", 2)[:2])
    if first == 10 or (first, second) == (192, 168):
        return _Reach.PRIVATE
    if (first == 172 and 16 <= second < 32) or (first == 100 and 64 <= second < 128):
        return _Reach.PRIVATE
    if first == 0 or first >= 224 or (first, second) == (169, 254):
        return _Reach.NOBODY
    return _Reach.LOOPBACK if text in _LOOPBACK else None


def _reach_v6(text: str) -> _Reach | None:
    if text in _LOOPBACK:
        return _Reach.LOOPBACK
    address = IPv6Address(text)
    if any(address in network for network in _PRIVATE_V6):
        return _Reach.PRIVATE
    return _Reach.NOBODY if any(address in network for network in _UNUSABLE_V6) else None


@rule("address-unusable", "An address that no host can have", ERROR)
def address_unusable(zone: Zone) -> Iterator[Problem]:
    """RFC 6890: this-host, link-local, multicast and reserved addresses, and IPv4 mapped into AAAA."""
    for record in zone.shared(_limited)[_Reach.NOBODY]:
        why = f"{record.rdata} is no address of a host on the internet, so nobody can connect to it."
        yield Problem(record.subject, why, "Use the host's public address, or remove the record.")


@rule("address-loopback", "A public name leads to the asker's own machine", WARNING)
def address_loopback(zone: Zone) -> Iterator[Problem]:
    """RFC 1122 section 3.2.1.3. Names in `local...` mean it; 127.0.0.2 and up are blocklists."""
    for record in zone.shared(_limited)[_Reach.LOOPBACK]:
        if not record.owner.startswith(("local", "loopback")) and not zone.is_internal:
            why = f"{record.rdata} leads everybody to their own machine."
            yield Problem(record.subject, why, "Use the host's public address, or remove the record.")


@rule("address-private", "A public name has a private address", WARNING)
def address_private(zone: Zone) -> Iterator[Problem]:
    """RFC 1918, RFC 6598, RFC 4193. A zone with mostly private addresses is an internal one, and left alone."""
    private = zone.shared(_limited)[_Reach.PRIVATE]
    total = len(zone.of("A")) + len(zone.of("AAAA"))
    if zone.is_internal or (total >= _INTERNAL_LEAST and len(private) >= _INTERNAL_SHARE * total):
        return
    for record in private:
        why = f"{record.rdata} can't be reached from outside, and many resolvers drop such answers."
        yield Problem(record.subject, why, "Use a public address, or keep the name in an internal zone.")


@rule("address-documentation", "A real name has an address from a manual", WARNING)
def address_documentation(zone: Zone) -> Iterator[Problem]:
    """RFC 5737, RFC 3849, RFC 9637. Zones that are examples themselves, and internal ones, may have them."""
    if _is_example(zone):
        return
    for record in (*zone.of("A"), *zone.of("AAAA")):
        if record.rdata.startswith(_DOCUMENTED):
            why = f"{record.rdata} is set aside for examples, so nobody can connect to it."
            yield Problem(record.subject, why, "Use the host's address, or remove the record.")


def _is_example(zone: Zone) -> bool:
    return zone.is_internal or _EXAMPLE.fullmatch(zone.origin) is not None


@rule("aaaa-missing", "The apex and `www` differ in IPv6", INFO)
def aaaa_missing(zone: Zone) -> Iterator[Problem]:
    """Clients with IPv6 only reach one of the two."""
    for owner, sibling in (("www", "@"), ("@", "www")):
        known = f"{owner} AAAA" not in zone.pending
        if known and zone.at(owner, "A") and not zone.at(owner, "AAAA") and zone.at(sibling, "AAAA"):
            why = f"`{sibling}` has an AAAA record and `{owner}` has none, so clients with IPv6 only reach one of them."
            yield Problem(f"{owner} A", why, f"Add an AAAA record at `{owner}`.")
