"""A and AAAA: addresses that nobody out there can reach, and a missing half."""

from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from sophia_infra.dns.lint.rule import ERROR, INFO, WARNING, Problem, rule
from sophia_infra.dns.lint.zone import Zone, labels
from sophia_infra.dns.records import Record

_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
_UNUSABLE = ("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")
_PRIVATE_V4 = tuple(map(IPv4Network, _PRIVATE))
_UNUSABLE_V4 = tuple(map(IPv4Network, _UNUSABLE))
_PRIVATE_V6 = (IPv6Network("fc00::/7"), IPv6Network("fec0::/10"))
_UNUSABLE_V6 = tuple(map(IPv6Network, ("::/128", "fe80::/10", "ff00::/8", "::ffff:0:0/96", "::/96")))
# What an address that deserves a second look begins with; the others are never parsed.
_V4_STARTS = frozenset({"0", "10", "100", "127", "169", "172", "192", *map(str, range(224, 256))})
_INTERNAL_LEAST, _INTERNAL_SHARE = 5, 0.8
_LOOPBACK = frozenset({"127.0.0.1", "::1"})


def _suspects(zone: Zone) -> Iterator[Record]:
    yield from (record for record in zone.of("A") if record.rdata.partition(".")[0] in _V4_STARTS)
    yield from (record for record in zone.of("AAAA") if record.rdata[:1] in {":", "f", "F"})


@lru_cache(maxsize=4096)
def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _is_private(text: str) -> bool:
    address = _parse(text)
    if isinstance(address, IPv4Address):
        return any(address in network for network in _PRIVATE_V4)
    return address is not None and any(address in network for network in _PRIVATE_V6)


def _is_unusable(text: str) -> bool:
    address = _parse(text)
    if isinstance(address, IPv4Address):
        return any(address in network for network in _UNUSABLE_V4)
    return address is not None and any(address in network for network in _UNUSABLE_V6)


@rule("address-unusable", "An address that no host can have", ERROR)
def address_unusable(zone: Zone) -> Iterator[Problem]:
    """RFC 6890: this-host, link-local, multicast and reserved addresses, and IPv4 mapped into AAAA."""
    for record in _suspects(zone):
        if record.rdata not in _LOOPBACK and _is_unusable(record.rdata):
            why = f"{record.rdata} is no address of a host on the internet, so nobody can connect to it."
            yield Problem(record.subject, why, "Use the host's public address, or remove the record.")


@rule("address-loopback", "A public name leads to the asker's own machine", WARNING)
def address_loopback(zone: Zone) -> Iterator[Problem]:
    """RFC 1122 section 3.2.1.3. Names in `local...` mean it; 127.0.0.2 and up are blocklists."""
    for record in _suspects(zone):
        means_it = labels(record.owner)[0].startswith(("local", "loopback"))
        if record.rdata in _LOOPBACK and not means_it and not zone.is_internal:
            why = f"{record.rdata} leads everybody to their own machine."
            yield Problem(record.subject, why, "Use the host's public address, or remove the record.")


@rule("address-private", "A public name has a private address", WARNING)
def address_private(zone: Zone) -> Iterator[Problem]:
    """RFC 1918, RFC 6598, RFC 4193. A zone with mostly private addresses is an internal one, and left alone."""
    private = [record for record in _suspects(zone) if _is_private(record.rdata)]
    total = len(zone.of("A")) + len(zone.of("AAAA"))
    if zone.is_internal or (total >= _INTERNAL_LEAST and len(private) >= _INTERNAL_SHARE * total):
        return
    for record in private:
        why = f"{record.rdata} can't be reached from outside, and many resolvers drop such answers."
        yield Problem(record.subject, why, "Use a public address, or keep the name in an internal zone.")


@rule("aaaa-missing", "The apex and `www` differ in IPv6", INFO)
def aaaa_missing(zone: Zone) -> Iterator[Problem]:
    """Clients with IPv6 only reach one of the two."""
    for owner, sibling in (("www", "@"), ("@", "www")):
        known = f"{owner} AAAA" not in zone.pending
        if known and zone.at(owner, "A") and not zone.at(owner, "AAAA") and zone.at(sibling, "AAAA"):
            why = f"`{sibling}` has an AAAA record and `{owner}` has none, so clients with IPv6 only reach one of them."
            yield Problem(f"{owner} A", why, f"Add an AAAA record at `{owner}`.")
