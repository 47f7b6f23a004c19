"""One TCP connection to a name server: what is sent is signed, and no answer is believed that is not.

Several requests may be under way at once (RFC 7766 section 6.2.1.1); an answer says which one it answers.
"""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from struct import Struct
from types import TracebackType
from typing import NamedTuple, Self

import dns.entropy
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.tsig
from dns.rdatatype import RdataType

from sophia_infra.dns.backends.base import BackendError
from sophia_infra.dns.backends.rfc2136.decoding import UNREADABLE, Found, MalformedError, Message, reason
from sophia_infra.dns.backends.rfc2136.encoding import wire_name
from sophia_infra.dns.backends.rfc2136.signature import UnsignedError, Verifier, signed

MESSAGE_LIMIT = 65_535
"""Octets of one message over TCP (RFC 1035 section 4.2.2)."""

_LENGTH, _HEADER, _QUESTION = Struct("!H"), Struct("!HHHHHH"), Struct("!HH")
_RESPONSE, _TRUNCATED, _CODE = 0x8000, 0x0200, 0x000F
_PEER = {dns.tsig.PeerBadKey: "BADKEY", dns.tsig.PeerBadSignature: "BADSIG", dns.tsig.PeerBadTime: "BADTIME"}
_BELIEVED_UNSIGNED = frozenset({"FORMERR", "SERVFAIL", "NOTIMP", "REFUSED", "NOTAUTH"})

_WAYS_OUT = {
    "BADKEY": "it knows no such key: mend backend.key_name and backend.key_algorithm, or add the key there",
    "BADSIG": "its secret for the key is another one: set sophia:tsigSecret (or SOPHIA_TSIG_SECRET) to that",
    "BADTIME": "its clock and this machine's differ by more than 5 minutes: set both by NTP",
    "FORMERR": "it can't read the message: its log says more, and an older server may not know a record type",
    "NOTAUTH": "it is not the zone's primary: make the zone there first, since no update can, or mend backend.server",
    "NOTIMP": "it takes no such requests: name the zone's primary in backend.server",
    "REFUSED": (
        "let this key both transfer and update the zone there (BIND: allow-transfer and allow-update or update-policy; "
        "Knot: an acl with both actions); BIND refuses host names that its check-names does not allow as well"
    ),
    "SERVFAIL": "its log says why; BIND holds 100 records in a set unless max-records-per-type says otherwise",
}
"""Out of what a response code tells of (RFC 1035, 2136 section 2.2, 8945 section 3)."""


_NOT_ALLOWED = (
    "the zone was read with this key, so it is known there, and may not write these records: widen its right to update "
    "(Knot: update-owner and update-type of its acl)"
)
"""The way out of a BADKEY that comes to an update: Knot says so where an acl knows the key and forbids the rest."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where a zone is served. `origin` is absolute, in canonical form; `location` names it in messages.

    Without a `key` nothing is signed. `timeout` are seconds for which the server may stay silent.
    `clock` gives the real time whatever SOPHIA_NOW says: the server's clock does not move with it.
    """

    origin: str
    host: str
    port: int
    location: str
    timeout: float
    key: dns.tsig.Key | None = field(repr=False)  # its repr shows the secret
    clock: Callable[[], float] = time.time

    def refusal(self, code: str, what: str) -> BackendError:
        """Return the error for a response code."""
        way_out = _NOT_ALLOWED if (code, what) == ("BADKEY", "update") else _WAYS_OUT.get(code, "its log says why")
        return BackendError(
            f"{self.location}: the server answers {code} to the {what}; {way_out}",
            code="refused",
            subject=self.location,
            value=code,
        )


class Answer(NamedTuple):
    """A message that was checked: the request's id, the response code by name, the records of the answer section."""

    id: int
    code: str
    message: Message
    answers: list[Found]


class Connection:
    """Requests and their answers, in turn. Close it, or use it as a context manager."""

    def __init__(self, server: Server) -> None:
        self._server, self._what = server, "connection"
        self._asked: dict[int, Verifier | None] = {}
        with self._explained():
            self._socket = socket.create_connection((server.host, server.port), server.timeout)
        self._stream = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._stream.close()
        self._socket.close()

    def query(self, rtype: RdataType, what: str, soa: bytes = b"") -> None:
        """Ask for the zone's records of a type, for all of it (AXFR), or for what changed since an SOA (IXFR).

        `what` is what errors call the request.
        """
        self._what = what
        self._send(dns.opcode.QUERY, rtype, (0, int(bool(soa))), soa)

    def update(self, prerequisites: int, updates: int, body: bytes) -> int:
        """Send an update; `body` holds so many prerequisites and then so many updates (RFC 2136 section 2).

        Returns the id that its answer bears.
        """
        self._what = "update"
        return self._send(dns.opcode.UPDATE, RdataType.SOA, (prerequisites, updates), body)

    def answer(self) -> Answer:
        """Return the next message that answers what was sent, if the server did as it was asked.

        Raises:
            BackendError: another response code than NOERROR, and as `reply`.
        """
        answer = self.reply()
        if answer.code != "NOERROR":
            raise self._server.refusal(answer.code, self._what)
        return answer

    def reply(self) -> Answer:
        """Return the next message that answers what was sent, whatever its response code.

        Raises:
            BackendError: there is none in time, it is no answer, or one of the two signatures is not accepted.
        """
        with self._explained():
            message = Message(self._read(_LENGTH.unpack(self._read(_LENGTH.size))[0]))
            if message.id not in self._asked or not message.flags & _RESPONSE or message.flags & _TRUNCATED:
                raise MalformedError("it is not the whole answer to what was asked")
            found = list(message.records())
            code = dns.rcode.to_text(dns.rcode.Rcode.make(message.flags & _CODE))
            self._verify(message, found, code)
            return Answer(message.id, code, message, found[: message.answers])

    def may_end(self, answer: Answer) -> bool:
        """Whether an answer may end with this message: the last one is always signed."""
        verifier = self._asked[answer.id]
        return verifier is None or not verifier.unsigned

    def _send(self, opcode: dns.opcode.Opcode, rtype: RdataType, counts: tuple[int, int], body: bytes) -> int:
        number = dns.entropy.random_16()
        while number in self._asked:
            number = dns.entropy.random_16()
        header = _HEADER.pack(number, dns.opcode.to_flags(opcode), 1, *counts, 0)
        wire = header + wire_name(self._server.origin) + _QUESTION.pack(rtype, dns.rdataclass.IN) + body
        self._asked[number] = None
        if self._server.key:
            wire, mac = signed(wire, self._server.key, self._server.clock())
            self._asked[number] = Verifier(self._server.key, mac, self._server.clock)
        with self._explained():
            self._socket.sendall(_LENGTH.pack(len(wire)) + wire)
        return number

    def _read(self, octets: int) -> bytes:
        found = self._stream.read(octets)
        if len(found) < octets:
            raise ConnectionError("the server closed the connection in the middle of it")
        return found

    def _verify(self, message: Message, found: list[Found], code: str) -> None:
        verifier = self._asked[message.id]
        if verifier is None:
            return
        try:
            verifier.check(message, found[-1] if found else None)
        except UnsignedError:
            if code not in _BELIEVED_UNSIGNED:
                raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        location, what = self._server.location, self._what
        try:
            yield
        except tuple(_PEER) as error:
            raise self._server.refusal(_PEER[type(error)], what) from None
        except UnsignedError:
            way_out = "sign for this zone there as well, or mend backend.server"
            message = f"{location}: the answer to the {what} is not signed; {way_out}"
            raise BackendError(message, code="unsigned", subject=location) from None
        except UNREADABLE as error:
            message = f"{location}: the answer to the {what} can't be used: {reason(error)}"
            raise BackendError(message, code="unreadable", subject=location) from None
        except TimeoutError:
            way_out = "check backend.server, backend.port and that TCP gets through, or raise backend.timeout"
            seconds = self._server.timeout
            message = f"{location}: no answer to the {what} in {seconds:g} s; {way_out}"
            raise BackendError(message, code="unanswered", subject=location, limit=seconds) from None
        except OSError as error:
            way_out = "check backend.server, backend.port and that TCP gets through"
            message = f"{location}: the {what} failed: {error.strerror or error}; {way_out}"
            raise BackendError(message, code="unanswered", subject=location) from None
