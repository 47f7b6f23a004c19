"""Messages of a zone transfer, read into canonical records: the common types at a tenth of dnspython's cost."""

import re
from collections.abc import Callable, Iterator
from socket import AF_INET, AF_INET6, inet_ntop
from struct import Struct
from struct import error as struct_error
from typing import NamedTuple

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from dns.exception import DNSException

from sophia_infra.dns.reader.problems import Refused
from sophia_infra.dns.reader.rdata import canonical_rdata, type_of
from sophia_infra.dns.rr.rtype import Form, fast_paths

_HEADER, _FIXED = Struct("!HHHHHH"), Struct("!HHIH")
_UINT16, _SRV, _SOA = Struct("!H").unpack_from, Struct("!HHH").unpack_from, Struct("!IIIII").unpack_from
_PLAIN_LABEL = re.compile(rb"[A-Za-z0-9_*/-]+").fullmatch
_PLAIN_STRING = re.compile(rb"[ !#-\[\]-~]*").fullmatch
_NO_PREFIX = bytes(10)
_LONGEST_LABEL, _POINTER = 63, 0xC0


class MalformedError(ValueError):
    """Octets that are not a message as RFC 1035 section 4 has it."""


UNREADABLE = (ValueError, IndexError, struct_error, RecursionError, DNSException, Refused)
"""What reading octets that make no sense may raise."""


def reason(error: Exception) -> str:
    """Return what is wrong with octets that can't be read."""
    return str(error) or type(error).__name__


class Found(NamedTuple):
    """A record of a message: its owner's absolute name, and the places of the record, its RDATA and its end."""

    owner: str
    ttl: int
    type: int
    at: int
    start: int
    end: int


class Message:
    """One message in wire form. Where its octets are cut off or make no sense, every method raises `UNREADABLE`."""

    def __init__(self, wire: bytes) -> None:
        self.wire = wire
        self.id, self.flags, self._questions, self.answers, *self._others = _HEADER.unpack_from(wire)
        self._names: dict[int, tuple[str, int]] = {}

    def records(self) -> Iterator[Found]:
        """Yield every record: first the answers, at last the signature where there is one."""
        at = _HEADER.size
        for _ in range(self._questions):
            at = self.name(at)[1] + 4
        for _ in range(self.answers + sum(self._others)):
            owner, fixed = self.name(at)
            rtype, _, ttl, length = _FIXED.unpack_from(self.wire, fixed)
            start = fixed + _FIXED.size
            end = start + length
            yield Found(owner, ttl, rtype, at, start, end)
            at = end

    def name(self, at: int) -> tuple[str, int]:
        """Return the name that starts here, absolute and in lower case, and where it ends."""
        text, end = self._read_name(at, at)
        return text or ".", end

    def _read_name(self, at: int, start: int) -> tuple[str, int]:
        if at not in self._names:
            self._names[at] = self._parts(at, start)
        return self._names[at]

    def _parts(self, at: int, start: int) -> tuple[str, int]:
        length = self.wire[at]
        if length == 0:
            return "", at + 1
        if length >= _POINTER:
            target = _UINT16(self.wire, at)[0] & 0x3FFF
            if target >= start:
                raise MalformedError("a name points at itself or ahead")
            return self._read_name(target, target)[0], at + 2
        following, end = self._read_name(at + 1 + length, start)
        return f"{self._label(at, length)}.{following}", end

    def _label(self, at: int, length: int) -> str:
        label = self.wire[at + 1 : at + 1 + length]
        if length > _LONGEST_LABEL:
            raise MalformedError("a label is longer than 63 octets")
        return label.decode().lower() if _PLAIN_LABEL(label) else dns.name.Name([label]).canonicalize().to_text()

    def rdata(self, found: Found, origin: str) -> str:
        """Return a record's data in canonical form."""
        fast = _FAST_PATHS.get(found.type)
        text = fast(self, found.start, found.end) if fast else None
        return self._general(found, origin) if text is None else text

    def _general(self, found: Found, origin: str) -> str:
        rtype = dns.rdatatype.RdataType.make(found.type)
        data = dns.rdata.from_wire(dns.rdataclass.IN, rtype, self.wire, found.start, found.end - found.start)
        return canonical_rdata(type_of(dns.rdatatype.to_text(rtype)), data.to_generic().to_text(), origin)


def _aaaa(message: Message, start: int, end: int) -> str | None:
    packed = message.wire[start:end]
    # platforms print addresses with an embedded IPv4 address differently
    return None if packed.startswith(_NO_PREFIX) else inet_ntop(AF_INET6, packed)


def _srv(message: Message, start: int, _end: int) -> str:
    priority, weight, port = _SRV(message.wire, start)
    return f"{priority} {weight} {port} {message.name(start + 6)[0]}"


def _soa(message: Message, start: int, _end: int) -> str:
    primary, contact_at = message.name(start)
    contact, numbers_at = message.name(contact_at)
    return " ".join([primary, contact, *map(str, _SOA(message.wire, numbers_at))])


def _strings(message: Message, start: int, end: int) -> str | None:
    parts = []
    while start < end:
        stop = start + 1 + message.wire[start]
        part = message.wire[start + 1 : stop]
        if stop > end or not _PLAIN_STRING(part):
            return None
        parts.append(f'"{part.decode()}"')
        start = stop
    return " ".join(parts) or None


_FAST_PATHS: dict[int, Callable[[Message, int, int], str | None]] = {
    int(dns.rdatatype.from_text(name)): path
    for name, path in fast_paths(
        {
            Form.A: lambda message, start, end: inet_ntop(AF_INET, message.wire[start:end]),
            Form.AAAA: _aaaa,
            Form.MX: lambda message, start, _: f"{_UINT16(message.wire, start)[0]} {message.name(start + 2)[0]}",
            Form.NAME: lambda message, start, _: message.name(start)[0],
            Form.SOA: _soa,
            Form.SRV: _srv,
            Form.STRINGS: _strings,
        }
    ).items()
}
