"""Addresses that nobody reaches from the Internet."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Nets = list[IPv4Network | IPv6Network]

NOWHERE: Nets = [ip_network(net) for net in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")]
NOWHERE += [ip_network(net) for net in ("::/127", "fe80::/10", "ff00::/8")]
"""No packet is ever routed there."""

PRIVATE: Nets = [
    *(ip_network(net) for net in ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")),
    *NOWHERE,
]
"""Nobody outside reaches it; inside, it may be what is meant."""


def are_within(values: Iterable[str], nets: Nets) -> bool:
    """Whether all addresses of a set are in some nets; an alias is in none."""
    return all(address and any(address in net for net in nets) for address in map(_address, values))


def _address(rdata: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(rdata)
    except ValueError:  # an alias
        return None
