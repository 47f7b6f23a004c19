"""One TCP connection to a name server: what is sent is signed, and no answer is believed that is not.

Several requests may be under way at once (RFC 7766 section 6.2.1.1); an answer says which one it answers.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from struct import Struct
from types import TracebackType
from typing import NamedTuple, Self

import dns.entropy
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.tsig

from sophia_infra.dns.backends.base import BackendError
from sophia_infra.dns.backends.rfc2136.decoding import UNREADABLE, Found, MalformedError, Message
from sophia_infra.dns.backends.rfc2136.encoding import whole
from sophia_infra.dns.backends.rfc2136.refusals import refusal
from sophia_infra.dns.backends.rfc2136.signature import UnsignedError, Verifier, signed

MESSAGE_LIMIT = 65_535
"""Octets of one message over TCP (RFC 1035 section 4.2.2)."""

_LENGTH, _HEADER, _QUESTION = Struct("!H"), Struct("!HHHHHH"), Struct("!HH")
_RESPONSE, _TRUNCATED, _CODE = 0x8000, 0x0200, 0x000F
_BELIEVED_UNSIGNED = frozenset({"FORMERR", "SERVFAIL", "NOTIMP", "REFUSED", "NOTAUTH"})


@dataclass(frozen=True, slots=True)
class Server:
    """Where a zone is served. `origin` is absolute, in canonical form; `place` names it in messages.

    Without a `key` nothing is signed. `timeout` are seconds for which the server may stay silent.
    """

    origin: str
    host: str
    port: int
    place: str
    timeout: float
    key: dns.tsig.Key | None = field(repr=False)  # its repr shows the secret


class Answer(NamedTuple):
    """A message that was checked: the request's id, the response code by name, the records of the answer section."""

    id: int
    code: str
    message: Message
    answers: list[Found]


class Connection:
    """Requests and their answers, in turn. Close it, or use it as a context manager."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._asked: dict[int, Verifier | None] = {}
        with self._explained("connection"):
            self._socket = socket.create_connection((server.host, server.port), server.timeout)
        self._stream = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._stream.close()
        self._socket.close()

    def query(self, kind: dns.rdatatype.RdataType, deed: str, soa: bytes = b"") -> None:
        """Ask for the zone's records of a type, for all of it (AXFR), or for what changed since an SOA (IXFR)."""
        self._send(dns.opcode.QUERY, kind, (0, int(bool(soa))), soa, deed)

    def update(self, prerequisites: int, updates: int, body: bytes) -> int:
        """Send an update; `body` holds so many prerequisites and then so many updates (RFC 2136 section 2).

        Returns the id that its answer bears.
        """
        return self._send(dns.opcode.UPDATE, dns.rdatatype.SOA, (prerequisites, updates), body, "update")

    def answer(self, deed: str) -> Answer:
        """Return the next message that answers what was sent, if the server did as it was asked.

        Raises:
            BackendError: another response code than NOERROR, and as `reply`.
        """
        answer = self.reply(deed)
        if answer.code != "NOERROR":
            raise refusal(answer.code, self._server.place, deed)
        return answer

    def reply(self, deed: str) -> Answer:
        """Return the next message that answers what was sent, whatever its response code.

        Raises:
            BackendError: there is none in time, it is no answer, or one of the two signatures is not accepted.
        """
        with self._explained(deed):
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

    def _send(
        self, opcode: dns.opcode.Opcode, kind: dns.rdatatype.RdataType, counts: tuple[int, int], body: bytes, deed: str
    ) -> int:
        number = dns.entropy.random_16()
        while number in self._asked:
            number = dns.entropy.random_16()
        header = _HEADER.pack(number, dns.opcode.to_flags(opcode), 1, *counts, 0)
        wire = header + whole(self._server.origin) + _QUESTION.pack(kind, dns.rdataclass.IN) + body
        self._asked[number] = None
        if self._server.key:
            wire, mac = signed(wire, self._server.key)
            self._asked[number] = Verifier(self._server.key, mac)
        with self._explained(deed):
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
    def _explained(self, deed: str) -> Iterator[None]:
        place = self._server.place
        try:
            yield
        except dns.tsig.PeerBadKey:
            raise refusal("BADKEY", place, deed) from None
        except dns.tsig.PeerBadSignature:
            raise refusal("BADSIG", place, deed) from None
        except dns.tsig.PeerBadTime:
            raise refusal("BADTIME", place, deed) from None
        except UnsignedError:
            way_out = "sign for this zone there as well, or mend backend.server"
            raise BackendError(f"{place}: the answer to the {deed} is not signed; {way_out}") from None
        except UNREADABLE as error:
            raise BackendError(f"{place}: the answer to the {deed} can't be used: {_said(error)}") from None
        except TimeoutError:
            way_out = "check backend.server, backend.port and that TCP gets through, or raise backend.timeout"
            raise BackendError(f"{place}: no answer to the {deed} in {self._server.timeout:g} s; {way_out}") from None
        except OSError as error:
            way_out = "check backend.server, backend.port and that TCP gets through"
            raise BackendError(f"{place}: the {deed} failed: {error.strerror or error}; {way_out}") from None


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
