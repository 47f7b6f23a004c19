"""The wire form that is written and read here, held against dnspython's."""

from __future__ import annotations

from contextlib import suppress

import dns.message
import dns.name
import dns.update
import pytest
from hypothesis import given, settings, strategies

from sophia_infra.dns.backends.rfc2136.decoding import UNREADABLE, Message
from sophia_infra.dns.backends.rfc2136.encoding import Encoder
from sophia_infra.dns.reader.names import relative
from sophia_infra.dns.rr.record import Record, from_text
from tests.dns.reader.gallery import GALLERY
from tests.support.zone_text import canonical

ORIGIN = "shop.example."
PLAIN = """
A 192.0.2.1
AAAA 2001:db8::1
AAAA ::ffff:192.0.2.1
CAA 0 issue "ca.example; x=y"
CNAME @
CNAME .
CNAME a\\.b.c.shop.example.
MX 0 .
MX 10 mail.other.example.
NS ns1
PTR host
SOA ns1 hostmaster 4294967295 7200 900 1209600 300
SRV 0 0 65535 sip.other.example.
TXT "" "a b" "say \\"hi\\" \\\\ \\009\\255"
""".strip().splitlines()
OWNERS = ["@", "www", "*.a", "_x._tcp", r"a\.b", r"\000\255.c", "x" * 63]


def message_of(*records: Record) -> bytes:
    """A message as the backend builds them, with these records as answers."""
    encoder = Encoder(ORIGIN)
    name = dns.name.from_text(ORIGIN).to_wire() or b""
    header = b"\0\1\x80\0\0\1" + len(records).to_bytes(2, "big") + b"\0\0\0\0"
    return header + name + b"\0\6\0\1" + b"".join(map(encoder.record, records))


def decoded(wire: bytes) -> list[str]:
    message = Message(wire)
    return [f"{relative(one.owner, ORIGIN)} {one.ttl} {message.rdata(one, ORIGIN)}" for one in message.records()]


@pytest.mark.parametrize("line", [*PLAIN, *GALLERY])
@pytest.mark.parametrize("owner", ["@", r"a\.b.www"])
def test_a_record_is_written_as_dnspython_reads_it_and_read_as_it_was(line: str, owner: str) -> None:
    (record,) = from_text(canonical(f"{'@' if line.startswith('SOA') else owner} 300 {line}\n", ORIGIN))
    wire = message_of(record)
    assert decoded(wire) == [f"{record.owner} 300 {record.rdata}"]
    (rrset,) = dns.message.from_wire(wire, one_rr_per_rrset=True).answer
    assert canonical(rrset.to_text() + "\n", ORIGIN) == f"{record}\n"


@pytest.mark.parametrize("owner", OWNERS)
def test_what_dnspython_compresses_is_read(owner: str) -> None:
    lines = [f"{owner} 60 MX 10 mail.{ORIGIN}", f"mail.{ORIGIN} 60 A 192.0.2.1", f"{owner} 60 NS ns.{ORIGIN}"]
    update = dns.update.UpdateMessage(ORIGIN)
    for line in lines:
        name, ttl, kind, rdata = line.split(" ", 3)
        update.add(dns.name.from_text(name, dns.name.from_text(ORIGIN)), int(ttl), kind, rdata)
    expected = [f"{owner} 60 10 mail.{ORIGIN}", "mail 60 192.0.2.1", f"{owner} 60 ns.{ORIGIN}"]
    assert sorted(decoded(update.to_wire())) == sorted(expected)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(b"\xc0\x0c", id="at itself"),
        pytest.param(b"\xc0\xff", id="ahead"),
        pytest.param(b"\1a\xc0\x0c", id="in a circle"),
        pytest.param(b"\x40" + b"a" * 64 + b"\0", id="a label of 64 octets"),
        pytest.param(b"\5abc", id="cut off"),
        pytest.param(b"\1a" * 30_000 + b"\0", id="30,000 labels"),
    ],
)
def test_a_name_that_makes_no_sense_is_refused(name: bytes) -> None:
    wire = b"\0\1\x80\0\0\0\0\1\0\0\0\0" + name + b"\0\1\0\1\0\0\0\0\0\0"
    with pytest.raises(UNREADABLE):
        decoded(wire)


@given(strategies.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_no_octets_end_in_anything_but_an_expected_error(octets: bytes) -> None:
    with suppress(*UNREADABLE):
        decoded(b"\0\1\x80\0\0\1\0\3\0\0\0\0" + octets)
