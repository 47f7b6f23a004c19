"""From where an address is reached."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address, ip_network

_NETS = {
    "nowhere": "0.0.0.0/8 127.0.0.0/8 169.254.0.0/16 224.0.0.0/3 ::/127 ::ffff:0:0/96 fe80::/10 ff00::/8",
    "inside": "10.0.0.0/8 100.64.0.0/10 172.16.0.0/12 192.168.0.0/16 198.18.0.0/15 fc00::/7",
    "examples": "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32 3fff::/20",
}
_PLACES = [(place, ip_network(net)) for place, nets in _NETS.items() for net in nets.split()]

NOWHERE = frozenset({"nowhere"})
"""No packet is ever routed there."""

PRIVATE = frozenset({"nowhere", "inside"})
"""Nobody outside reaches it; inside, it may be what is meant."""

EXAMPLES = frozenset({"examples"})
"""What documentation uses (RFC 5737, RFC 3849, RFC 9637): in the place of a real address, a text was copied."""


def are_within(values: Iterable[str], places: frozenset[str]) -> bool:
    """Whether all addresses of a set are of some places; an alias is of none."""
    return all(_place(value) in places for value in values)


def are_public(values: Iterable[str]) -> bool:
    """Whether some address of a set is a real one that is reached from outside."""
    return any(_place(value) == "public" for value in values)


@lru_cache(maxsize=1024)
def _place(rdata: str) -> str:
    try:
        address = ip_address(rdata)
    except ValueError:
        return "alias"
    return next((place for place, net in _PLACES if address in net), "public")
