"""A whole zone over the network (AXFR, RFC 5936) or none of it, and what has changed in one since (IXFR, RFC 1995)."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial

import dns.rdatatype

from sophia_infra.dns.backends.base import BackendError, Live
from sophia_infra.dns.backends.rfc2136.connection import Answer, Connection, Server
from sophia_infra.dns.backends.rfc2136.decoding import UNREADABLE, reason
from sophia_infra.dns.backends.rfc2136.encoding import Encoder
from sophia_infra.dns.files import ZONE_FILE_LIMIT
from sophia_infra.dns.reader.names import relative
from sophia_infra.dns.reader.rdata import type_of
from sophia_infra.dns.rr.record import Record, collector_paused, from_text, record_of, to_text
from sophia_infra.dns.serial import serial_of

THE_SERVERS = frozenset({"NSEC", "NSEC3", "NSEC3PARAM", "RRSIG", "TYPE65534", "ZONEMD"})
"""Types that a server makes, and that no update should; TYPE65534 is where BIND notes how far its signing is."""
THE_SIGNERS = frozenset({"CDNSKEY", "CDS", "DNSKEY"})
"""Types that are the server's as well where it signs the zone."""
SEEN_LIMIT = 64 * 2**20
"""Characters of zone text that are kept together, some ten zones of 100,000 records."""


@dataclass(frozen=True, slots=True)
class Served(Live):
    """A zone as it is served, without what the server makes itself; `signed` where the server signs it."""

    signed: bool = False

    @property
    def soa(self) -> Record:
        """The SOA, which every zone has that was transferred."""
        return from_text(self.text[: self.text.index("\n") + 1])[0]


class Seen:
    """The last transfer of each location, so that the next read asks only for what has changed. Threads may share it.

    Beyond `limit` characters what was used longest ago goes first, and is transferred whole the next time.
    """

    def __init__(self, limit: int = SEEN_LIMIT) -> None:
        self._limit, self._size = limit, 0
        self._zones: OrderedDict[str, Served] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, location: str) -> Served | None:
        """Return the zone as it was last seen there, None where that is not known any more."""
        with self._lock:
            if location in self._zones:
                self._zones.move_to_end(location)
            return self._zones.get(location)

    def keep(self, location: str, zone: Served) -> None:
        """Remember a zone, in place of what was seen there before."""
        with self._lock:
            self._drop(location)
            self._zones[location] = zone
            self._size += len(zone.text)
            while self._size > self._limit:
                self._drop(next(iter(self._zones)))

    def forget(self, location: str) -> None:
        """Have the zone transferred whole the next time."""
        with self._lock:
            self._drop(location)

    def clear(self) -> None:
        """Forget all zones."""
        with self._lock:
            self._zones.clear()
            self._size = 0

    def _drop(self, location: str) -> None:
        if zone := self._zones.pop(location, None):
            self._size -= len(zone.text)


def made_there(signed: bool) -> frozenset[str]:
    """Return the types that a server makes itself."""
    return THE_SERVERS | THE_SIGNERS if signed else THE_SERVERS


def transfer(connection: Connection, server: Server) -> Served:
    """Return the whole zone.

    Raises:
        BackendError: the server does not have the zone; it did not come whole, or not signed as it must be.
    """
    with collector_paused():
        connection.query(dns.rdatatype.AXFR, "transfer")
        records = list(_records(connection, server))
    signed = any(record.type == "RRSIG" for record in records)
    made = made_there(signed)
    text = to_text([record for record in records if record.type not in made])
    return Served(text, serial_of(text), signed)


def soa(connection: Connection, server: Server) -> Record | None:
    """Return the zone's SOA, None where the server has no such zone."""
    connection.query(dns.rdatatype.SOA, "query")
    answer = connection.answer()
    return next((record for record in _records_in(answer, server, _owners(server)) if record.type == "SOA"), None)


def increment(connection: Connection, server: Server, seen: Served) -> Served | None:
    """Return the zone as it is now by what has changed since it was seen; None where it has to be transferred whole.

    That is where the server keeps no history so far back, begins or ends to sign the zone, or sends what does not fit.
    The connection is of no use then: it may hold answers that were not read.

    Raises:
        BackendError: the server can't be asked, or what came is not signed as it must be.
    """
    with collector_paused():
        connection.query(dns.rdatatype.IXFR, "incremental transfer", Encoder(server.origin).record(seen.soa))
        try:
            return _followed(connection, server, _Version(seen))
        except _OtherwiseError:
            return None


def _records(connection: Connection, server: Server) -> Iterator[Record]:
    first: Record | None = None
    owners, octets = _owners(server), 0
    while True:
        answer = connection.answer()
        octets += len(answer.message.wire)
        if octets > ZONE_FILE_LIMIT:
            raise _broken(server, f"is larger than the limit of {ZONE_FILE_LIMIT} octets")
        for record in _records_in(answer, server, owners):
            if record.type == "SOA" and first is not None:
                if first != record:
                    raise _broken(server, "ends in another SOA than it began with")
                if not connection.may_end(answer):
                    raise _broken(server, "ends in a message that is not signed", "unsigned")
                return
            if first is None and record.type != "SOA":
                raise _broken(server, "does not begin with an SOA")
            first = first or record
            yield record
        if first is None:
            raise _broken(server, "is empty")


def _owners(server: Server) -> Callable[[str], str]:
    return cache(partial(relative, zone=server.origin))


def _records_in(answer: Answer, server: Server, owners: Callable[[str], str]) -> Iterator[Record]:
    message, origin = answer.message, server.origin
    try:
        for found in answer.answers:
            yield record_of((owners(found.owner), found.ttl, _rtype(found.type), message.rdata(found, origin)))
    except UNREADABLE as error:
        raise _broken(server, f"holds a record that can't be read: {reason(error)}") from None


@cache
def _rtype(number: int) -> str:
    return type_of(dns.rdatatype.to_text(dns.rdatatype.RdataType.make(number)))


def _broken(server: Server, what: str, code: str = "unreadable") -> BackendError:
    return BackendError(
        f"{server.location}: the transfer {what}, so none of it is used; the server's log may say more",
        code=code,
        subject=server.location,
    )


class _OtherwiseError(Exception):
    """The server sends no increments, or such as don't fit what was seen: the zone has to come whole."""


def _followed(connection: Connection, server: Server, version: "_Version") -> Served:
    owners, octets = _owners(server), 0
    while True:
        answer = connection.reply()
        octets += len(answer.message.wire)
        if answer.code != "NOERROR" or octets > ZONE_FILE_LIMIT:
            raise _OtherwiseError
        records = list(_records_in(answer, server, owners))
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
        text = to_text([record for record in self._records if record.type != "SOA"] + [self._soa])
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
