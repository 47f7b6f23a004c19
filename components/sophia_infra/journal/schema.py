"""The tables of a journal: the rows, and indexes that are derived from them.

Version 1 had the rows only. Version 2 added indexes, version 3 the one of the newest rows, version 4 the names of
plans. All are filled from the rows: the chain stays as it was. Version 5 added seals, which no row tells: a file has
them, and a database, which knows who writes, has no need of them.
"""

from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import chain, pairwise, zip_longest
from typing import TYPE_CHECKING, Any

from sophia_infra.journal.archive import Archive
from sophia_infra.journal.chain import Entry, Head, Kind, Verification, walk
from sophia_infra.journal.cut import WHOLE, Cut
from sophia_infra.journal.storage import JournalError, trusted

if TYPE_CHECKING:
    import sqlite3

    from sophia_infra.journal.sql import Database

Select = Callable[..., Iterable[tuple[Any, ...]]]
"""Runs a query, with values for its question marks if it has any, and yields its rows, never all in memory at once."""

INDEXED, SEALED = 4, 5
"""The versions that have indexes, and seals as well."""
VERSION = SEALED
APPLICATION = 0x50F1A  # SQLite's application_id, which marks the file as a journal

ROWS = (
    "CREATE TABLE entries (sequence INTEGER PRIMARY KEY, time TEXT NOT NULL, kind TEXT NOT NULL,"
    " key TEXT NOT NULL, body TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL)",
    "CREATE INDEX entries_by_key ON entries (kind, key, sequence)",
)
TRIGGERS = {
    "no_delete": "CREATE TRIGGER no_delete BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'append-only'); END",
    "no_update": "CREATE TRIGGER no_update BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'append-only'); END",
}
_OF_SQLITE = (*TRIGGERS.values(), f"PRAGMA application_id = {APPLICATION}")
_SEALS = "CREATE TABLE IF NOT EXISTS seals (sequence INTEGER PRIMARY KEY, seal BLOB NOT NULL)"
_ALL = "SELECT * FROM entries WHERE sequence > {} ORDER BY sequence"
_UP_TO = "SELECT * FROM entries WHERE sequence <= {} ORDER BY sequence"
_PRUNED = "SELECT * FROM entries WHERE kind = 'prune' ORDER BY sequence DESC LIMIT 1"
DERIVED = {
    "runs": "run, kind, about, sequence",
    "owners": "holder",
    "created": "location, subject",
    "newest": "kind, key, resource",
}
"""The indexes, each with the columns of its primary key."""
INDEXES = (
    "DROP INDEX IF EXISTS entries_by_kind",
    *(f"DROP TABLE IF EXISTS {table}" for table in DERIVED),
    "CREATE INDEX entries_by_kind ON entries (kind, sequence)",
    "CREATE TABLE runs (run TEXT, kind TEXT, about TEXT, sequence INTEGER,"
    " PRIMARY KEY (run, kind, about, sequence)) WITHOUT ROWID",
    "CREATE TABLE owners (holder TEXT PRIMARY KEY, location TEXT NOT NULL, label TEXT NOT NULL,"
    " sequence INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX owners_by_location ON owners (location)",
    "CREATE INDEX owners_by_label ON owners (label)",
    "CREATE TABLE created (location TEXT, subject TEXT, PRIMARY KEY (location, subject)) WITHOUT ROWID",
    "CREATE TABLE newest (kind TEXT, key TEXT, resource TEXT, sequence INTEGER NOT NULL,"
    " PRIMARY KEY (kind, key, resource)) WITHOUT ROWID",
)
_NEWEST = (
    "INSERT INTO newest VALUES (?, ?, ?, ?)"
    " ON CONFLICT (kind, key, resource) DO UPDATE SET sequence = excluded.sequence"
)


def sound(row: tuple[Any, ...]) -> Entry:
    """Return a row as an entry. Raises: as `storage.trusted`."""
    return trusted(Entry(*row))


def create(db: "sqlite3.Connection") -> None:
    """Make the tables of a new journal in SQLite, inside the caller's transaction."""
    for statement in (*ROWS, *_OF_SQLITE):
        db.execute(statement)
    upgrade(db)


def upgrade(db: "sqlite3.Connection", version: int = 0) -> None:
    """Derive the indexes from the rows, inside the caller's transaction: a crash leaves an older journal as it was.

    Raises:
        JournalError: a row was changed since. Without it the indexes would lack an owner, whose records a delete takes.
    """
    for statement in (_SEALS, f"PRAGMA user_version = {VERSION}"):
        db.execute(statement)
    if version >= INDEXED:
        return
    for statement in INDEXES:
        db.execute(statement)
    for row in db.execute(_ALL.format(0)):
        index(db, sound(row))


def cut(select: Select) -> Cut:
    """Return where the journal begins.

    Raises:
        JournalError: the row that says so was changed since, or is none.
    """
    entries = [sound(row) for row in select(_PRUNED)]
    try:
        return Cut.from_body(entries[0].value) if entries else WHOLE
    except (KeyError, ValueError) as error:
        raise JournalError(f"journal row {entries[0].sequence} tells of no prune; upgrade sophia") from error


def prove(
    select: Select,
    noted: Collection[Head],
    pinned: Head | None,
    *,
    archives: Collection[Archive] = (),
    indexed: bool = True,
) -> Verification:
    """Walk the chain, hold it against heads of before, and its indexes (where it is `indexed`) against its rows.

    The walk begins where the journal does, or its oldest archive. The rows that a prune left are held against the
    archives, and against what the prune said of them. An archive of rows that are still in the journal, as a prune
    leaves it that was killed, is passed over with a remark.
    """
    where = cut(select)
    ended = [archive for archive in archives if archive.ends.sequence <= where.head.sequence]
    old = sorted(ended, key=lambda archive: archive.begins)
    begins = min([where.head, *(archive.begins for archive in old)])
    pins = [*noted, *([pinned] if pinned else [])]
    left = [Entry(*row) for row in select(_UP_TO.format(where.head.sequence))]
    held = [entry.head for entry in left if entry.sequence > begins.sequence]
    whole = chain(*(archive.rows() for archive in old), rows(select, where.head.sequence))
    found = walk(whole, [*pins, *held], begins)
    if found.ok and not (all(entry.sound for entry in left) and Cut.make(where.head, [e.head for e in left]) == where):
        why = f"the rows that stayed, of those up to row {where.head.sequence}, are not those that the prune left"
        return replace(found, why=why)
    if begins.sequence:
        remark = f"rows 1 to {begins.sequence} are in an archive: prove them as well with --archive FILE"
        found = replace(found, remarks=(remark, *found.remarks))
    early = [f"{archive.path} was not read: no prune to it has ended" for archive in archives if archive not in ended]
    found = replace(found, remarks=(*early, *found.remarks))
    stray = _stray(select) if found.ok and indexed else ""
    why = f"the rows are, but the table {stray} says something else than they do; docs/journal.md mends it"
    return replace(found, why=why) if stray else found


def remove(db: "Database", upto: int, staying: Collection[int]) -> None:
    """Remove the rows up to a sequence but for those that stay, and what the indexes say of them.

    Owners and created subjects are those of rows that stay: `retention.SLOTS`.
    """
    for low, high in pairwise([0, *sorted(staying), upto + 1]):
        db.execute("DELETE FROM entries WHERE sequence > ? AND sequence < ?", (low, high))
    for table in ("runs", "newest"):
        gone = "sequence <= ? AND sequence NOT IN (SELECT sequence FROM entries WHERE sequence <= ?)"
        db.execute(f"DELETE FROM {table} WHERE {gone}", (upto, upto))  # noqa: S608  # our own names


def rows(select: Select, after: int = 0) -> Iterator[Entry]:
    """Return the rows after a sequence as they stand, sound or not, oldest first."""
    return entries(select(_ALL.format(after)))


def entries(rows: Iterable[tuple[Any, ...]]) -> Generator[Entry, None, None]:
    """Yield rows as entries, sound or not."""
    for row in rows:
        yield Entry(*row)


def _stray(select: Select) -> str:
    """Which index says something else than the rows, of which all are sound; nothing where none does.

    It derives the indexes anew in a temporary file, and holds both side by side: memory stays small however many rows.
    """
    import sqlite3

    with closing(sqlite3.connect("")) as fresh:  # the empty name is SQLite's for a file of its own that goes with it
        create(fresh)
        for entry in rows(select):
            index(fresh, entry)
        for table, columns in DERIVED.items():
            query = f"SELECT * FROM {table} ORDER BY {columns}"  # noqa: S608  # our own names
            if any(theirs != ours for theirs, ours in zip_longest(select(query), fresh.execute(query))):
                return table
    return ""


def index(db: "Database", entry: Entry) -> None:
    """Note in the indexes what a new row says; `journal.Row` lists the keys that count."""
    body = entry.value
    row = (entry.kind, entry.key, body.get("resource") or "", entry.sequence)
    db.execute(_NEWEST, row)
    location = body.get("place") or entry.key
    if run := body.get("run"):
        names = (body.get("domain"), body.get("label")) if entry.kind == Kind.PLAN else ()
        abouts = {about for about in (location, *names) if about}
        db.executemany(
            "INSERT INTO runs VALUES (?, ?, ?, ?)", [(run, entry.kind, about, entry.sequence) for about in abouts]
        )
    if entry.kind == Kind.INTENT:
        subjects = ((location, subject) for subject in body.get("created") or ())
        db.executemany("INSERT INTO created VALUES (?, ?) ON CONFLICT DO NOTHING", subjects)
    if entry.kind == Kind.OUTCOME:
        _index_owner(db, location, entry.sequence, body)


def _index_owner(db: "Database", location: str, sequence: int, body: dict[str, Any]) -> None:
    holder, label = body.get("holder"), body.get("label")
    if not holder or not label:
        return  # a change by hand: nobody stands for it afterwards
    db.execute("DELETE FROM owners WHERE holder = ?", (holder,))
    if not body.get("removed"):
        db.execute("INSERT INTO owners VALUES (?, ?, ?, ?)", (holder, location, label, sequence))
