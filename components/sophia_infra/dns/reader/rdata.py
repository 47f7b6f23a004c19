"""RDATA in canonical text form (RFC 1035 section 5.1, RFC 3597).

`canonical_rdata` reads every type by way of dnspython. The fast paths read the common ones where they are written
plainly, at a tenth of that cost. One returns None for whatever is unusual or wrong, and `canonical_rdata` then reads it
or says what is wrong. Both ways give the same text: a test holds them together.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from dns.rdtypes.ANY.LOC import LOC

from sophia_infra.dns.reader.names import IDNA, Targets
from sophia_infra.dns.reader.problems import Refused, bounded, quoted
from sophia_infra.dns.rr.rtype import ALIAS, Form, fast_paths

RDATA_LIMIT = 65535
"""Octets of one record's data (RFC 1035 section 3.2.1)."""

FORMS = {
    "A": "address",
    "AAAA": "address",
    "ALIAS": "target",
    "CAA": 'flags tag "value"',
    "CNAME": "target",
    "DNAME": "target",
    "DS": "key-tag algorithm digest-type digest",
    "HTTPS": "priority target [key=value ...]",
    "LOC": "d1 [m1 [s1]] N|S d2 [m2 [s2]] E|W altitude[m] [size[m] [hp[m] [vp[m]]]]",
    "MX": "preference exchange",
    "NAPTR": 'order preference "flags" "services" "regexp" replacement',
    "NS": "target",
    "PTR": "target",
    "SOA": "primary mailbox serial refresh retry expire minimum",
    "SRV": "priority weight port target",
    "SSHFP": "algorithm type fingerprint",
    "SVCB": "priority target [key=value ...]",
    "TLSA": "usage selector matching-type data",
    "TXT": '"text" ["text" ...]',
}
"""The form of the types people write by hand, for the way out of an error."""

# The types that BIND, Knot and NSD all print and read by name. Any other type is written as TYPEnnn with data in
# hex, so that canonical text stays the same when a library or a name server learns a new type.
_NAMES = """
    A AAAA AFSDB APL CAA CDNSKEY CDS CERT CNAME CSYNC DHCID DNAME DNSKEY DS EUI48 EUI64 HINFO HTTPS IPSECKEY KX L32
    L64 LOC LP MX NAPTR NID NS NSEC NSEC3 NSEC3PARAM OPENPGPKEY PTR RP RRSIG SMIMEA SOA SPF SRV SSHFP SVCB TLSA TXT
    URI ZONEMD
"""
_NAMED = frozenset(_NAMES.split())
_UINT8, _UINT16, _UINT31 = 0xFF, 0xFFFF, 0x7FFFFFFF
_NAME = re.compile(r'[^\s;"()\\]+').fullmatch
_STRINGS = re.compile(r'"[ !#-\[\]-~]{0,255}"(?: "[ !#-\[\]-~]{0,255}")*')
_PROPERTY = re.compile(r'([0-9]{1,3}) ([a-z0-9]{1,15} "[ !#-\[\]-~]*")').fullmatch
_NO_PREFIX = bytes(10)
_TEXT_LIMIT = 60_000


@lru_cache(maxsize=512)
def type_of(word: str) -> str:
    """Return a type's canonical mnemonic, `TYPEnnn` where name servers don't agree on one."""
    if word.upper() == ALIAS:
        return ALIAS
    try:
        number = dns.rdatatype.from_text(word)
    except (dns.exception.DNSException, ValueError):
        raise Refused("type-unknown", "type", f"{quoted(word)} is not a record type", value=word) from None
    if number == 0 or dns.rdatatype.is_metatype(number):
        raise Refused("type-unknown", "type", f"{quoted(word)} is no type a zone can hold", value=word)
    name = dns.rdatatype.to_text(number)
    return name if name in _NAMED else f"TYPE{int(number)}"


def canonical_rdata(rtype: str, text: str, origin: str, mnemonic: str = "") -> str:
    """Return one line of RDATA in canonical form; relative names are completed with `origin`."""
    written, sent = ("CNAME", "CNAME") if rtype == ALIAS else (mnemonic or rtype, rtype)
    try:
        data = dns.rdata.from_text(
            dns.rdataclass.IN,
            written,
            text,
            dns.name.from_text(origin),
            relativize=False,
            idna_codec=IDNA,
        )
        if isinstance(data, LOC):
            data = _whole_centimetres(data)
        wire = _lower(data).to_wire() or b""
        # what is written may say the same in several ways, what is sent has one form
        data = dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.from_text(sent), wire, 0, len(wire))
        if rtype.startswith("TYPE"):
            data = data.to_generic()
    except (dns.exception.DNSException, ValueError, ArithmeticError, LookupError) as error:
        raise _refusal(mnemonic if rtype.startswith("TYPE") and mnemonic else rtype, text, error) from None
    if len(wire) > RDATA_LIMIT:
        raise Refused("rdata-too-long", "rdata", f"{len(wire)} octets of data, the limit is {RDATA_LIMIT}", value=text)
    return data.to_text(chunksize=0).rstrip()


def _lower(data: dns.rdata.Rdata) -> dns.rdata.Rdata:
    fields = {slot: getattr(data, slot) for base in type(data).__mro__ for slot in getattr(base, "__slots__", ())}
    names = {slot: value for slot, value in fields.items() if isinstance(value, dns.name.Name)}
    return data.replace(**{slot: name.canonicalize() for slot, name in names.items()}) if names else data


def _whole_centimetres(data: LOC) -> LOC:
    """Round what dnspython cuts off: it reads 8.04m as 803.999... cm, and would write 8.03m."""
    sizes = (round(data.altitude), round(data.size), round(data.horizontal_precision), round(data.vertical_precision))
    return LOC(data.rdclass, data.rdtype, data.latitude, data.longitude, *sizes)  # type: ignore[no-untyped-call]  # untyped there


def _refusal(rtype: str, text: str, error: Exception) -> Refused:
    cause = error.__cause__ or error
    if isinstance(cause, dns.name.LabelTooLong):
        message = f"a label in {quoted(text)} is over the limit of 63 octets"
        return Refused("label-too-long", "rdata", message, value=text)
    if isinstance(cause, dns.name.NameTooLong):
        message = f"a name in {quoted(text)} is over the limit of 255 octets"
        return Refused("name-too-long", "rdata", message, value=text)
    if rtype in {"A", "AAAA"}:
        message = f"{quoted(text)} is not an IPv{'4' if rtype == 'A' else '6'} address"
        return Refused("address-invalid", "address", message, value=text)
    if rtype in {"TXT", "SPF"} and "too long" in str(error):
        message = f"a string in {quoted(text)} is over the limit of 255 octets"
        return Refused("txt-too-long", "rdata", message, value=text)
    message = f"{quoted(text)} is not {rtype} data: {bounded(str(error)) or type(error).__name__}"
    fix = f"write {FORMS[rtype]}" if rtype in FORMS else ""
    return Refused("record-syntax", "rdata", message, value=text, fix=fix)


def encoded(text: str) -> bytes:
    """Return text as UTF-8. Refuses lone surrogates, which JSON and YAML can write."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise Refused("not-text", "value", f"{quoted(text)} is not Unicode text", value=text) from None


def _a(rdata: str, _targets: Targets) -> str | None:
    try:
        inet_pton(AF_INET, rdata)
    except (OSError, ValueError):
        return None
    return rdata


def _aaaa(rdata: str, _targets: Targets) -> str | None:
    try:
        packed = inet_pton(AF_INET6, rdata)
    except (OSError, ValueError):
        return None
    # platforms print addresses with an embedded IPv4 address differently
    return None if packed.startswith(_NO_PREFIX) else inet_ntop(AF_INET6, packed)


def _target(rdata: str, targets: Targets) -> str | None:
    return targets[rdata] if rdata in targets or _NAME(rdata) else None


def _mx(rdata: str, targets: Targets) -> str | None:
    fields = rdata.split()
    if len(fields) != 2 or not _uint16(fields[0]):
        return None
    target = _target(fields[1], targets)
    return None if target is None else f"{int(fields[0])} {target}"


def _srv(rdata: str, targets: Targets) -> str | None:
    fields = rdata.split()
    if len(fields) != 4 or not all(map(_uint16, fields[:3])):
        return None
    priority, weight, port = map(int, fields[:3])
    target = _target(fields[3], targets)
    return None if target is None else f"{priority} {weight} {port} {target}"


def _soa(rdata: str, targets: Targets) -> str | None:
    fields = rdata.split()
    numbers = fields[2:]
    if len(numbers) != 5 or not all(map(_uint31, numbers)):
        return None
    primary, mailbox = (_target(field, targets) for field in fields[:2])
    if primary is None or mailbox is None:
        return None
    return f"{primary} {mailbox} {' '.join(str(int(number)) for number in numbers)}"


def _strings(rdata: str, _targets: Targets) -> str | None:
    return rdata if _STRINGS.fullmatch(rdata) and len(rdata) < _TEXT_LIMIT else None


def _caa(rdata: str, _targets: Targets) -> str | None:
    match = _PROPERTY(rdata)
    plain = match and int(match[1]) <= _UINT8 and len(rdata) < _TEXT_LIMIT
    return f"{int(match[1])} {match[2]}" if match and plain else None


def _uint16(field: str) -> bool:
    return field.isdecimal() and len(field) <= 5 and int(field) <= _UINT16


def _uint31(field: str) -> bool:
    return field.isdecimal() and len(field) <= 10 and int(field) <= _UINT31


FAST_PATHS: dict[str, Callable[[str, Targets], str | None]] = fast_paths(
    {
        Form.A: _a,
        Form.AAAA: _aaaa,
        Form.ALIAS: _target,
        Form.CAA: _caa,
        Form.MX: _mx,
        Form.NAME: _target,
        Form.SOA: _soa,
        Form.SRV: _srv,
        Form.STRINGS: _strings,
    }
)
