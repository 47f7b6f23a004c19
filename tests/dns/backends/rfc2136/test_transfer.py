"""Transfers that no sound server sends, from a stand-in that sends whatever it is told."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.name
import dns.rrset
import pytest

from sophia_infra.dns.backends import BackendError, Credentials
from sophia_infra.dns.backends.rfc2136 import transfer
from sophia_infra.dns.backends.rfc2136.backend import Rfc2136
from tests.support.refusals import refused

DOMAIN = "shop.example"
SOA = "shop.example. 60 IN SOA ns. h. 1 2 3 4 5"
NS = "shop.example. 60 IN NS ns."
HOST = "www.shop.example. 60 IN A 192.0.2.1"


@contextmanager
def answering(*messages: Sequence[str]) -> Iterator[Rfc2136]:
    """The backend of a server that answers every request with these messages, each some records, unsigned."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            (length,) = struct.unpack("!H", self.rfile.read(2))
            asked = dns.message.from_wire(self.rfile.read(length))
            for records in messages:
                answer = dns.message.make_response(asked)
                for record in records:
                    owner, ttl, _, kind, rdata = record.split(" ", 4)
                    answer.answer.append(dns.rrset.from_text(owner, int(ttl), "IN", kind, rdata))
                wire = answer.to_wire(max_size=65_535)
                self.wfile.write(struct.pack("!H", len(wire)) + wire)

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield Rfc2136.from_settings(
                {"server": "127.0.0.1", "port": server.server_address[1]}, DOMAIN, Credentials()
            )
        finally:
            server.shutdown()
            thread.join(timeout=30)


def test_a_transfer_of_one_or_of_several_messages_is_read() -> None:
    for messages in ([[SOA, NS, HOST, SOA]], [[SOA], [NS, HOST], [SOA]]):
        with answering(*messages) as zone:
            assert zone.read().text == "@ 60 SOA ns. h. 1 2 3 4 5\n@ 60 NS ns.\nwww 60 A 192.0.2.1\n"


UNFINISHED = "closed the connection in the middle of it"


@pytest.mark.parametrize(
    ("messages", "message"),
    [
        pytest.param([[NS, SOA]], "the transfer does not begin with an SOA", id="no SOA first"),
        pytest.param([[]], "the transfer is empty", id="nothing"),
        pytest.param([[SOA, NS], [SOA.replace("1", "2", 1)]], "ends in another SOA than it began with", id="moved"),
        pytest.param([[SOA, NS]], UNFINISHED, id="no SOA at the end"),
        pytest.param([[SOA, "other. 60 IN A 192.0.2.1", SOA]], "holds a record that can't be read", id="out of zone"),
        pytest.param([[SOA, NS], [HOST, SOA]], "is larger than the limit of 100 octets", id="too large"),
    ],
)
def test_of_a_transfer_that_makes_no_sense_nothing_is_used(
    messages: list[list[str]], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "larger" in message:
        monkeypatch.setattr(transfer, "ZONE_FILE_LIMIT", 100)
    code = "unanswered" if message == UNFINISHED else "unreadable"
    with answering(*messages) as zone, refused(BackendError, code, subject=zone.location, says=message):
        zone.read()
