"""What has changed in a zone since it was transferred (IXFR, RFC 1995), brought into what was seen then."""

import dns.rdatatype

from sophia_infra.dns.backends.rfc2136.connection import Connection, Server
from sophia_infra.dns.backends.rfc2136.encoding import Encoder
from sophia_infra.dns.backends.rfc2136.transfer import THE_SERVERS, THE_SIGNERS, Owners, Served, records_in
from sophia_infra.dns.bulk import collector_paused
from sophia_infra.dns.files import ZONE_FILE_LIMIT
from sophia_infra.dns.rr.record import Record, from_text, to_text
from sophia_infra.dns.serial import serial_of

_DEED = "incremental transfer"


class _OtherwiseError(Exception):
    """The server sends no increments, or such as don't fit what was seen: the zone has to come whole."""


def increment(connection: Connection, server: Server, seen: Served) -> Served | None:
    """Return the zone as it is now by what has changed since it was seen; None where it has to be transferred whole.

    That is where the server keeps no history so far back, begins or ends to sign the zone, or sends what does not fit.
    The connection is of no use then: it may hold answers that were not read.

    Raises:
        BackendError: the server can't be asked, or what came is not signed as it must be.
    """
    with collector_paused():
        connection.query(dns.rdatatype.IXFR, _DEED, Encoder(server.origin).record(seen.soa))
        try:
            return _followed(connection, server, _Version(seen))
        except _OtherwiseError:
            return None


def _followed(connection: Connection, server: Server, version: "_Version") -> Served:
    owners, octets = Owners(server.origin), 0
    while True:
        answer = connection.reply(_DEED)
        octets += len(answer.message.wire)
        if answer.code != "NOERROR" or octets > ZONE_FILE_LIMIT:
            raise _OtherwiseError
        records = list(records_in(answer, server, owners))
        if len(records) < 2 and version.newest is None:
            raise _OtherwiseError  # an SOA alone: there is no history, or none that is wanted
        ended = [version.takes(record) for record in records]
        if any(ended):
            if not ended[-1] or not connection.may_end(answer):
                raise _OtherwiseError
            return version.served()


class _Version:
    """A zone on its way from what was seen to what is served.

    Behind the newest SOA comes one difference after the other: the SOA and the records that went, then the SOA and the
    records that came; the newest SOA ends it (RFC 1995 section 4).
    """

    def __init__(self, seen: Served) -> None:
        self._seen, self._records = seen, dict.fromkeys(from_text(seen.text))
        self._soa, self._comes = seen.soa, True
        self.newest: Record | None = None

    def takes(self, record: Record) -> bool:
        """Take the next record; return whether it was the last."""
        if self.newest is None:
            self.newest = record
        elif record.type == "SOA":
            return self._turns(record)
        else:
            self._change(record)
        return False

    def served(self) -> Served:
        """The zone as it is served now."""
        text = to_text([one for one in self._records if one.type != "SOA"] + [self._soa])
        return Served(text, serial_of(text), self._seen.signed)

    def _turns(self, soa: Record) -> bool:
        if self._comes and soa == self.newest == self._soa:
            return True
        self._comes = not self._comes
        if not self._comes and soa != self._soa:
            raise _OtherwiseError  # a difference from another version
        self._soa = soa
        return False

    def _change(self, record: Record) -> None:
        begins_or_ends_signing = record.type == "RRSIG" and not self._seen.signed
        is_whole_zone = self._comes and self._soa == self._seen.soa
        if is_whole_zone or record.type in THE_SIGNERS or begins_or_ends_signing:
            raise _OtherwiseError
        if record.type in THE_SERVERS:
            return
        if self._comes == (record in self._records):
            raise _OtherwiseError
        if self._comes:
            self._records[record] = None
        else:
            del self._records[record]
