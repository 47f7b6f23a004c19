"""A journal in PostgreSQL, for a team or for CI: `SOPHIA_JOURNAL=postgresql://sophia@db.example/audit`.

The tables stand in the schema `sophia`, which the first row makes. Every writer takes one advisory lock, so the chain
has one order whoever writes. The pin stays on the machine that writes: who can change the database can't change it.
Needs the extra `postgresql` (psycopg).
"""

import atexit
import hashlib
import os
import socket
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sophia_infra import installation
from sophia_infra.credentials.urls import is_readable
from sophia_infra.home import TOLD_AFTER, make_private, project_folder, tell_wait
from sophia_infra.journal import schema
from sophia_infra.journal.archive import Archive
from sophia_infra.journal.chain import Entry, Head, Verification
from sophia_infra.journal.sql import Database, Queue, SqlStorage
from sophia_infra.journal.storage import JournalError
from sophia_infra.reporter import STDERR

if TYPE_CHECKING:
    import psycopg

VARIABLE = "SOPHIA_JOURNAL"
SCHEMES = ("postgresql://", "postgres://")
CONNECT_SECONDS, LOCK_SECONDS, SILENT_SECONDS = 10, 30, 30
_IDLE_SECONDS = 1
"""A connection that was not used for so long may have been lost: it is tried before it is used."""
_LIMITS = ["idle_in_transaction_session_timeout", "transaction_timeout"]
"""Settings of the server that end a transaction which is held; the second is there from PostgreSQL 17 on."""
_MAKE = (
    "CREATE SCHEMA IF NOT EXISTS sophia",
    "CREATE TABLE version (application BIGINT, version BIGINT)",
    "CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append-only'; END $$",
)
_HOLDER = """
SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32 | objid::bigint) = ?
"""
_APPEND_ONLY = (
    "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entries EXECUTE FUNCTION append_only()"
)


@dataclass(slots=True, eq=False)
class _Server:
    """The process's connection to one database, for one thread at a time."""

    url: str
    process: int
    queue: Queue = field(default_factory=Queue)
    lock: Lock = field(default_factory=Lock)
    _connection: "psycopg.Connection[Any] | None" = None
    _used: float = 0.0

    def execute(self, query: str, values: Sequence[object] = ()) -> Any:
        """Run a statement with question marks for values, as sqlite3 has them."""
        return self.connection.execute(query.replace("?", "%s"), values)

    def executemany(self, query: str, values: Iterable[Sequence[object]]) -> None:
        """Run a statement for each row of values."""
        self.connection.cursor().executemany(query.replace("?", "%s"), values)

    def select(self, query: str, values: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query, a few thousand at a time; inside a transaction only."""
        with self.connection.cursor("sophia") as cursor:
            yield from cursor.execute(query.replace("?", "%s"), values or None)

    @property
    def connection(self) -> "psycopg.Connection[Any]":
        """The open connection."""
        if self._connection is None:
            raise ValueError("call `open` first")
        return self._connection

    def open(self) -> None:
        """Connect, unless there is a connection that answers."""
        import psycopg

        if self._connection and time.monotonic() - self._used > _IDLE_SECONDS and not self._answers():
            self.close()
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self.url,
                autocommit=True,
                connect_timeout=CONNECT_SECONDS,
                tcp_user_timeout=SILENT_SECONDS * 1000,
                keepalives_idle=SILENT_SECONDS,  # what forgets silent connections on the way does not forget this one
                application_name=f"sophia, process {os.getpid()} on {socket.gethostname()}"[:63],
                prepare_threshold=None,  # a pooler may give each transaction another server connection
                options="-c search_path=sophia -c synchronous_commit=on",
            )
        self._used = time.monotonic()

    def close(self) -> None:
        """Close the connection, but for one that a fork inherited: that would end the parent's session."""
        if self._connection and self.process == os.getpid():
            self._connection.close()
        self._connection = None

    __del__ = close

    def leave(self) -> None:
        """Let go of our part of a connection that another process may have inherited: no word ends it for that one."""
        if self._connection and not self._connection.closed:
            with open(os.devnull, "rb") as nothing:
                os.dup2(nothing.fileno(), self._connection.fileno(), inheritable=False)
        self.close()

    def _answers(self) -> bool:
        import psycopg

        try:
            self.connection.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True


def refuse_unreadable(url: str, given_by: str) -> None:
    """Refuse a URL that the database's library would take apart elsewhere, and quote a part of the password.

    Raises:
        JournalError: it can't be read; nothing of it is shown.
    """
    if not is_readable(url):
        told = (
            f"{given_by} is no URL that can be read: write it like postgresql://user:password@host:5432/name, what is "
            "no letter or digit of user and password percent-encoded (RFC 3986 section 2.1), @ as %40"
        )
        raise JournalError(told, code="journal-unusable", field=given_by)


@lru_cache(maxsize=4)
def _server(url: str, process: int) -> _Server:
    return _Server(url, process)


atexit.register(_server.cache_clear)


@dataclass(frozen=True, slots=True)
class PostgresStorage(SqlStorage):
    """The storage in the database at `url`. Making one connects to nothing."""

    url: str = field(repr=False)

    @property
    def name(self) -> str:
        """The URL without user, password and options."""
        parts = urlsplit(self.url)
        port = f":{parts.port}" if parts.port else ""
        return f"postgresql://{parts.hostname or ''}{port}{parts.path}"

    @property
    def vouched(self) -> bool:
        """Yes: the server lets in whom it knows."""
        return True

    @property
    def select(self) -> str:
        """Ask for rows: all are ours."""
        return "SELECT *, true FROM entries"

    def entry(self, row: tuple[Any, ...]) -> Entry:
        """Return a row."""
        return schema.sound(row)

    def vouch(self, db: Database, rows: Iterable[Head]) -> None:
        """Nothing is to be done: the server does."""

    def rekey(self, by: str) -> int:
        """Nothing is sealed."""
        return 0

    @property
    def pin(self) -> Path:
        """A file in the project's folder, named after the database."""
        return project_folder() / f"journal-{hashlib.sha256(self.name.encode()).hexdigest()[:12]}.head"

    @property
    def queue(self) -> Queue:
        """What waits to be written."""
        return _server(self.url, os.getpid()).queue

    @contextmanager
    def reading(self) -> Iterator[_Server | None]:
        """Hand out the connection."""
        with self._used() as db:
            yield db if self._version(db) else None

    @contextmanager
    def writing(self) -> Iterator[_Server]:
        """Hand out the connection in a transaction under the lock of all writers."""
        with self._used() as db, self._transaction(db):
            if not self._version(db):
                self._make(db)
            yield db
        make_private(self.pin.parent)

    @contextmanager
    def locked(self, name: str, seconds: float) -> Iterator[None]:
        """Hold an advisory lock in a transaction of its own: it ends with the connection, and a pooler keeps to it.

        The server's limits for idle and long transactions do not end this one; a connection that is lost is told.
        """
        from psycopg import Error

        with ExitStack() as held:
            server = _Server(self.url, os.getpid())
            held.callback(server.close)
            self._take(server, name, seconds, lambda: held.enter_context(server.connection.transaction()))
            yield
            try:
                held.close()
            except (Error, OSError) as error:
                why = " ".join(str(error).split())
                lost = f"journal {self.name} let go of {name!r} early, and another run may have done the same"
                STDERR.say(f"{lost}: {why}")

    @contextmanager
    def inherited(self, name: str, seconds: float) -> Iterator[tuple[int, ...]]:
        """Hold an advisory lock in a transaction as `locked` does, for as long as anybody has its connection open."""
        server = _Server(self.url, os.getpid())
        try:
            self._take(server, name, seconds, lambda: server.execute("BEGIN"))
            # A machine that is lost says nothing: the server is to notice within a minute or so.
            for setting, value in (("idle", 30), ("interval", 10), ("count", 3)):
                server.execute(f"SET tcp_keepalives_{setting} = {value}")
            yield (server.connection.fileno(),)
        finally:
            server.leave()

    def _take(self, server: _Server, name: str, seconds: float, begin: Callable[[], object]) -> None:
        """Begin a transaction that holds a name; the server's limits for idle and long transactions do not end it."""
        from psycopg import Error
        from psycopg.errors import LockNotAvailable

        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
        try:
            server.open()
            begin()
            server.execute("SELECT set_config(name, '0', true) FROM pg_settings WHERE name = ANY(?)", (_LIMITS,))
            server.execute(f"SET LOCAL lock_timeout = '{max(1, int(seconds * 1000))}ms'")  # 0 is no limit
            server.execute("SELECT pg_advisory_xact_lock(?)", (number,))
        except LockNotAvailable:
            raise self.in_vain(name, seconds) from None
        except (Error, OSError) as error:
            raise self.unusable(" ".join(str(error).split())) from None

    def unusable(self, reason: object) -> JournalError:
        """Return the error for a database that can't be used."""
        way_out = f"mend it, or name another one in {VARIABLE}"
        return JournalError(f"journal {self.name} can't be used ({reason}); {way_out}", code="journal-unusable")

    def missing_pin(self) -> None:
        """Nothing is lost: a machine that never wrote to the database has no pin of it."""

    @contextmanager
    def snapshot(self) -> Iterator[schema.Select]:
        """Hand out what asks for rows."""
        with self._used() as db:
            if not self._version(db):
                raise JournalError(f"no journal at {self.name}; the first row makes it", code="no-journal")
            with db.connection.transaction():
                db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                yield db.select

    def keep_all(self, db: Database, on: bool) -> None:
        """Switch the trigger on or off, which the owner of the table may."""
        db.execute(f"ALTER TABLE entries {'ENABLE' if on else 'DISABLE'} TRIGGER append_only")

    def verify(self, *noted: Head, archives: Collection[Archive] = ()) -> Verification:
        """Walk the whole chain, and hold it against this machine's pin and the heads that were noted."""
        pinned = self.pinned()
        with self.snapshot() as select:
            if pinned and pinned.sequence < schema.cut(select).head.sequence and not archives:
                pinned = None  # this machine has not written since, so all that its pin could prove is archived
            return schema.prove(select, noted, pinned, archives=archives)

    @contextmanager
    def _used(self) -> Iterator[_Server]:
        try:
            import psycopg
        except ImportError:
            raise self.unusable(f"psycopg is missing: {installation.command('postgresql')}") from None
        server = _server(self.url, os.getpid())
        try:
            with server.lock:
                server.open()
                try:
                    yield server
                except psycopg.Error:
                    server.close()  # it may be lost, and libpq not know that before the next use
                    raise
        except (psycopg.Error, OSError) as error:
            raise self.unusable(" ".join(str(error).split())) from None

    @contextmanager
    def _transaction(self, db: _Server) -> Iterator[None]:
        with db.connection.transaction():
            db.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            if not db.execute("SELECT pg_try_advisory_xact_lock(?)", (schema.APPLICATION,)).fetchone()[0]:
                self._wait(db)
            yield

    def _wait(self, db: _Server) -> None:
        """Wait for the lock of all writers; who waits for long is told for whom."""
        from psycopg.errors import LockNotAvailable

        take = "SELECT pg_advisory_xact_lock(?)", (schema.APPLICATION,)
        with suppress(LockNotAvailable), db.connection.transaction():
            db.execute(f"SET LOCAL lock_timeout = '{int(TOLD_AFTER * 1000)}ms'")
            db.execute(*take)
            db.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            return
        holder = db.execute(_HOLDER, (schema.APPLICATION,)).fetchone()
        tell_wait(f"the journal {self.name}", holder[0] if holder and holder[0] else "another process")
        db.execute(*take)

    def _version(self, db: _Server) -> int:
        """Return the schema's version, 0 where there is no journal yet; refuse one that is not ours."""
        if db.execute("SELECT to_regclass('sophia.version')").fetchone()[0] is None:
            return 0
        application, version = db.execute("SELECT application, version FROM version").fetchone() or (None, 0)
        if application != schema.APPLICATION:
            why = "has a schema `sophia` that is no journal; give another database"
            raise JournalError(f"{self.name} {why}", code="not-a-journal")
        if version != schema.INDEXED:
            why = f"has schema {version}, not {schema.INDEXED}: upgrade sophia"
            raise JournalError(f"{self.name} {why}", code="journal-schema", value=version, limit=schema.INDEXED)
        return int(version)

    def _make(self, db: _Server) -> None:
        """Make the tables. Schemas before and after this one are SQLite's only."""
        for statement in (*_MAKE, *map(_dialect, (*schema.ROWS, *schema.INDEXES)), _APPEND_ONLY):
            db.execute(statement)
        db.execute("INSERT INTO version VALUES (?, ?)", (schema.APPLICATION, schema.INDEXED))


def _dialect(statement: str) -> str:
    """Return a statement of `schema` as PostgreSQL has it; keys compare by their bytes, as in SQLite."""
    return statement.replace("INTEGER", "BIGINT").replace(" TEXT", ' TEXT COLLATE "C"').replace(" WITHOUT ROWID", "")
