"""A journal in one SQLite file, `.sophia/journal.db`, and beside it `journal.head`, which pins the newest row.

Threads share one connection, and every commit takes SQLite's write lock first, so processes share a journal safely.
Rollback mode, not WAL: it needs no shared memory, and a copy of the one file is whole. docs/journal.md says what the
chain proves and what it can't.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sophia_infra.home import VARIABLE, locked, make_private
from sophia_infra.journal import schema, seal, takeover
from sophia_infra.journal.archive import Archive
from sophia_infra.journal.chain import EMPTY, Entry, Head, Kind, Verification
from sophia_infra.journal.connection import connection
from sophia_infra.journal.cut import Cut
from sophia_infra.journal.sql import Database, Queue, SqlStorage, head_of
from sophia_infra.journal.storage import JournalError

if TYPE_CHECKING:
    import sqlite3

FILE = "journal.db"
BUSY_SECONDS = 30
_SEAL = "(SELECT seal FROM seals WHERE seals.sequence = entries.sequence) FROM entries"


@dataclass(frozen=True, slots=True)
class SqliteStorage(SqlStorage):
    """The storage in the file at `path`. Making one touches nothing; the file appears with the first row."""

    path: Path

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    @property
    def vouched(self) -> bool:
        """No: the file may be a copy."""
        return False

    @property
    def select(self) -> str:
        """Ask for rows with their seals."""
        return f"SELECT *, {_SEAL}"

    def entry(self, row: tuple[Any, ...]) -> Entry:
        """Return a row, which is ours where its seal holds."""
        *columns, mark = row
        entry = schema.sound(tuple(columns))
        if seal.holds(mark, entry.hash):
            return replace(entry, ours=True)
        return replace(entry, lacks=seal.lack(mark))

    def vouch(self, db: Database, rows: Iterable[Head]) -> None:
        """Seal rows."""
        db.executemany(
            "INSERT OR REPLACE INTO seals VALUES (?, ?)", [(row.sequence, seal.sealed(row.hash)) for row in rows]
        )

    def rekey(self, by: str) -> int:
        """Seal rows anew."""
        with self.writing() as db:
            self._expect_pinned(db)
            rows = db.execute(f"SELECT sequence, hash, {_SEAL}")
            known = [Head(number, row) for number, row, mark in rows if _is_old(mark, row)]
            self.vouch(db, known)
            if known:
                self._insert(db, Kind.ACCEPT, "journal", {"rows": len(known), "by": by, "rekeyed": True})
            head = head_of(db)
        self._note(head)
        return len(known)

    @property
    def pin(self) -> Path:
        """The file `journal.head`."""
        return self.path.with_suffix(".head")

    @property
    def queue(self) -> Queue:
        """What waits to be written."""
        return connection(self.path, os.getpid()).queue

    @contextmanager
    def reading(self) -> "Iterator[sqlite3.Connection | None]":
        """Hand out the connection."""
        if not self.path.exists():
            yield None
            return
        with self._connection("rw") as db:
            self._bring_up_to_date(db)
            yield db if self._version(db) else None

    @contextmanager
    def writing(self) -> "Iterator[sqlite3.Connection]":
        """Hand out the connection in a transaction."""
        with self._connection("rwc") as db:
            self._bring_up_to_date(db)
            db.execute("BEGIN IMMEDIATE")
            if not self._version(db):
                self._make(db)
            yield db
            db.execute("COMMIT")

    @contextmanager
    def locked(self, name: str, seconds: float) -> Iterator[None]:
        """Hold a file beside the journal, named after the hash of the name."""
        path = self.path.with_suffix(f".{hashlib.sha256(name.encode()).hexdigest()[:16]}.lock")
        with ExitStack() as held:
            try:
                make_private(path.parent)
                held.enter_context(locked(path, seconds, name, keep=False))
            except TimeoutError:
                raise self.in_vain(name, seconds) from None
            except OSError as error:
                raise self.unusable(error) from error
            yield

    def unusable(self, reason: object) -> JournalError:
        """Return the error for a file or a folder that can't be used."""
        way_out = f"mend it, or set {VARIABLE} to another folder"
        return JournalError(f"journal {self.path} can't be used ({reason}); {way_out}", code="journal-unusable")

    def missing_pin(self) -> None:
        """Refuse: a journal in a file has had its pin from the first row on."""
        raise self.disagreement()

    @contextmanager
    def snapshot(self) -> Iterator[schema.Select]:
        """Hand out what asks for rows."""
        with self._as_of_now() as (select, _version):
            yield select

    def keep_all(self, db: Database, on: bool) -> None:
        """Make or drop the triggers."""
        for trigger in schema.TRIGGERS:
            db.execute(schema.TRIGGERS[trigger] if on else f"DROP TRIGGER {trigger}")

    def prune(self, before: Cut, after: Cut, staying: Collection[int], body: Mapping[str, Any]) -> None:
        """Remove rows, and make the file smaller."""
        SqlStorage.prune(self, before, after, staying, body)
        with suppress(JournalError), self._connection("rw") as db:  # without room on the disk it stays as large
            db.execute("DELETE FROM seals WHERE sequence NOT IN (SELECT sequence FROM entries)")
            db.execute("VACUUM")

    def verify(self, *noted: Head, archives: Collection[Archive] = ()) -> Verification:
        """Walk the whole chain, and hold it against the pin and the heads that were noted."""
        pinned = self.pinned()
        with self._as_of_now() as (select, version):
            indexed = version >= schema.INDEXED
            found = schema.prove(select, noted, pinned, archives=archives, indexed=indexed)
            found = self._with_foreign(found, select)
        if found.ok and not pinned:
            why = f"{self.pin.name} is missing or mangled, so rows cut off at the end would not show"
            return replace(found, why=why)
        return found

    def _with_foreign(self, found: Verification, select: schema.Select) -> Verification:
        if _has_seals(select):
            rows = select(f"SELECT hash, {_SEAL}")
            lacking = Counter(seal.lack(mark) for row, mark in rows if not seal.holds(mark, row))
            lines = (f"{count} rows let nothing through here: {lacks}" for lacks, count in lacking.items())
            return replace(found, foreign=tuple(lines))
        wrote = "a release without seals wrote it"
        if not found.rows:
            return found
        if takeover.is_ours(self.path) or takeover.claimed(self.path):
            remark = f"{wrote}: its first use here takes over all but its approvals, which are given again"
            return replace(found, remarks=(*found.remarks, remark))
        told = f"{wrote}, and nothing shows that it was on this machine: its rows will let nothing through"
        return replace(found, foreign=(f"{told}; {seal.ACCEPT}",))

    @contextmanager
    def _as_of_now(self) -> Iterator[tuple[schema.Select, int]]:
        """Hand out what asks for rows, and what is derived from them, as of one moment; and the schema's version."""
        if not self.path.exists():
            raise JournalError(
                f"no journal at {self.path}; name its file, or set {VARIABLE} to its folder", code="no-journal"
            )
        with self._connection("rw") as db:
            db.execute("BEGIN")
            version = self._version(db)
            yield db.execute if version else (lambda *_: ()), version

    @contextmanager
    def _connection(self, mode: str) -> Iterator["sqlite3.Connection"]:
        import sqlite3

        try:
            if mode == "rwc":
                make_private(self.path.parent)
            with connection(self.path, os.getpid()).used(mode, BUSY_SECONDS) as db:
                yield db
        except (sqlite3.Error, OSError) as error:
            raise self.unusable(error) from error

    def _version(self, db: "sqlite3.Connection") -> int:
        """Return the schema's version, 0 where nothing was ever committed to the file; refuse one that is not ours."""
        application, version, touched = (
            db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version", "schema_version")
        )
        if not touched:
            return 0
        if application != schema.APPLICATION:
            raise JournalError(
                f"{self.path} is no journal; move it, or set {VARIABLE} to another folder", code="not-a-journal"
            )
        if not 1 <= version <= schema.VERSION:
            raise JournalError(
                f"{self.path} has schema {version}, not {schema.VERSION}: upgrade sophia",
                code="journal-schema",
                value=version,
                limit=schema.VERSION,
            )
        return int(version)

    def _make(self, db: "sqlite3.Connection") -> None:
        schema.create(db)
        if not self.pin.exists():  # a pin without its journal tells of rows that are gone: it stays
            self.write_pin(EMPTY)

    def _bring_up_to_date(self, db: "sqlite3.Connection") -> None:
        """Upgrade the tables of an older release under the write lock: all of it, or nothing."""
        if not 0 < self._version(db) < schema.VERSION:
            return
        db.execute("BEGIN IMMEDIATE")
        version = self._version(db)  # another process may have done it since we looked
        if 0 < version < schema.VERSION:
            upto = self._taken_over(db, version)
            schema.upgrade(db, version)
            # An approval of before counted by a seal in its body alone, and is given again.
            query = "SELECT sequence, hash FROM entries WHERE sequence <= ? AND kind != ?"
            self.vouch(db, [Head(*row) for row in db.execute(query, (upto.sequence, Kind.APPROVAL))])
        db.execute("COMMIT")
        takeover.settle(self.path)

    def _taken_over(self, db: "sqlite3.Connection", version: int) -> Head:
        """Return the last of the rows that this machine takes over; EMPTY where it takes none, or seals are there."""
        newest = head_of(db)
        if newest == EMPTY or _has_seals(db.execute):
            return EMPTY
        indexed = version >= schema.INDEXED
        if (known := takeover.claimed(self.path)) and schema.prove(db.execute, [known], None, indexed=indexed).ok:
            return known
        if takeover.is_ours(self.path):
            takeover.claim(self.path, newest)  # without a key the file stays: later it can't be told whose it is
            return newest
        seal.tell_foreign(self.name, seal.lack(None))
        return EMPTY


def _is_old(mark: object, row: str) -> bool:
    return seal.holds(mark, row) and mark != seal.sealed(row)


def _has_seals(select: schema.Select) -> bool:
    return any(True for _ in select("SELECT 1 FROM sqlite_master WHERE name = 'seals'"))
