"""Zones behind a name server that takes dynamic updates (RFC 2136) and zone transfers (RFC 5936)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from sophia_infra.changes import BaseMovedError
from sophia_infra.credentials import Credentials
from sophia_infra.dns.backends.backup import keep
from sophia_infra.dns.backends.base import BackendError, Decide, Live
from sophia_infra.dns.backends.locks import locked
from sophia_infra.dns.backends.rfc2136.connection import Connection, Server
from sophia_infra.dns.backends.rfc2136.increments import increment
from sophia_infra.dns.backends.rfc2136.seen import SEEN, Seen
from sophia_infra.dns.backends.rfc2136.settings import Settings
from sophia_infra.dns.backends.rfc2136.steps import steps
from sophia_infra.dns.backends.rfc2136.transfer import THE_SERVERS, THE_SIGNERS, Served, soa, transfer
from sophia_infra.dns.backends.rfc2136.updates import Guard
from sophia_infra.dns.backends.rfc2136.writing import Writer
from sophia_infra.dns.bulk import collector_paused
from sophia_infra.dns.rr.record import Record, apex_of, from_text, to_text
from sophia_infra.dns.serial import serial_of, with_serial


@dataclass(frozen=True, slots=True)
class Rfc2136:
    """A zone on a name server; see `Settings` for what it takes.

    What was `seen` last is used again where the SOA is still the same, else brought up to date by what has changed.
    """

    settings: Settings
    seen: Seen = field(default=SEEN, repr=False, compare=False)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], domain: str, credentials: Credentials) -> Self:
        """Read the settings; see `Settings.read`."""
        return cls(Settings.read(settings, domain, credentials))

    @property
    def place(self) -> str:
        """`dns://<server>:<port>/<domain>`."""
        return self.settings.place

    def read(self) -> Served:
        """Return the zone by transfer, without the records that the server makes itself (docs/rfc2136.md)."""
        server = self.settings.server()
        seen = self.seen.get(self.place)
        fresh = self._since(seen, server) if seen else None
        if fresh is None:
            with Connection(server) as connection:
                fresh = transfer(connection, server)
        self.seen.keep(self.place, fresh)
        return fresh

    def _since(self, seen: Served, server: Server) -> Served | None:
        """The zone by what changed since this process saw it; None where the server can't tell."""
        with Connection(server) as connection:
            return seen if soa(connection, server) == seen.soa else increment(connection, server, seen)

    def normalize(self, zone: str, live: Live) -> str:
        """Return the zone itself: a server holds any but the records that it makes, and DS that delegate nothing."""
        made = THE_SERVERS | THE_SIGNERS if isinstance(live, Served) and live.signed else THE_SERVERS
        if not any(f" {kind} " in zone for kind in (*made, "DS")):
            return zone  # as most are: large zones are not split into records for this
        delegated = {record.owner for record in from_text(zone + live.text) if record.type == "NS"}
        for record in from_text(zone):
            if record.type in made:
                raise self._unheld(record, f"{self.place} makes its {record.type} records itself; take it out")
            if record.type == "DS" and record.owner not in delegated:
                raise self._unheld(record, "BIND drops a DS without NS records beside it; add those, or take it out")
        return zone

    def _unheld(self, record: Record, why: str) -> BackendError:
        return BackendError(f"{record.subject} is asked for, but {why} (docs/rfc2136.md)")

    def apply(self, decide: Decide) -> Served:
        """Update the zone, a server's own checks on every message; see `Backend.apply`."""
        with locked(self.place):
            for guard in (Guard.SERIAL, Guard.SETS):
                live = self.read()
                desired = decide(live)
                if with_serial(live.text, 0) == with_serial(desired, 0):
                    return live
                number = self._written(live, desired, Guard.SETS if live.signed else guard)
                if number is not None:
                    return Served(with_serial(desired, number), number, live.signed)
        raise BaseMovedError(self.place)

    def remove(self) -> None:
        """Keep a backup, then delete everything but the SOA and the apex NS, without which no server has a zone.

        NOTAUTH is an error here as anywhere: a server says so as well of a zone that it could not load, and who is on
        the path can say so unsigned, while the zone is served elsewhere.
        """

        def apex_only(live: Live) -> str:
            apex = to_text(apex_of(live.text))
            if apex != live.text:
                keep(live, self.settings.domain)
            return apex

        self.apply(apex_only)

    def _written(self, live: Served, desired: str, guard: Guard) -> int | None:
        """Return the new serial, None where another writer came first and nothing was written."""
        apex = {record.type: record for record in apex_of(desired)}
        if len(apex) < 2:
            raise BackendError(f"{self.place}: no SOA or no NS would be left at the apex, and no server takes that")
        server = self.settings.server()
        self.seen.forget(self.place)  # what this run writes itself may be more than the zone
        with Connection(server) as connection, collector_paused():
            writer = Writer(connection, server)
            if not writer.write(steps(live.text, desired), live.soa, apex["SOA"], guard):
                return None
            return serial_of(f"{soa(connection, server) or live.soa}\n")
