"""The journal: an append-only, hash-chained record of every request, advice, apply and outcome.

One SQLite file, `.sophia/journal.db`, and beside it `journal.head`, which pins the newest row. Every
operation opens a connection of its own and every append takes SQLite's write lock first, so threads and
processes share a journal safely. Rollback mode, not WAL: it needs no shared memory, a copy of the one file
is whole, and the load is a few rows a run. docs/journal.md says what the chain proves and what it can't.
"""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sophia_infra import clock
from sophia_infra.advice.chain import EMPTY, Entry, Head, Kind, Verification, follow, walk
from sophia_infra.errors import SophiaError

if TYPE_CHECKING:
    import sqlite3

VARIABLE = "SOPHIA_HOME"
FOLDER = ".sophia"
FILE = "journal.db"
BUSY_SECONDS = 30
SCHEMA_VERSION = 1
APPLICATION = 0x50F1A  # SQLite's application_id, which marks the file as a journal

_SCHEMA = (
    "CREATE TABLE entries (sequence INTEGER PRIMARY KEY, time TEXT NOT NULL, kind TEXT NOT NULL,"
    " key TEXT NOT NULL, body TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL)",
    "CREATE INDEX entries_by_key ON entries (kind, key, sequence)",
    "CREATE TRIGGER no_delete BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'append-only'); END",
    "CREATE TRIGGER no_update BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'append-only'); END",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)


class JournalError(SophiaError):
    """A journal that can't be opened or written, or whose chain is broken."""

    code = "journal"


@dataclass(frozen=True, slots=True)
class Journal:
    """The journal in the file at `path`. Making one touches nothing; the file appears with the first
    append.

    Every method may be called on any thread and in any process, and raises JournalError when the file can't
    be used.
    """

    path: Path

    @classmethod
    def open(cls, folder: str | os.PathLike[str] | None = None) -> Self:
        """Return the journal in `folder`, else $SOPHIA_HOME, else `.sophia` of the Pulumi project here."""
        chosen = folder or os.environ.get(VARIABLE) or _project() / FOLDER
        return cls(Path(chosen).expanduser().absolute() / FILE)

    @property
    def pin(self) -> Path:
        """The file that names the newest row. It is written after the row: it may lag, and is never ahead."""
        return self.path.with_suffix(".head")

    def append(self, kind: Kind, key: str, body: Mapping[str, Any]) -> Entry:
        """Add a row; it is on disk when this returns.

        `body` holds JSON values and comes from a Request, an Advice or a plan: nothing that may carry a
        secret.

        Raises:
            JournalError: the row is not safely there. Whoever is about to change something outside MUST
            stop.
        """
        with self._writing() as db:
            return _insert(db, kind, key, body)

    def append_once(self, kind: Kind, key: str, body: Mapping[str, Any]) -> Entry:
        """Add a row unless one of this kind and key is there; return the one that stands: the first wins."""
        with self._writing() as db:
            return _newest_of(db, kind, key) or _insert(db, kind, key, body)

    def find(self, kind: Kind, key: str) -> Entry | None:
        """Return the newest row of this kind and key, None where there is none."""
        if not self.path.exists():
            return None
        with self._connection("rw") as db:
            return None if self._is_new(db) else _newest_of(db, kind, key)

    def newest(self, kind: Kind, most: int = 1000) -> list[Entry]:
        """Return rows of a kind, the newest first."""
        if not self.path.exists():
            return []
        with self._connection("rw") as db:
            if self._is_new(db):
                return []
            query = "SELECT * FROM entries WHERE kind = ? ORDER BY sequence DESC LIMIT ?"
            return [_sound(Entry(*row)) for row in db.execute(query, (str(kind), most))]

    def unfinished(self, key: str) -> Entry | None:
        """Return the newest apply-intent of `key` if no outcome follows it: a change cut off half-way."""
        intent, outcome = self.find(Kind.INTENT, key), self.find(Kind.OUTCOME, key)
        if intent and outcome and outcome.sequence > intent.sequence:
            return None
        return intent

    def verify(self, *noted: Head) -> Verification:
        """Walk the whole chain and hold it against the pin, and against heads that were noted elsewhere.

        Raises:
            JournalError: there is no journal at `path`, or the file is no journal of this release.
        """
        if not self.path.exists():
            raise JournalError(f"no journal at {self.path}; name its file, or set {VARIABLE} to its folder")
        pinned = self._pinned()
        with self._connection("rw") as db:
            found = walk(_rows(db) if not self._is_new(db) else (), [*noted, *([pinned] if pinned else [])])
        if found.ok and not pinned:
            why = f"{self.pin.name} is missing or mangled, so rows cut off at the end would not show"
            return Verification(found.rows, ok=False, first_bad=None, why=why, head=found.head)
        return found

    @contextmanager
    def _writing(self) -> Iterator["sqlite3.Connection"]:
        with self._connection("rwc") as db:
            db.execute("BEGIN IMMEDIATE")
            if self._is_new(db):
                self._set_up(db)
            self._expect_pinned(db)
            yield db
            head = _head(db)
            db.execute("COMMIT")
            self._write_pin(head)

    @contextmanager
    def _connection(self, mode: str) -> Iterator["sqlite3.Connection"]:
        import sqlite3

        try:
            if mode == "rwc":
                make_home(self.path.parent)
            address = f"{self.path.as_uri()}?mode={mode}"
            db = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
            with closing(db):
                db.execute("PRAGMA synchronous = EXTRA")
                db.text_factory = _decode
                yield db
        except (sqlite3.Error, OSError) as error:
            raise JournalError(
                f"journal {self.path} can't be used ({error}); mend it, or set {VARIABLE} to another folder"
            ) from error

    def _is_new(self, db: "sqlite3.Connection") -> bool:
        """Return whether nothing was ever committed to the file, and refuse one that is not ours."""
        application, version, schema = (
            db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version", "schema_version")
        )
        if not schema:
            return True
        if application != APPLICATION:
            raise JournalError(f"{self.path} is no journal; move it, or set {VARIABLE} to another folder")
        if version != SCHEMA_VERSION:
            raise JournalError(f"{self.path} has schema {version}, not {SCHEMA_VERSION}: upgrade sophia")
        return False

    def _set_up(self, db: "sqlite3.Connection") -> None:
        for statement in _SCHEMA:
            db.execute(statement)
        if not self.pin.exists():  # a pin without its journal tells of rows that are gone: it stays
            self._write_pin(EMPTY)

    def _expect_pinned(self, db: "sqlite3.Connection") -> None:
        """Refuse to write on after rows were lost: the next pin would hide it."""
        pinned = self._pinned()
        if pinned is None or (pinned != EMPTY and _hash_at(db, pinned.sequence) != pinned.hash):
            raise JournalError(
                f"journal {self.path} and {self.pin.name} beside it disagree: one was removed or replaced."
                " `sophia audit verify` says where; move the folder away, and a new journal starts"
            )

    def _pinned(self) -> Head | None:
        try:
            return Head.parse(self.pin.read_text(encoding="ascii", errors="replace"))
        except (FileNotFoundError, ValueError):
            return None

    def _write_pin(self, head: Head) -> None:
        draft = self.path.with_suffix(f".head-{os.getpid()}-{threading.get_ident()}")
        with draft.open("w", encoding="ascii") as file:
            file.write(f"{head}\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.pin)


def _decode(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")  # a damaged row shall fail its hash, not the query


def _project() -> Path:
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "Pulumi.yaml").exists()), here)


def make_home(folder: Path) -> None:
    """Make the folder of the journal, and of what stands beside it: private to its user, and ignored by git."""
    if not folder.is_dir():
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        (folder / ".gitignore").write_text("*\n", encoding="ascii")


def _insert(db: "sqlite3.Connection", kind: Kind, key: str, body: Mapping[str, Any]) -> Entry:
    entry = follow(_head(db), clock.now().isoformat(), kind, key, body)
    row = (entry.sequence, entry.time, entry.kind, entry.key, entry.body, entry.previous, entry.hash)
    db.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    return entry


def _head(db: "sqlite3.Connection") -> Head:
    row = db.execute("SELECT sequence, hash FROM entries ORDER BY sequence DESC LIMIT 1").fetchone()
    return Head(*row) if row else EMPTY


def _hash_at(db: "sqlite3.Connection", sequence: int) -> str | None:
    row = db.execute("SELECT hash FROM entries WHERE sequence = ?", (sequence,)).fetchone()
    return row[0] if row else None


def _newest_of(db: "sqlite3.Connection", kind: Kind, key: str) -> Entry | None:
    query = "SELECT * FROM entries WHERE kind = ? AND key = ? ORDER BY sequence DESC LIMIT 1"
    row = db.execute(query, (str(kind), key)).fetchone()
    return _sound(Entry(*row)) if row else None


def _sound(entry: Entry) -> Entry:
    if not entry.sound:
        raise JournalError(f"journal row {entry.sequence} was changed since; see `sophia audit verify`")
    return entry


def _rows(db: "sqlite3.Connection") -> Iterator[Entry]:
    return (Entry(*row) for row in db.execute("SELECT * FROM entries ORDER BY sequence"))
