"""From where an address is reached: what `ipaddress` knows of it, and a short list of what it does not.

Its flags follow IANA's registries of special-purpose addresses (RFC 6890), each version of Python at its own pace. What
they tell differently from one version to the next stands in the list.
"""

from collections.abc import Iterable
from enum import Enum, auto
from functools import lru_cache
from ipaddress import ip_address, ip_network


class Reach(Enum):
    """Who can send a packet to an address."""

    PUBLIC = auto()
    DOCUMENTATION = auto()  # nobody: in the place of a real address, a text was copied
    PRIVATE = auto()  # hosts of one network
    LOOPBACK = auto()  # the asker's own machine
    NOWHERE = auto()  # no host can have it

    __hash__ = object.__hash__  # a member is what it is; an enum's own hash is worked out in Python, each time


NOWHERE = frozenset({Reach.NOWHERE, Reach.LOOPBACK})
PRIVATE = NOWHERE | {Reach.PRIVATE}
"""Nobody outside reaches it; inside, it may be what is meant."""
EXAMPLES = frozenset({Reach.DOCUMENTATION})

_NETS = {
    Reach.DOCUMENTATION: "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32 3fff::/20",  # RFC 5737, 3849, 9637
    Reach.PRIVATE: "100.64.0.0/10 198.18.0.0/15 64:ff9b:1::/48",  # RFC 6598, 2544, 8215
    Reach.NOWHERE: "0.0.0.0/8 192.0.0.0/24 ::ffff:0:0/96 100::/64",  # RFC 1122, 6890, 4291, 6666
    # What gateways translate or tunnel: NAT64, Teredo and its like, 6to4 (RFC 6052, 2928, 3056).
    Reach.PUBLIC: "64:ff9b::/96 2001::/23 2002::/16",
}
_LISTED = [(reach, ip_network(net)) for reach, nets in _NETS.items() for net in nets.split()]
# First fields among which nothing is special. Most addresses begin with one of them and need no second look.
_PLAIN_V4 = frozenset(map(str, range(1, 224))) - {"10", "100", "127", "169", "172", "192", "198", "203"}
_PUBLIC = Reach.PUBLIC  # Python 3.11 takes long to look a member up
_SPECIAL_V6 = ("2001:", "2002:", "3fff:")


def reach_of(rdata: str) -> Reach | None:
    """Return from where an address is reached; None for what is no address, such as the target of an alias."""
    if rdata.endswith("."):
        return None
    if rdata.startswith(_SPECIAL_V6):
        first, second, _ = rdata.split(":", 2)
        return reach_of_any(f"{first}:{second or 0}::")
    if rdata.partition(".")[0] in _PLAIN_V4 or (rdata[:1] in "23" and rdata[4:5] == ":"):
        return _PUBLIC
    network = rdata.rpartition(".")[0]
    return reach_of_any(f"{network}.0" if network and ":" not in rdata else rdata)


@lru_cache(maxsize=1024)
def reach_of_any(text: str) -> Reach | None:
    """Return the same of any address, at the cost of reading it.

    Large zones have many addresses in few networks. So `reach_of` asks for a network's first address, which is cached:
    none of the ranges is smaller than a /24 in IPv4, or than a /32 below 2001:, 2002: and 3fff:.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return None
    for reach, net in _LISTED:
        if address in net:
            return reach
    if address.is_loopback:
        return Reach.LOOPBACK
    if address.is_multicast or address.is_link_local or address.is_reserved or address.is_unspecified:
        return Reach.NOWHERE
    return Reach.PRIVATE if address.is_private or getattr(address, "is_site_local", False) else Reach.PUBLIC


def are_within(values: Iterable[str], reaches: frozenset[Reach]) -> bool:
    """Whether all addresses of a set are reached from some places only; an alias is none of them."""
    return all(reach_of(value) in reaches for value in values)


def are_public(values: Iterable[str]) -> bool:
    """Whether some address of a set is a real one that is reached from outside."""
    return any(reach_of(value) is Reach.PUBLIC for value in values)
