"""Canonical records as they travel (RFC 1035 section 4.1): the common types at a tenth of dnspython's cost.

Everything else goes through dnspython. Names are compressed against the zone's own, which stands at offset 12 of every
message made here; that is allowed for the types of RFC 1035 alone (RFC 3597 section 4).
"""

from collections.abc import Callable
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


class Owners(dict[str, bytes]):
    """Owner names relative to the zone -> wire form."""

    def __missing__(self, owner: str) -> bytes:
        self[owner] = wire = labels(owner) + ZONE
        return wire


class Names(dict[str, bytes]):
    """Absolute canonical names -> wire form, those inside the zone compressed against its name."""

    def __init__(self, origin: str, owners: Owners) -> None:
        super().__init__()
        self._owners, self._suffix, self._cut = owners, f".{origin}", len(origin) + 1
        self[origin] = ZONE

    def __missing__(self, name: str) -> bytes:
        inside = name.endswith(self._suffix) and "\\" not in name
        self[name] = wire = self._owners[name[: -self._cut]] if inside else whole(name)
        return wire


def labels(name: str) -> bytes:
    """Return the labels of a relative name, without an end; `@` has none."""
    if name == "@":
        return b""
    if "\\" in name:
        return (dns.name.from_text(f"{name}.").to_wire() or b"")[:-1]
    return b"".join([b"%c%s" % (len(label), label.encode()) for label in name.split(".")])


def whole(name: str) -> bytes:
    """Return an absolute name, not compressed."""
    return b"\0" if name == "." else labels(name[:-1]) + b"\0"


FastPath = Callable[[str, Names], bytes]
"""Writes the data of one type, where it holds no escape."""


class Encoder:
    """Writes the records of one zone. `origin` is absolute, in canonical form."""

    def __init__(self, origin: str) -> None:
        self._owners = Owners()
        self._names = Names(origin, self._owners)

    def record(self, record: Record) -> bytes:
        """Return a record that is to be added."""
        return self._wire(record, IN, record[1])

    def value(self, record: Record, rdclass: int) -> bytes:
        """Return a record that its class makes a prerequisite or a deletion of this one value (RFC 2136 section 2)."""
        return self._wire(record, rdclass, 0)

    def mark(self, owner: str, kind: str, rdclass: int) -> bytes:
        """Return a record without data, which its class makes a prerequisite or a deletion of a whole set."""
        return self._owners[owner] + _FIXED((_TYPES.get(kind) or _type(kind))[0], rdclass, 0, 0)

    def _wire(self, record: Record, rdclass: int, ttl: int) -> bytes:
        owner, _, kind, text = record
        code, fast = _TYPES.get(kind) or _type(kind)
        data = fast(text, self._names) if fast and "\\" not in text else general(kind, text)
        return self._owners[owner] + _FIXED(code, rdclass, ttl, len(data)) + data


def general(kind: str, text: str) -> bytes:
    """Return RDATA of any type in wire form, not compressed."""
    return dns.rdata.from_text(dns.rdataclass.IN, kind, text).to_wire() or b""


def _a(text: str, _names: Names) -> bytes:
    return inet_pton(AF_INET, text)


def _aaaa(text: str, _names: Names) -> bytes:
    return inet_pton(AF_INET6, text)


def _target(text: str, names: Names) -> bytes:
    return names[text]


def _mx(text: str, names: Names) -> bytes:
    preference, exchange = text.split(" ")
    return _UINT16(int(preference)) + names[exchange]


def _srv(text: str, _names: Names) -> bytes:
    priority, weight, port, target = text.split(" ")
    return _SRV(int(priority), int(weight), int(port)) + whole(target)


def _strings(text: str, _names: Names) -> bytes:
    # without a backslash in it, a quote only ever begins or ends a string
    return b"".join([b"%c%s" % (len(part), part.encode()) for part in text[1:-1].split('" "')])


def _caa(text: str, _names: Names) -> bytes:
    flags, tag, value = text.split(" ", 2)
    return b"%c%c%s%s" % (int(flags), len(tag), tag.encode(), value[1:-1].encode())


_FAST_PATHS: dict[str, FastPath] = fast_paths(
    {
        Form.A: _a,
        Form.AAAA: _aaaa,
        Form.CAA: _caa,
        Form.MX: _mx,
        Form.NAME: _target,
        Form.SRV: _srv,
        Form.STRINGS: _strings,
    }
)
_TYPES: dict[str, tuple[int, FastPath | None]] = {}


def _type(kind: str) -> tuple[int, FastPath | None]:
    found = _TYPES[kind] = int(dns.rdatatype.from_text(kind)), _FAST_PATHS.get(kind)
    return found
