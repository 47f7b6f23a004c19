"""Canonical records as they travel (RFC 1035 section 4.1): the common types at a tenth of dnspython's cost.

Everything else goes through dnspython. Names are compressed against the zone's own, which stands at offset 12 of every
message made here; that is allowed for the types of RFC 1035 alone (RFC 3597 section 4).
"""

from collections.abc import Callable
from functools import cache
from socket import AF_INET, AF_INET6, inet_pton
from struct import Struct

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.rtype import Form, fast_paths

ZONE = b"\xc0\x0c"
"""Points at the zone's name."""

IN, NONE, ANY = int(dns.rdataclass.IN), int(dns.rdataclass.NONE), int(dns.rdataclass.ANY)

_FIXED = Struct("!HHIH").pack
_UINT16, _SRV = Struct("!H").pack, Struct("!HHH").pack


Names = Callable[[str], bytes]
"""From names to their wire form."""


def _owner(name: str) -> bytes:
    return wire_labels(name) + ZONE


def _targets(origin: str, owners: Names) -> Names:
    """Absolute canonical names, those inside the zone compressed against its name."""
    suffix = f".{origin}"

    def target(name: str) -> bytes:
        if name == origin:
            return ZONE
        inside = name.endswith(suffix) and "\\" not in name
        return owners(name[: -len(suffix)]) if inside else wire_name(name)

    return cache(target)


def wire_labels(name: str) -> bytes:
    """Return the labels of a relative name, without an end; `@` has none."""
    if name == "@":
        return b""
    if "\\" in name:
        return (dns.name.from_text(f"{name}.").to_wire() or b"")[:-1]
    return b"".join([b"%c%s" % (len(label), label.encode()) for label in name.split(".")])


def wire_name(name: str) -> bytes:
    """Return an absolute name, not compressed."""
    return b"\0" if name == "." else wire_labels(name[:-1]) + b"\0"


FastPath = Callable[[str, Names], bytes]
"""Writes the data of one type, where it holds no escape."""


class Encoder:
    """Writes the records of one zone. `origin` is absolute, in canonical form."""

    def __init__(self, origin: str) -> None:
        self._owners = cache(_owner)  # one of its own, which goes with it
        self._targets = _targets(origin, self._owners)

    def record(self, record: Record) -> bytes:
        """Return a record that is to be added."""
        return self._wire(record, IN, record[1])

    def value(self, record: Record, rdclass: int) -> bytes:
        """Return a record that its class makes a prerequisite or a deletion of this one value (RFC 2136 section 2)."""
        return self._wire(record, rdclass, 0)

    def mark(self, owner: str, rtype: str, rdclass: int) -> bytes:
        """Return a record without data, which its class makes a prerequisite or a deletion of a whole set."""
        return self._owners(owner) + _FIXED(_type(rtype)[0], rdclass, 0, 0)

    def _wire(self, record: Record, rdclass: int, ttl: int) -> bytes:
        owner, _, rtype, text = record
        code, fast = _type(rtype)
        if fast and "\\" not in text:
            data = fast(text, self._targets)
        else:
            data = dns.rdata.from_text(dns.rdataclass.IN, rtype, text).to_wire() or b""
        return self._owners(owner) + _FIXED(code, rdclass, ttl, len(data)) + data


def _mx(text: str, names: Names) -> bytes:
    preference, exchange = text.split(" ")
    return _UINT16(int(preference)) + names(exchange)


def _srv(text: str, _names: Names) -> bytes:
    priority, weight, port, target = text.split(" ")
    return _SRV(int(priority), int(weight), int(port)) + wire_name(target)


def _strings(text: str, _names: Names) -> bytes:
    # without a backslash in it, a quote only ever begins or ends a string
    return b"".join([b"%c%s" % (len(part), part.encode()) for part in text[1:-1].split('" "')])


def _caa(text: str, _names: Names) -> bytes:
    flags, tag, value = text.split(" ", 2)
    return b"%c%c%s%s" % (int(flags), len(tag), tag.encode(), value[1:-1].encode())


_FAST_PATHS: dict[str, FastPath] = fast_paths(
    {
        Form.A: lambda text, _: inet_pton(AF_INET, text),
        Form.AAAA: lambda text, _: inet_pton(AF_INET6, text),
        Form.CAA: _caa,
        Form.MX: _mx,
        Form.NAME: lambda text, names: names(text),
        Form.SRV: _srv,
        Form.STRINGS: _strings,
    }
)


@cache
def _type(rtype: str) -> tuple[int, FastPath | None]:
    return int(dns.rdatatype.from_text(rtype)), _FAST_PATHS.get(rtype)
