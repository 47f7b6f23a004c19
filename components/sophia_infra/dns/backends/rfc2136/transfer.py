"""A whole zone over the network (AXFR, RFC 5936), or none of it."""

from collections.abc import Iterator
from dataclasses import dataclass

import dns.rdatatype

from sophia_infra.dns.backends.base import BackendError, Live
from sophia_infra.dns.backends.rfc2136.connection import Answer, Connection, Server
from sophia_infra.dns.backends.rfc2136.decoding import UNREADABLE
from sophia_infra.dns.bulk import collector_paused
from sophia_infra.dns.files import ZONE_FILE_LIMIT
from sophia_infra.dns.reader.names import relative
from sophia_infra.dns.reader.rdata import type_of
from sophia_infra.dns.rr.record import Record, from_text, record_of, to_text
from sophia_infra.dns.serial import serial_of

THE_SERVERS = frozenset({"NSEC", "NSEC3", "NSEC3PARAM", "RRSIG", "TYPE65534", "ZONEMD"})
"""Types that a server makes, and that no update should; TYPE65534 is where BIND notes how far its signing is."""
THE_SIGNERS = frozenset({"CDNSKEY", "CDS", "DNSKEY"})
"""Types that are the server's as well where it signs the zone."""

_DEED = "transfer"


@dataclass(frozen=True, slots=True)
class Served(Live):
    """A zone as it is served, without what the server makes itself; `signed` where the server signs it."""

    signed: bool = False

    @property
    def soa(self) -> Record:
        """The SOA, which every zone has that was transferred."""
        return from_text(self.text[: self.text.index("\n") + 1])[0]


def transfer(connection: Connection, server: Server) -> Served:
    """Return the whole zone.

    Raises:
        BackendError: the server does not have the zone; it did not come whole, or not signed as it must be.
    """
    with collector_paused():
        connection.query(dns.rdatatype.AXFR, _DEED)
        records = list(_records(connection, server))
    signed = any(record.type == "RRSIG" for record in records)
    made = THE_SERVERS | THE_SIGNERS if signed else THE_SERVERS
    text = to_text([record for record in records if record.type not in made])
    return Served(text, serial_of(text), signed)


def soa(connection: Connection, server: Server) -> Record | None:
    """Return the zone's SOA, None where the server has no such zone."""
    connection.query(dns.rdatatype.SOA, "query")
    answer = connection.answer("query")
    return next((one for one in records_in(answer, server, Owners(server.origin)) if one.type == "SOA"), None)


def _records(connection: Connection, server: Server) -> Iterator[Record]:
    first: Record | None = None
    owners = Owners(server.origin)
    octets = 0
    while True:
        answer = connection.answer(_DEED)
        octets += len(answer.message.wire)
        if octets > ZONE_FILE_LIMIT:
            raise _broken(server, f"is larger than the limit of {ZONE_FILE_LIMIT} octets")
        for record in records_in(answer, server, owners):
            if record.type == "SOA" and first is not None:
                return _end(connection.may_end(answer), server, first, record)
            if first is None and record.type != "SOA":
                raise _broken(server, "does not begin with an SOA")
            first = first or record
            yield record
        if first is None:
            raise _broken(server, "is empty")


def _end(verified: bool, server: Server, first: Record, last: Record) -> None:
    if first != last:
        raise _broken(server, "ends in another SOA than it began with")
    if not verified:
        raise _broken(server, "ends in a message that is not signed")


def records_in(answer: Answer, server: Server, owners: "Owners") -> Iterator[Record]:
    """Yield the records of an answer; raises BackendError where one can't be read."""
    message, origin = answer.message, server.origin
    try:
        for found in answer.answers:
            kind = _TYPES.get(found.type) or _type_name(found.type)
            yield record_of((owners[found.owner], found.ttl, kind, message.rdata(found, origin)))
    except UNREADABLE as error:
        raise _broken(server, f"holds a record that can't be read: {error or type(error).__name__}") from None


class Owners(dict[str, str]):
    """Absolute names -> owner names relative to the zone."""

    def __init__(self, origin: str) -> None:
        super().__init__()
        self._origin = origin

    def __missing__(self, name: str) -> str:
        self[name] = owner = relative(name, self._origin)
        return owner


_TYPES: dict[int, str] = {}


def _type_name(number: int) -> str:
    name = _TYPES[number] = type_of(dns.rdatatype.to_text(dns.rdatatype.RdataType.make(number)))
    return name


def _broken(server: Server, what: str) -> BackendError:
    return BackendError(f"{server.place}: the transfer {what}, so none of it is used; the server's log may say more")
