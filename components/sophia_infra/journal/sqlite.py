"""A journal in one SQLite file, `.sophia/journal.db`, and beside it `journal.head`, which pins the newest row.

Threads share one connection, and every commit takes SQLite's write lock first, so processes share a journal safely.
Rollback mode, not WAL: it needs no shared memory, and a copy of the one file is whole. docs/journal.md says what the
chain proves and what it can't.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from sophia_infra import clock
from sophia_infra.home import VARIABLE, make_private, write_whole
from sophia_infra.journal import schema
from sophia_infra.journal.chain import EMPTY, Entry, Head, Kind, Verification, follow, walk
from sophia_infra.journal.connection import Append, connection
from sophia_infra.journal.storage import JournalError

if TYPE_CHECKING:
    import sqlite3

FILE = "journal.db"
BUSY_SECONDS = 30
_BATCH = 500
"""How many values one statement may ask for; SQLite allows 999 and more."""
_NO_END = 2**63 - 1
_LAST_CHARACTER = "\U0010ffff"
_OF_KEY = "SELECT * FROM entries WHERE kind = ? AND key = ? ORDER BY sequence DESC"
_OF_RESOURCE = (
    "SELECT * FROM entries WHERE sequence ="
    " (SELECT max(sequence) FROM newest WHERE kind = ? AND key = ? AND resource IN ('', ?))"
)
_IN = "SELECT * FROM entries WHERE sequence IN (SELECT sequence FROM {}) ORDER BY sequence"


@dataclass(frozen=True, slots=True)
class SqliteStorage:
    """The storage in the file at `path`. Making one touches nothing; the file appears with the first row."""

    path: Path

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    @property
    def pin(self) -> Path:
        """The file that names the newest row. It is written after the row: it may lag, and is never ahead."""
        return self.path.with_suffix(".head")

    def append(self, kind: Kind, key: str, body: Mapping[str, Any]) -> Entry:
        """Add a row."""
        return self._append(Append(kind, key, body, once=False))

    def append_once(self, kind: Kind, key: str, body: Mapping[str, Any]) -> Entry:
        """Add a row unless one of this kind and key is there; return the one that stands."""
        return self._append(Append(kind, key, body, once=True))

    def last(self, kind: Kind, key: str, resource: str | None = None) -> Entry | None:
        """Return the newest row of this kind and key, and of a resource."""
        query, about = (f"{_OF_KEY} LIMIT 1", ()) if resource is None else (_OF_RESOURCE, (resource,))
        return next(iter(self._entries(query, str(kind), key, *about)), None)

    def before(self, kind: Kind, key: str, sequence: int | None, most: int) -> list[Entry]:
        """Return the newest `most` rows of this kind and key below `sequence`."""
        query = "SELECT * FROM entries WHERE kind = ? AND key = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?"
        return self._entries(query, str(kind), key, _NO_END if sequence is None else sequence, most)

    def newest(self, kind: Kind, most: int) -> list[Entry]:
        """Return the newest `most` rows of a kind."""
        return self._entries("SELECT * FROM entries WHERE kind = ? ORDER BY sequence DESC LIMIT ?", str(kind), most)

    def keys(self, kind: Kind, beginning: str, most: int) -> list[str]:
        """Return keys of a kind that begin so."""
        query = "SELECT DISTINCT key FROM entries WHERE kind = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?"
        return [key for (key,) in self._asked(query, str(kind), beginning, f"{beginning}{_LAST_CHARACTER}", most)]

    def of_run(self, kind: Kind, run: str, *about: str) -> list[Entry]:
        """Return the rows of this kind that a run wrote about any of these."""
        marks = ", ".join("?" * len(about))
        return self._entries(
            _IN.format(f"runs WHERE run = ? AND kind = ? AND about IN ({marks})"), run, str(kind), *about
        )

    def owners(self, by: Literal["holder", "label", "location"], value: str) -> list[Entry]:
        """Return the last outcome of each holder that still stands."""
        return self._entries(_IN.format(f"owners WHERE {by} = ?"), value)

    def created(self, location: str, subjects: Collection[str]) -> set[str]:
        """Return those of some subjects that any intent at a location set out to write."""
        listed, found = list(subjects), set[str]()
        for start in range(0, len(listed), _BATCH):
            part = listed[start : start + _BATCH]
            marks = ", ".join("?" * len(part))
            query = f"SELECT subject FROM created WHERE location = ? AND subject IN ({marks})"  # noqa: S608  # marks only
            found.update(subject for (subject,) in self._asked(query, location, *part))
        return found

    def verify(self, *noted: Head) -> Verification:
        """Walk the whole chain, and hold it against the pin and the heads that were noted."""
        if not self.path.exists():
            raise JournalError(
                f"no journal at {self.path}; name its file, or set {VARIABLE} to its folder", code="no-journal"
            )
        pinned = self._pinned()
        with self._connection("rw") as db:
            db.execute("BEGIN")  # the rows and what is derived from them as of one moment
            version = self._version(db)
            found = walk(schema.rows(db) if version else (), [*noted, *([pinned] if pinned else [])])
            stray = schema.stray(db) if found.ok and version == schema.VERSION else ""
        why = found.why
        if stray:
            why = f"the rows are, but the table {stray} says something else than they do; docs/journal.md mends it"
        elif not why and not pinned:
            why = f"{self.pin.name} is missing or mangled, so rows cut off at the end would not show"
        return replace(found, why=why)

    def _entries(self, query: str, *values: object) -> list[Entry]:
        return [schema.sound(row) for row in self._asked(query, *values)]

    def _asked(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        if not self.path.exists():
            return []
        with self._connection("rw") as db:
            version = self._version(db)
            if not version:
                return []
            if version < schema.VERSION:
                db.execute("BEGIN IMMEDIATE")
                self._bring_up_to_date(db)
                db.execute("COMMIT")
            return db.execute(query, values).fetchall()

    def _append(self, row: Append) -> Entry:
        """Write a row, and with it those of other threads; whoever finds its own written has nothing left to do."""
        waiting = connection(self.path).waiting
        waiting.append(row)
        try:
            with self._connection("rwc") as db:
                if not row.entry and not row.error:
                    self._write([waiting.popleft() for _ in range(len(waiting))], db)
                if row.error:
                    raise row.error
        except BaseException:
            with suppress(ValueError):
                waiting.remove(row)  # what was not written when this raises, nobody shall write afterwards
            raise
        return cast(Entry, row.entry)

    def _write(self, rows: Sequence[Append], db: "sqlite3.Connection") -> None:
        """Write rows in one transaction, and pin the last of them."""
        try:
            db.execute("BEGIN IMMEDIATE")
            self._bring_up_to_date(db)
            self._expect_pinned(db)
            for row in rows:
                _add(db, row)
            head = _head(db)
            db.execute("COMMIT")
            self._write_pin(head)
        except BaseException as error:
            for row in rows:
                row.error = row.error or error
            raise

    @contextmanager
    def _connection(self, mode: str) -> Iterator["sqlite3.Connection"]:
        import sqlite3

        try:
            if mode == "rwc":
                make_private(self.path.parent)
            with connection(self.path).used(mode, BUSY_SECONDS) as db:
                yield db
        except (sqlite3.Error, OSError) as error:
            raise JournalError(
                f"journal {self.path} can't be used ({error}); mend it, or set {VARIABLE} to another folder",
                code="journal-unusable",
            ) from error

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
                f"{self.path} has schema {version}, not {schema.VERSION}: upgrade sophia", code="journal-schema"
            )
        return int(version)

    def _bring_up_to_date(self, db: "sqlite3.Connection") -> None:
        """Make or upgrade the tables under the write lock, which another process may have done since we looked."""
        version = self._version(db)
        if not version:
            schema.create(db)
            if not self.pin.exists():  # a pin without its journal tells of rows that are gone: it stays
                self._write_pin(EMPTY)
        elif version < schema.VERSION:
            schema.upgrade(db)

    def _expect_pinned(self, db: "sqlite3.Connection") -> None:
        """Refuse to write on after rows were lost: the next pin would hide it."""
        pinned = self._pinned()
        row = "SELECT * FROM entries WHERE sequence = ? AND hash = ?"
        if pinned is None or (pinned != EMPTY and not db.execute(row, pinned).fetchone()):
            raise JournalError(
                f"journal {self.path} and {self.pin.name} beside it disagree: one was removed or replaced."
                " `sophia audit verify` says where; move the folder away, and a new journal starts",
                code="journal-lost-rows",
            )

    def _pinned(self) -> Head | None:
        try:
            return Head.parse(self.pin.read_text(encoding="ascii", errors="replace"))
        except (FileNotFoundError, ValueError):
            return None

    def _write_pin(self, head: Head) -> None:
        write_whole(self.pin, f"{head}\n")


def _add(db: "sqlite3.Connection", row: Append) -> None:
    """Add a row inside the caller's transaction; one that can't be added does not stop the others."""
    try:
        standing = db.execute(f"{_OF_KEY} LIMIT 1", (str(row.kind), row.key)).fetchone() if row.once else None
        row.entry = schema.sound(standing) if standing else _insert(db, row.kind, row.key, row.body)
    except (JournalError, TypeError, ValueError) as error:
        row.error = error


def _insert(db: "sqlite3.Connection", kind: Kind, key: str, body: Mapping[str, Any]) -> Entry:
    entry = follow(_head(db), clock.now().isoformat(), kind, key, body)
    row = (entry.sequence, entry.time, entry.kind, entry.key, entry.body, entry.previous, entry.hash)
    db.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    schema.index(db, entry)
    return entry


def _head(db: "sqlite3.Connection") -> Head:
    row = db.execute("SELECT sequence, hash FROM entries ORDER BY sequence DESC LIMIT 1").fetchone()
    return Head(*row) if row else EMPTY
