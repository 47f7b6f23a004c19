"""The data format of tinydns-data (https://cr.yp.to/djbdns/tinydns-data.html)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address
from itertools import zip_longest

import dns.exception
import dns.name

from sophia_infra.dns.importers.collector import Collector, Imported
from sophia_infra.dns.reader.problems import Refused, bounded, quoted
from sophia_infra.dns.reader.rdata import encoded
from sophia_infra.dns.rr.record import is_at_or_below
from sophia_infra.dns.rr.txt import strings

TTL_POSITIVE, TTL_NS, TTL_NEGATIVE = 86400, 259200, 2560
"""The defaults of tinydns-data, in seconds: most records, `.` and `&` lines, SOA."""

_SOA_TIMES = ("16384", "2048", "1048576", "2560")
_STRING_SIZE = 127
"""Octets of each string that tinydns-data cuts a `'` line's text into."""
_FORBIDDEN = frozenset({"2", "5", "6", "12", "15", "252"})
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_LABEL = re.compile(rb"(?:[^.\\]|\\[0-7]{1,3}|\\.)+", re.DOTALL)


@dataclass(slots=True)
class _Line:
    """One line: its sign, its fields, where its records go, and the zones of the same file that lie below this one."""

    collector: Collector
    number: int
    sign: str
    fields: list[str]
    children: frozenset[str]

    def field(self, place: int, default: str = "") -> str:
        return self.fields[place] if place < len(self.fields) and self.fields[place] else default

    def add(self, owner: str, ttl: object, rtype: str, rdata: str) -> None:
        self.collector.add(self.number, owner, ttl, rtype, rdata)

    def note(self, what: str) -> None:
        self.collector.note(self.number, what)


def records(text: str, origin: str, file: str) -> Imported:
    """Read the lines of one zone out of a data file; what belongs to other zones is noted."""
    collector = Collector(origin, file)
    named = {f"{name}." for name in zones(text, file)}
    children = frozenset(zone for zone in named if zone != collector.zone and is_at_or_below(zone, collector.zone))
    for number, sign, fields in _meant(text):
        _read(_Line(collector, number, sign, fields, children))
    return collector.imported()


def zones(text: str, _: str) -> list[str]:
    """Return the names that a `.` or a `Z` line makes a zone of."""
    return list(dict.fromkeys(fields[0].strip(".").lower() for _, sign, fields in _meant(text) if sign in ".Z"))


def _meant(text: str) -> list[tuple[int, str, list[str]]]:
    lines = [(number, line.rstrip(" \t\r")) for number, line in enumerate(text.split("\n"), 1)]
    return [(number, line[0], line[1:].split(":")) for number, line in lines if line and line[0] != "#"]


def _read(line: _Line) -> None:
    if line.sign == "-":
        line.note(f"the disabled line {quoted('-' + ':'.join(line.fields))} is not carried over")
        return
    if line.sign == "%":
        line.note(f"the location {quoted(line.field(0))} is not carried over")
        return
    kind = _KINDS.get(line.sign)
    try:
        if kind is None:
            message = f"no line starts with {quoted(line.sign)}"
            raise Refused("field-invalid", "line", message, fix="use . & = + - @ ' ^ C Z : % or #")
        if not _in_child(line) and not _elsewhere(line, kind):
            kind.read(line, _ttl(line, kind))
    except Refused as refusal:
        line.collector.refuse(line.number, refusal, bounded(line.field(0)))


def _in_child(line: _Line) -> bool:
    """Note a line of a zone further down; `.` and `&` lines of its own name delegate it and are this zone's too."""
    owner = _name(line.field(0))
    child = next((zone for zone in line.children if is_at_or_below(owner, zone)), None)
    if child is None or (owner == child and line.sign in ".&"):
        return False
    line.note(f"{bounded(line.sign + line.field(0))} is in the zone {child} and is not carried over")
    return True


def _elsewhere(line: _Line, kind: "_Kind") -> bool:
    """Note what a line says about when and where it is served; return whether it is served in one location only."""
    timestamp, location = line.field(kind.ttl + 1), line.field(kind.ttl + 2)
    subject = bounded(line.sign + line.field(0))
    if location:
        line.note(f"{subject} is served in the location {quoted(location)} only and is not carried over")
    elif timestamp:
        line.note(f"{subject}: its timestamp {quoted(timestamp)} is not carried over, the record is")
    return bool(location)


def _ttl(line: _Line, kind: "_Kind") -> str:
    ttl = line.field(kind.ttl)
    # with a timestamp, a TTL of zero stands for the time that is left
    return str(kind.default) if not ttl or (ttl.strip("0") == "" and line.field(kind.ttl + 1)) else ttl


def _servers(line: _Line, ttl: str) -> None:
    domain, address = _name(line.field(0)), line.field(1)
    server = _host(line.field(2), "ns", line.field(0))
    if line.sign == ".":
        _soa(line, domain, server, _name(f"hostmaster.{line.field(0)}"), TTL_NEGATIVE)
    line.add(domain, ttl, "NS", server)
    if address:
        line.add(server, ttl, "A", address)


def _start_of_authority(line: _Line, ttl: str) -> None:
    _soa(line, _name(line.field(0)), _name(line.field(1)), _name(line.field(2)), ttl)


def _soa(line: _Line, domain: str, server: str, mailbox: str, ttl: object) -> None:
    if domain in line.children:
        line.note(f"the SOA of this line belongs to the zone {domain} and is not carried over")
        return
    if line.collector.has_soa(domain):
        line.note(f"the SOA of this line is not carried over: tinydns serves the first one of {domain}")
        return
    given = line.fields[3:8] if line.sign == "Z" else []
    serial, *times = [field or default for field, default in zip_longest(given, ("", *_SOA_TIMES), fillvalue="")]
    if not serial and domain == line.collector.zone:
        line.note(f"the serial of {domain} is the data file's time to tinydns; it starts at 1 here")
    line.add(domain, ttl, "SOA", " ".join([server, mailbox, serial or "1", *times]))


def _address(line: _Line, ttl: str) -> None:
    owner, address = _name(line.field(0)), line.field(1)
    if not address:
        line.note(f"{bounded(owner)} has no address and makes no record")
        return
    line.add(owner, ttl, "A", address)
    if line.sign == "=":
        line.add(_reverse(address), ttl, "PTR", owner)


def _reverse(address: str) -> str:
    try:
        return f"{IPv4Address(address).reverse_pointer}."
    except ValueError:
        message = f"{quoted(address)} is not an IPv4 address"
        raise Refused("address-invalid", "address", message, value=address) from None


def _mail(line: _Line, ttl: str) -> None:
    owner, address = _name(line.field(0)), line.field(1)
    exchange = _host(line.field(2), "mx", line.field(0))
    line.add(owner, ttl, "MX", f"{line.field(3, '0')} {exchange}")
    if address:
        line.add(exchange, ttl, "A", address)


def _text(line: _Line, ttl: str) -> None:
    line.add(_name(line.field(0)), ttl, "TXT", strings(_unescaped(encoded(line.field(1))), _STRING_SIZE))


def _named(rtype: str, line: _Line, ttl: str) -> None:
    line.add(_name(line.field(0)), ttl, rtype, _name(line.field(1)))


def _generic(line: _Line, ttl: str) -> None:
    number, data = line.field(1), _unescaped(encoded(line.field(2)))
    if not re.fullmatch("[0-9]{1,5}", number) or number in _FORBIDDEN:
        message = f"{quoted(number)} is not a type that a : line takes"
        raise Refused("type-unknown", "type", message, value=number)
    line.add(_name(line.field(0)), ttl, f"TYPE{int(number)}", f"\\# {len(data)} {data.hex()}")


def _host(short: str, kind: str, domain: str) -> str:
    return _name(short if "." in short else f"{short}.{kind}.{domain}")


def _name(text: str) -> str:
    labels = [_unescaped(label) for label in _LABEL.findall(encoded(text))]
    try:
        return dns.name.Name([*labels, b""]).canonicalize().to_text()
    except dns.name.LabelTooLong:
        raise Refused("label-too-long", "name", f"a label of {quoted(text)} is over 63 octets", value=text) from None
    except dns.name.NameTooLong:
        raise Refused("name-too-long", "name", f"{quoted(text)} is over 255 octets", value=text) from None
    except dns.exception.DNSException:
        raise Refused("name-invalid", "name", f"{quoted(text)} is not a domain name", value=text) from None


def _unescaped(octets: bytes) -> bytes:
    return _ESCAPE.sub(lambda escape: _octet(escape[1]), octets)


def _octet(escape: bytes) -> bytes:
    return bytes([int(escape, 8) % 256]) if escape.isdigit() and escape < b"8" else escape


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a line's sign means: who reads it, the place of its TTL (timestamp and location follow), the default TTL."""

    read: Callable[[_Line, str], None]
    ttl: int
    default: int


_KINDS = {
    ".": _Kind(_servers, 3, TTL_NS),
    "&": _Kind(_servers, 3, TTL_NS),
    "=": _Kind(_address, 2, TTL_POSITIVE),
    "+": _Kind(_address, 2, TTL_POSITIVE),
    "@": _Kind(_mail, 4, TTL_POSITIVE),
    "'": _Kind(_text, 2, TTL_POSITIVE),
    "^": _Kind(partial(_named, "PTR"), 2, TTL_POSITIVE),
    "C": _Kind(partial(_named, "CNAME"), 2, TTL_POSITIVE),
    "Z": _Kind(_start_of_authority, 8, TTL_NEGATIVE),
    ":": _Kind(_generic, 3, TTL_POSITIVE),
}
