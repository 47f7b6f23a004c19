"""Addresses that nobody reaches from the Internet."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Nets = list[IPv4Network | IPv6Network]

NOWHERE: Nets = [ip_network(net) for net in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")]
NOWHERE += [ip_network(net) for net in ("::/127", "::ffff:0:0/96", "fe80::/10", "ff00::/8")]
"""No packet is ever routed there."""

PRIVATE: Nets = [
    *(ip_network(net) for net in ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15")),
    ip_network("fc00::/7"),
    *NOWHERE,
]
"""Nobody outside reaches it; inside, it may be what is meant."""

EXAMPLES: Nets = [ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
EXAMPLES += [ip_network(net) for net in ("2001:db8::/32", "3fff::/20")]
"""What documentation uses (RFC 5737, RFC 3849, RFC 9637): in the place of a real address, a text was copied."""


def are_within(values: Iterable[str], nets: Nets) -> bool:
    """Whether all addresses of a set are in some nets; an alias is in none."""
    return all(address and any(address in net for net in nets) for address in map(_address, values))


def are_public(values: Iterable[str]) -> bool:
    """Whether some address of a set is a real one that is reached from outside."""
    return any(_address(value) and not are_within([value], [*PRIVATE, *EXAMPLES]) for value in values)


def _address(rdata: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(rdata)
    except ValueError:  # an alias
        return None
