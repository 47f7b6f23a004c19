"""Signed messages (TSIG, RFC 8945): dnspython does the cryptography, on messages that are not its own."""

from collections.abc import Callable
from struct import Struct
from typing import Any

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.tsig
from dns.rdtypes.ANY.TSIG import TSIG

from sophia_infra.dns.backends.rfc2136.decoding import Found, Message

FUDGE = 300
"""Seconds by which the clocks of the two sides may differ."""
_MOST_UNSIGNED = 99
"""Messages of one answer between two that are signed (RFC 8945 section 5.3.1)."""

_COUNT, _COUNT_AT = Struct("!H"), 10
_FIXED = Struct("!HHIH")


class UnsignedError(ValueError):
    """An answer that should be signed and is not."""


def signed(wire: bytes, key: dns.tsig.Key, now: float) -> tuple[bytes, bytes]:
    """Return a request with its signature, and the signature's MAC, which the answer's is made over."""
    request = Message(wire)
    blank = TSIG(dns.rdataclass.ANY, dns.rdatatype.TSIG, key.algorithm, 0, FUDGE, b"", request.id, 0, b"")  # type: ignore[no-untyped-call]  # untyped there
    tsig, _ = dns.tsig.sign(wire, key, blank, int(now), b"")  # type: ignore[no-untyped-call]  # untyped there
    data = tsig.to_wire()
    record = (key.name.to_wire() or b"") + _FIXED.pack(dns.rdatatype.TSIG, dns.rdataclass.ANY, 0, len(data)) + data
    count = _COUNT.pack(_COUNT.unpack_from(wire, _COUNT_AT)[0] + 1)
    return wire[:_COUNT_AT] + count + wire[_COUNT_AT + _COUNT.size :] + record, tsig.mac


class Verifier:
    """Checks the messages that answer one request, in their order."""

    def __init__(self, key: dns.tsig.Key, mac: bytes, clock: Callable[[], float]) -> None:
        self._key, self._mac, self._clock = key, mac, clock
        self._context: Any = None
        self.unsigned = 0

    def check(self, message: Message, last: Found | None) -> None:
        """Accept a message, `last` being its last record.

        Raises:
            UnsignedError: it is not signed and should be.
            dns.tsig.PeerError: the server did not accept the request's signature.
            dns.exception.DNSException: the signature is not the one it must be.
        """
        if last is None or last.type != dns.rdatatype.TSIG:
            return self._count_unsigned(message)
        owner = dns.name.from_text(last.owner)
        octets = last.end - last.start
        tsig = dns.rdata.from_wire(dns.rdataclass.ANY, dns.rdatatype.TSIG, message.wire, last.start, octets)
        self._context = dns.tsig.validate(  # type: ignore[no-untyped-call]  # untyped there
            message.wire, self._key, owner, tsig, int(self._clock()), self._mac, last.at, self._context, multi=True
        )
        self.unsigned = 0
        return None

    def _count_unsigned(self, message: Message) -> None:
        if self._context is None or self.unsigned == _MOST_UNSIGNED:
            raise UnsignedError
        self._context.update(message.wire)
        self.unsigned += 1
