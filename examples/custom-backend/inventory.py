"""Zones as rows of an SQLite table: a stand-in for the inventory, API or appliance that you have."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from sophia_infra.dns.backends import BackendError, Credentials, Decide, Live
from sophia_infra.dns.backends.backup import keep
from sophia_infra.dns.rr.record import Record, from_text, to_text
from sophia_infra.dns.serial import serial_of, with_serial

_TABLE = "CREATE TABLE IF NOT EXISTS records (zone TEXT, owner TEXT, ttl INTEGER, type TEXT, rdata TEXT)"


@dataclass(frozen=True, slots=True)
class Inventory:
    """The rows of one zone. Setting: `database`, the path of the SQLite file."""

    domain: str
    database: Path

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], domain: str, _: Credentials) -> Self:
        """Read the settings. Nothing is opened yet."""
        unknown = settings.keys() - {"database"}
        if unknown:
            field = f"backend.{min(unknown)}"
            raise BackendError(f"{field} is no setting of the inventory; known is database", field=field)
        return cls(domain, Path(str(settings.get("database", "inventory.db"))).resolve())

    @property
    def location(self) -> str:
        """One location, one zone."""
        return f"{self.database}#{self.domain}"

    def read(self) -> Live:
        """Return the zone; no rows mean that there is none."""
        with self._opened() as rows:
            return self._live(rows)

    def normalize(self, zone: str, live: Live) -> str:
        """Return the zone as it is asked for, unless it holds what the inventory has no column for."""
        for record in from_text(zone):
            if record.ttl > 86400:
                raise BackendError(
                    f"{record.subject} has a TTL of {record.ttl}; the inventory holds a day at most",
                    code="not-held",
                    subject=record.subject,
                    value=record.ttl,
                    limit=86400,
                )
        return zone

    def apply(self, decide: Decide) -> Live:
        """Replace the zone's rows in one transaction, which nobody else can come between."""
        with self._opened() as rows:
            rows.execute("BEGIN IMMEDIATE")
            live = self._live(rows)
            desired = decide(live)
            if with_serial(desired, 0) == with_serial(live.text, 0):
                rows.execute("ROLLBACK")
                return live
            text = with_serial(desired, (live.serial or 0) + 1)
            self._replace(rows, from_text(text))
            rows.execute("COMMIT")
            return Live(text, serial_of(text))

    def remove(self) -> None:
        """Delete the zone's rows, after a copy was kept."""
        with self._opened() as rows:
            rows.execute("BEGIN IMMEDIATE")
            live = self._live(rows)
            if live.text:
                keep(live, self.domain)
                self._replace(rows, [])
            rows.execute("COMMIT")

    def _live(self, rows: sqlite3.Connection) -> Live:
        found = rows.execute("SELECT owner, ttl, type, rdata FROM records WHERE zone = ?", (self.domain,))
        text = to_text([Record(*row) for row in found])
        return Live(text, serial_of(text))

    def _replace(self, rows: sqlite3.Connection, records: list[Record]) -> None:
        rows.execute("DELETE FROM records WHERE zone = ?", (self.domain,))
        rows.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?)", [(self.domain, *record) for record in records])

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.database, timeout=30, isolation_level=None)) as rows:
                rows.execute(_TABLE)
                yield rows
        except sqlite3.Error as error:
            raise BackendError(
                f"{self.database} can't be used: {error}; check its permissions and free space"
            ) from None
