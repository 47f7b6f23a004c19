"""RDATA of every type in canonical text form, by way of dnspython (RFC 1035 section 5.1, RFC 3597)."""

from functools import lru_cache

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from dns.rdtypes.ANY.LOC import LOC

from sophia_infra.dns.reader.names import IDNA
from sophia_infra.dns.reader.problems import Refused, bounded, quoted

RDATA_LIMIT = 65535
"""Octets of one record's data (RFC 1035 section 3.2.1)."""

STRING_LIMIT = 255
"""Octets of one character-string (RFC 1035 section 3.3)."""

FORMS = {
    "A": "address",
    "AAAA": "address",
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


@lru_cache(maxsize=512)
def type_of(word: str) -> str:
    """Return a type's canonical mnemonic, `TYPEnnn` where name servers don't agree on one."""
    try:
        kind = dns.rdatatype.from_text(word)
    except (dns.exception.DNSException, ValueError):
        raise Refused("type-unknown", "type", f"{quoted(word)} is not a record type", value=word) from None
    if kind == 0 or dns.rdatatype.is_metatype(kind):
        raise Refused("type-unknown", "type", f"{quoted(word)} is no type a zone can hold", value=word)
    name = dns.rdatatype.to_text(kind)
    return name if name in _NAMED else f"TYPE{int(kind)}"


def canonical_rdata(kind: str, text: str, origin: str, mnemonic: str = "") -> str:
    """Return one line of RDATA in canonical form; relative names are completed with `origin`."""
    try:
        data = dns.rdata.from_text(
            dns.rdataclass.IN,
            mnemonic or kind,
            text,
            dns.name.from_text(origin),
            relativize=False,
            idna_codec=IDNA,
        )
        if isinstance(data, LOC):
            data = _whole_centimetres(data)
        wire = _lower(data).to_wire() or b""
        # what is written may say the same in several ways, what is sent has one form
        data = dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.from_text(kind), wire, 0, len(wire))
        if kind.startswith("TYPE"):
            data = data.to_generic()
    except (dns.exception.DNSException, ValueError, ArithmeticError, LookupError) as error:
        raise _refusal(mnemonic if kind.startswith("TYPE") and mnemonic else kind, text, error) from None
    if len(wire) > RDATA_LIMIT:
        raise Refused("rdata-too-long", "rdata", f"{len(wire)} octets of data, the limit is {RDATA_LIMIT}", value=text)
    return data.to_text(chunksize=0).rstrip()


def text_strings(octets: bytes, size: int = STRING_LIMIT) -> str:
    """Return octets as the data of a TXT record, in quoted strings of at most `size` octets."""
    chunks = [octets[start : start + size] for start in range(0, len(octets), size)] or [b""]
    return " ".join(map(octets_string, chunks))


def octets_string(octets: bytes) -> str:
    """Return octets as one quoted string, each of them escaped."""
    return '"' + "".join(f"\\{octet:03d}" for octet in octets) + '"'


def encoded(text: str) -> bytes:
    """Return text as UTF-8. Refuses lone surrogates, which JSON and YAML can write."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise Refused("not-text", "value", f"{quoted(text)} is not Unicode text", value=text) from None


def _lower(data: dns.rdata.Rdata) -> dns.rdata.Rdata:
    fields = {slot: getattr(data, slot) for base in type(data).__mro__ for slot in getattr(base, "__slots__", ())}
    names = {slot: value for slot, value in fields.items() if isinstance(value, dns.name.Name)}
    return data.replace(**{slot: name.canonicalize() for slot, name in names.items()}) if names else data


def _whole_centimetres(data: LOC) -> LOC:
    """Round what dnspython cuts off: it reads 8.04m as 803.999... cm, and would write 8.03m."""
    sizes = (round(data.altitude), round(data.size), round(data.horizontal_precision), round(data.vertical_precision))
    return LOC(data.rdclass, data.rdtype, data.latitude, data.longitude, *sizes)  # type: ignore[no-untyped-call]  # untyped there


def _refusal(kind: str, text: str, error: Exception) -> Refused:
    cause = error.__cause__ or error
    if isinstance(cause, dns.name.LabelTooLong):
        message = f"a label in {quoted(text)} is over the limit of 63 octets"
        return Refused("label-too-long", "rdata", message, value=text)
    if isinstance(cause, dns.name.NameTooLong):
        message = f"a name in {quoted(text)} is over the limit of 255 octets"
        return Refused("name-too-long", "rdata", message, value=text)
    if kind in {"A", "AAAA"}:
        message = f"{quoted(text)} is not an IPv{'4' if kind == 'A' else '6'} address"
        return Refused("address-invalid", "address", message, value=text)
    if kind in {"TXT", "SPF"} and "too long" in str(error):
        message = f"a string in {quoted(text)} is over the limit of 255 octets"
        return Refused("txt-too-long", "rdata", message, value=text)
    message = f"{quoted(text)} is not {kind} data: {bounded(str(error)) or type(error).__name__}"
    fix = f"write {FORMS[kind]}" if kind in FORMS else ""
    return Refused("record-syntax", "rdata", message, value=text, fix=fix)
