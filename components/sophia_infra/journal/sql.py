"""What all storages of a journal in SQL tables share: the questions, and the one way in which rows are added."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any, Literal, Protocol

from sophia_infra import clock
from sophia_infra.home import write_whole
from sophia_infra.journal import schema
from sophia_infra.journal.chain import EMPTY, Entry, Head, Kind, follow
from sophia_infra.journal.cut import Cut
from sophia_infra.journal.storage import JournalError

_BATCH = 500
"""How many values one statement may ask for; SQLite allows 999 and more."""
_NO_END = 2**63 - 1
_LAST_CHARACTER = "\U0010ffff"
_OF_KEY = "WHERE kind = ? AND key = ? ORDER BY sequence DESC LIMIT 1"
_ABOUT = "resource IN ('', ?)"
_OF_RESOURCE = f"WHERE sequence = (SELECT max(sequence) FROM newest WHERE kind = ? AND key = ? AND {_ABOUT})"  # noqa: S608  # constants only
_PINNED = "SELECT * FROM entries WHERE sequence = ? AND hash = ?"
_PAGE = "WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT 10000"
_MENTIONING = "SELECT * FROM entries WHERE sequence > ? AND body LIKE ? ORDER BY sequence DESC"
_IN = "WHERE sequence IN (SELECT sequence FROM {}) ORDER BY sequence"


class Database(Protocol):
    """A connection, as `sqlite3` has it; values stand for question marks."""

    def execute(self, query: str, values: Sequence[object] = ..., /) -> Any:
        """Run a statement; its cursor has `fetchone`, `fetchall` and yields rows."""

    def executemany(self, query: str, values: Iterable[Sequence[object]], /) -> Any:
        """Run a statement for each row of values."""


@dataclass(slots=True, eq=False)
class Append:
    """A row to write, `once` unless there is one of its kind and key; then the entry that stands, or why none does."""

    kind: Kind
    key: str
    body: Mapping[str, Any]
    once: bool
    entry: Entry | None = None
    error: BaseException | None = None


@dataclass(slots=True, eq=False)
class Queue:
    """The rows that a process's threads want to add to one journal; each commit takes all that wait.

    A commit waits for the disk. So rows that come while another is under way share the next one.
    """

    turn: Lock = field(default_factory=Lock)
    waiting: deque[Append] = field(default_factory=deque)

    def taken(self) -> list[Append]:
        """Return what waits, and take it out."""
        return [self.waiting.popleft() for _ in range(len(self.waiting))]


class SqlStorage(ABC):
    """A storage that can be asked in SQL; see `storage.Storage`. The tables are those of `schema`."""

    __slots__ = ()

    @property
    @abstractmethod
    def name(self) -> str:
        """What people know it by: a path, or a URL without credentials."""

    @property
    @abstractmethod
    def vouched(self) -> bool:
        """Whether only those can have written who were let in."""

    @property
    @abstractmethod
    def pin(self) -> Path:
        """The file that names the newest row. It is written after the row: it may lag, and is never ahead."""

    @property
    @abstractmethod
    def queue(self) -> Queue:
        """What waits to be written; the same for all storages of the journal in this process."""

    @property
    @abstractmethod
    def select(self) -> str:
        """What asks for rows, each with what says whether it is ours; a condition is added to it."""

    @abstractmethod
    def entry(self, row: tuple[Any, ...]) -> Entry:
        """Return one of these rows; raises as `storage.trusted`."""

    @abstractmethod
    def vouch(self, db: Database, rows: Iterable[Head]) -> None:
        """Make rows ours, inside the caller's transaction."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[Database | None]:
        """Hand out the database with the tables of today; None where nothing was ever written."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[Database]:
        """Hand out the database in a transaction that no other writer shares; its end commits to disk."""

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[schema.Select]:
        """Hand out what asks for rows as of one moment, without keeping others from writing for long."""

    @abstractmethod
    def keep_all(self, db: Database, on: bool) -> None:
        """Have the database refuse to change or remove rows, or not, inside the caller's transaction."""

    @abstractmethod
    def missing_pin(self) -> None:
        """Refuse to write on without a pin, where that means that something was lost."""

    @abstractmethod
    def unusable(self, reason: object) -> JournalError:
        """Return the error for a storage that fails, with the way out."""

    @abstractmethod
    def locked(self, name: str, seconds: float) -> AbstractContextManager[None]:
        """Hold a name alone among all who share the journal."""

    @contextmanager
    def inherited(self, name: str, seconds: float) -> Iterator[tuple[int, ...]]:
        """Hold nothing: a file is one machine's."""
        yield ()

    def in_vain(self, name: str, seconds: float) -> JournalError:
        """Return the error for who has waited for a name in vain."""
        told = f"another run has held {name} in the journal {self.name} for {seconds:g} s; wait for it, then run again"
        return JournalError(told, code="journal-locked", subject=name, limit=seconds)

    def append(self, kind: Kind, key: str, body: Mapping[str, Any]) -> Entry:
        """Add a row."""
        return self._append(Append(kind, key, body, once=False))[0]

    def append_once(self, key: str, *rows: tuple[Kind, Mapping[str, Any]]) -> list[Entry]:
        """Add those rows of which there is none of their kind and key; return those that stand."""
        return self._append(*(Append(kind, key, body, once=True) for kind, body in rows))

    def last(self, kind: Kind, key: str, resource: str | None = None) -> Entry | None:
        """Return the newest row of this kind and key, and of a resource."""
        query, about = (_OF_KEY, ()) if resource is None else (_OF_RESOURCE, (resource,))
        return next(iter(self._entries(query, str(kind), key, *about)), None)

    def before(self, kind: Kind, key: str, sequence: int | None, most: int) -> list[Entry]:
        """Return the newest `most` rows of this kind and key below `sequence`."""
        query = "WHERE kind = ? AND key = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?"
        return self._entries(query, str(kind), key, _NO_END if sequence is None else sequence, most)

    def at(self, sequence: int) -> Entry | None:
        """Return the row of this number."""
        return next(iter(self._entries("WHERE sequence = ?", sequence)), None)

    def newest(self, kind: Kind | None, most: int) -> list[Entry]:
        """Return the newest `most` rows of a kind, or of all."""
        if kind is None:
            return self._entries("WHERE sequence > 0 ORDER BY sequence DESC LIMIT ?", most)
        return self._entries("WHERE kind = ? ORDER BY sequence DESC LIMIT ?", str(kind), most)

    def keys(self, kind: Kind, beginning: str, most: int, resource: str | None = None) -> list[str]:
        """Return keys of a kind that begin so, and of a resource."""
        about = () if resource is None else (resource,)
        there = f"kind = ? AND key >= ? AND key < ?{f' AND {_ABOUT}' if about else ''}"
        query = f"SELECT DISTINCT key FROM newest WHERE {there} ORDER BY key LIMIT ?"  # noqa: S608  # constants only
        values = (str(kind), beginning, f"{beginning}{_LAST_CHARACTER}", *about, most)
        return [key for (key,) in self._asked(query, *values)]

    def of_run(self, kind: Kind, run: str, *about: str) -> list[Entry]:
        """Return the rows of this kind that a run wrote about any of these."""
        marks = ", ".join("?" * len(about))
        there = f"runs WHERE run = ? AND kind = ? AND about IN ({marks})"
        return self._entries(_IN.format(there), run, str(kind), *about) if about else []

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

    @contextmanager
    def rows(self, after: int) -> Iterator[Iterator[Entry]]:
        """Hand out the rows after a sequence."""
        with self.snapshot() as select:
            yield schema.rows(select, after)

    @contextmanager
    def mentioning(self, text: str, after: int) -> Iterator[Iterator[Entry]]:
        """Hand out the rows after a sequence that may hold a text, newest first."""
        like = f"%{text}%".replace("\\", "_")  # to PostgreSQL it takes its meaning from the sign after it
        with self.snapshot() as select, closing(schema.entries(select(_MENTIONING, (after, like)))) as rows:
            yield rows

    def cut(self) -> Cut:
        """Return where the journal begins."""
        with self.snapshot() as select:
            return schema.cut(select)

    def foreign(self) -> Iterator[Entry]:
        """Yield the rows that are not ours."""
        for page in self._foreign(self._asked, _NO_END):
            yield from page

    def accept(self, upto: Head, by: str) -> int:
        """Prove the chain and its indexes, and make rows ours."""
        count = 0
        with self.writing() as db:
            self._expect_pinned(db)
            found = schema.prove(db.execute, [upto], self.pinned())
            if not found.ok:
                raise JournalError(f"journal {self.name} is broken, so nothing of it is accepted: {found.why}")
            for page in self._foreign(lambda query, *values: db.execute(query, values).fetchall(), upto.sequence):
                self.vouch(db, [entry.head for entry in page])
                count += len(page)
            self._insert(db, Kind.ACCEPT, "journal", {"head": str(upto), "rows": count, "by": by})
            head = head_of(db)
        self._note(head)
        return count

    def _foreign(self, ask: Callable[..., list[tuple[Any, ...]]], upto: int) -> Iterator[list[Entry]]:
        """Yield the rows that are not ours, a page at a time."""
        at = 0
        while rows := ask(f"{self.select} {_PAGE}", at, upto):
            entries = [self.entry(row) for row in rows]
            at = entries[-1].sequence
            yield [entry for entry in entries if not entry.ours]

    def prune(self, before: Cut, after: Cut, staying: Collection[int], body: Mapping[str, Any]) -> None:
        """Remove the rows up to a cut but for those that stay."""
        with self.writing() as db:
            self._expect_pinned(db)
            if schema.cut(db.execute) != before:
                raise JournalError(f"journal {self.name} was pruned by somebody else in between; run it again")
            self._note(head_of(db))  # it may lag, and must not name a row that leaves
            self.keep_all(db, False)
            schema.remove(db, after.head.sequence, staying)
            self.keep_all(db, True)
            self._insert(db, Kind.PRUNE, "journal", body)
            head = head_of(db)
        self._note(head)

    def _entries(self, where: str, *values: object) -> list[Entry]:
        return [self.entry(row) for row in self._asked(f"{self.select} {where}", *values)]

    def _asked(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.reading() as db:
            return db.execute(query, values).fetchall() if db else []

    def _append(self, *rows: Append) -> list[Entry]:
        """Write rows, and with them those of other threads; whoever finds its own written has nothing left to do."""
        queue = self.queue
        queue.waiting.extend(rows)
        try:
            with queue.turn:
                if not all(row.entry or row.error for row in rows):
                    self.write(queue.taken())
            if failed := next((row.error for row in rows if row.error), None):
                raise failed
        except BaseException:
            for row in rows:
                with suppress(ValueError):
                    queue.waiting.remove(row)  # what was not written when this raises, nobody shall write afterwards
            raise
        return [row.entry for row in rows if row.entry]

    def write(self, rows: Sequence[Append]) -> None:
        """Write rows in one transaction, and pin the last of them. Each row says what became of it.

        Plans alone pin nothing, since nothing outside follows them: the next row of another kind pins them too.

        Raises:
            JournalError: none of them was written.
        """
        try:
            with self.writing() as db:
                self._expect_pinned(db)
                for row in rows:
                    self._add(db, row)
                head = head_of(db)
            if any(row.kind is not Kind.PLAN for row in rows):
                self._note(head)
        except BaseException as error:
            for row in rows:
                row.error = row.error or error
            raise

    def pinned(self) -> Head | None:
        """Return the row that the pin names; None where there is no pin, or a mangled one."""
        try:
            return Head.parse(self.pin.read_text(encoding="ascii", errors="replace"))
        except (FileNotFoundError, ValueError):
            return None

    def write_pin(self, head: Head) -> None:
        """Note the newest row."""
        write_whole(self.pin, f"{head}\n")

    def _note(self, head: Head) -> None:
        try:
            self.write_pin(head)
        except OSError as error:
            raise self.unusable(error) from error

    def _expect_pinned(self, db: Database) -> None:
        """Refuse to write on after rows were lost: the next pin would hide it."""
        pinned = self.pinned()
        if pinned is None:
            self.missing_pin()
        elif pinned != EMPTY and not db.execute(_PINNED, pinned).fetchone():
            if pinned.sequence > schema.cut(db.execute).head.sequence:
                raise self.disagreement()
            self.missing_pin()  # its row is in an archive

    def _add(self, db: Database, row: Append) -> None:
        """Add a row inside the caller's transaction; one that can't be added does not stop the others."""
        try:
            found = db.execute(f"{self.select} {_OF_KEY}", (str(row.kind), row.key)).fetchone() if row.once else None
            standing = self.entry(found) if found else None
            ours = standing if standing and standing.ours else None
            row.entry = ours or self._insert(db, row.kind, row.key, row.body)
        except (JournalError, TypeError, ValueError) as error:
            row.error = error

    def _insert(self, db: Database, kind: Kind, key: str, body: Mapping[str, Any]) -> Entry:
        entry = follow(head_of(db), clock.now().isoformat(), kind, key, body)
        self.vouch(db, [entry.head])  # where it can't, the row is not written
        row = (entry.sequence, entry.time, entry.kind, entry.key, entry.body, entry.previous, entry.hash)
        db.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        schema.index(db, entry)
        return replace(entry, ours=True)

    def disagreement(self) -> JournalError:
        """Return the error that says that rows were lost."""
        return JournalError(
            f"journal {self.name} and {self.pin} disagree: one was removed or replaced, as by a backup."
            " `sophia audit verify` says where they part; put back both from one backup, or move the folder away, and a"
            " new journal starts",
            code="journal-lost-rows",
        )


def head_of(db: Database) -> Head:
    """Return the newest row, EMPTY where there is none."""
    row = db.execute("SELECT sequence, hash FROM entries ORDER BY sequence DESC LIMIT 1").fetchone()
    return Head(*row) if row else EMPTY
