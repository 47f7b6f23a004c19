"""The journal as code uses it: rows go in and come out as the dataclasses they are."""

import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, Protocol, Self, TypeVar

from sophia_infra import clock
from sophia_infra.codec import decode, encode
from sophia_infra.credentials import fetch, resolve
from sophia_infra.home import project_folder
from sophia_infra.journal import seal
from sophia_infra.journal.archive import Archive
from sophia_infra.journal.chain import MACHINE_TIME, Entry, Head, Kind, Verification
from sophia_infra.journal.postgresql import SCHEMES, VARIABLE, PostgresStorage, refuse_unreadable
from sophia_infra.journal.sqlite import FILE, SqliteStorage
from sophia_infra.journal.storage import JournalError, Storage

_PAGE = 50
_ACTS = (Kind.INTENT, Kind.APPROVAL)
"""Before anything outside is changed, one of these is written."""


class Row(Protocol):
    """One type of row, a frozen dataclass: its one writer is `to_body`, its one reader `from_body`.

    A type that inherits from this one is written field by field. It stands beside the code it belongs to, advice in
    `advice/`, a zone's rows in `dns/`: the journal itself knows no word of theirs.

    `KIND` says what sort of event it is, `RESOURCE` what sort of resource it is about, such as `certificate`; empty
    where it is about no resource. Two resources may have rows of one kind, which `RESOURCE` tells apart.

    A row MUST hold no secret. `to_body` MUST return JSON values. `from_body` MUST read what every release before wrote:
    a key is never renamed or given another meaning, and a key that came later has a default.

    The storage finds rows by these keys of a body, whatever else it holds:

    - `machine_time`: the journal's own, where SOPHIA_NOW moved the clock: what the machine's clock said.
    - `run`: the engine's run that wrote it.
    - `place`: the location it is about; the row's key where there is none.
    - `created` (in an intent): the subjects it sets out to write.
    - `holder`, `label`, `removed` (in an outcome): the resource whose last word on its location this is, and whether
      that word is that it has no part in it any more.
    """

    KIND: ClassVar[Kind]
    RESOURCE: ClassVar[str] = ""

    def to_body(self) -> dict[str, Any]:
        """Return the body of the row."""
        body: dict[str, Any] = encode(self)
        return body

    @classmethod
    def from_body(cls, body: Mapping[str, Any], /) -> Self:
        """Read a body.

        Raises:
            KeyError, TypeError, ValueError: it is not that of such a row.
        """
        row: Self = decode(cls, body)
        return row


R = TypeVar("R", bound=Row)
R_co = TypeVar("R_co", bound=Row, covariant=True)


@dataclass(frozen=True, slots=True)
class Recorded(Generic[R_co]):
    """A row as it stands in the journal: a later one has a higher `sequence`; `time` is in UTC.

    `ours` is whether this machine vouches for it: see `Storage.vouched`.
    """

    sequence: int
    time: datetime
    key: str
    row: R_co
    ours: bool = True


@dataclass(frozen=True, slots=True)
class Journal:
    """Typed rows over a storage. Making one touches nothing.

    Every method may be called on any thread and in any process. It raises JournalError when the storage can't be used,
    and for a row that is not what its kind and key say. Rows of other resources than a type's own are passed over.

    Anyone can make a file with a chain that is whole. So where rows are read, those that are not ours are passed over,
    as if they were not there, which is told. `foreign=True` takes them as well: for what can only hold a run back, and
    for people to look at.
    """

    storage: Storage

    @classmethod
    def open(cls, where: str | os.PathLike[str] | None = None, given_by: str = "journal") -> Self:
        """Return the journal at `where`, else at $SOPHIA_JOURNAL: a `postgresql://` URL, a file or a folder.

        Either may be a reference to that, since a URL may hold a password; an error names it by what it is `given_by`.
        Where neither is given, it is in the folder $SOPHIA_HOME, else in `.sophia` of the Pulumi project here.

        Raises:
            CredentialError: the reference leads to nothing.
            JournalError: a URL can't be read.
        """
        chosen = resolve(os.fspath(where), given_by) if where else fetch(VARIABLE, os.environ.get)
        if chosen.startswith(SCHEMES):
            refuse_unreadable(chosen, given_by)
            return cls(PostgresStorage(chosen))
        path = Path(chosen).expanduser().absolute()
        is_file = chosen and (path.is_file() or path.name == FILE)
        return cls(SqliteStorage(path if is_file else project_folder(chosen) / FILE))

    @property
    def name(self) -> str:
        """What people know it by: a path, or a URL without credentials."""
        return self.storage.name

    def write(self, key: str, row: Row) -> None:
        """Add a row; it is durable when this returns.

        Raises:
            JournalError: it is not safely there. Whoever is about to change something outside MUST stop.
            MovedError: it is an intent or an approval, and SOPHIA_NOW moves the clock.
        """
        if row.KIND in _ACTS:
            clock.refuse_moved()
        self.storage.append(row.KIND, key, _body(row))

    def locked(self, name: str, seconds: float) -> AbstractContextManager[None]:
        """Hold a name for the length of a block, alone among all who share the journal; see `Storage.locked`."""
        return self.storage.locked(name, seconds)

    def inherited(self, name: str, seconds: float) -> AbstractContextManager[tuple[int, ...]]:
        """Hold a name as long as descriptors are open, which a process that is started may inherit; see `Storage`."""
        return self.storage.inherited(name, seconds)

    def write_once(self, key: str, row: R, *before: Row) -> R:
        """Add a row unless one of its kind and key is there; return the one that stands: the first wins.

        Rows `before` it are added in the same way and the same commit.
        """
        rows: list[Row] = [*before, row]
        stand = self.storage.append_once(key, *((each.KIND, _body(each)) for each in rows))
        return _recorded(type(row), stand[-1]).row

    def once(self, keys: Sequence[str], of: type[R], ask: Callable[[], R], tell: Callable[[JournalError], None]) -> R:
        """Return the row at the first of the keys that has one, else what `ask` gives, written at each of them.

        So what looks at the world gets one answer in all phases of a run. A journal that fails stops nothing: `tell` is
        called where the answer can't be written.
        """
        try:
            for key in keys:
                if known := self.last(of, key):
                    return known.row
        except JournalError:
            pass  # the write that follows meets the same journal, and tells of it
        row = ask()
        try:
            for key in reversed(keys):
                row = self.write_once(key, row)
        except JournalError as error:
            tell(error)
        return row

    def last(self, of: type[R], key: str, *, foreign: bool = False) -> Recorded[R] | None:
        """Return the newest row of this type and key; None as well where that one is not ours."""
        entry = self.storage.last(of.KIND, key, of.RESOURCE)
        return next(iter(self._all(of, [entry] if entry else [], foreign)), None)

    def back(self, of: type[R], key: str, *, foreign: bool = False) -> Iterator[Recorded[R]]:
        """Yield the rows of this type and key, newest first. Read no further than rows can matter."""
        page = self.storage.before(of.KIND, key, None, _PAGE)
        while page:
            yield from self._all(of, page, foreign)
            page = self.storage.before(of.KIND, key, page[-1].sequence, _PAGE)

    def newest(self, of: type[R], most: int) -> list[Recorded[R]]:
        """Return the rows of a type among the newest `most` of its kind, ours or not; for people to look at."""
        return self._all(of, self.storage.newest(of.KIND, most), foreign=True)

    def since(self, of: type[R], moment: datetime) -> list[Recorded[R]]:
        """Return the rows of a type that were written at a moment or later, ours or not, newest first."""
        most, moment_utc = _PAGE, moment.astimezone(UTC).isoformat()
        while len(found := self.storage.newest(of.KIND, most)) == most and found[-1].time >= moment_utc:
            most *= 4  # the rows of other types are among them
        return [row for row in self._all(of, found, foreign=True) if row.time >= moment]

    def entries(self, kind: str | None, key: str | None, most: int) -> list[Entry]:
        """Return the newest `most` rows as they stand, newest first: of a kind, and of a key where a kind is given.

        Raises:
            JournalError: there is no such kind, or a key without a kind; the journal can't be read.
        """
        if kind not in (None, *Kind):
            raise JournalError(f"no kind {kind!r}; known are {', '.join(Kind)}", field="kind")
        if key is None:
            return self.storage.newest(Kind(kind) if kind else None, most)
        if kind is None:
            raise JournalError("a key is looked up among the rows of one kind; give the kind as well", field="kind")
        return self.storage.before(Kind(kind), key, None, most)

    def entry(self, sequence: int) -> Entry:
        """Return one row as it stands.

        Raises:
            JournalError: there is no such row, or it was changed; the journal can't be read.
        """
        found = self.storage.at(sequence)
        if found is None:
            raise JournalError(f"the journal {self.name} has no row {sequence}", field="sequence", value=sequence)
        return found

    def keys(self, of: type[R], beginning: str, most: int = sys.maxsize) -> list[str]:
        """Return at most `most` keys of rows of this type that begin so, each once; all of them without it."""
        return self.storage.keys(of.KIND, beginning, most, of.RESOURCE)

    def of_run(self, of: type[R], run: str, *about: str, foreign: bool = False) -> list[Recorded[R]]:
        """Return the rows of this type that a run wrote about any of these, oldest first: see `Storage.of_run`."""
        return self._all(of, self.storage.of_run(of.KIND, run, *about), foreign)

    def owners(
        self, of: type[R], by: Literal["holder", "label", "location"], value: str, *, foreign: bool = False
    ) -> list[Recorded[R]]:
        """Return the last outcome of each holder that still stands, oldest first, for one holder, label or location."""
        return self._all(of, self.storage.owners(by, value), foreign)

    def created(self, location: str, subjects: Collection[str]) -> set[str]:
        """Return those of some subjects that any intent at a location set out to write, whatever became of it.

        Intents that are not ours count too: an apply asks who wrote what it is about to change.
        """
        return self.storage.created(location, subjects) if subjects else set()

    def is_unfinished(self, key: str) -> bool:
        """Return whether the newest intent of `key`, ours or not, has no outcome after it: it was cut off half-way."""
        intent, outcome = self.storage.last(Kind.INTENT, key), self.storage.last(Kind.OUTCOME, key)
        return bool(intent and not (outcome and outcome.sequence > intent.sequence))

    def wrote_since(self, run: str, location: str, sequence: int) -> bool:
        """Return whether a run brought an apply at a location to its end after a row."""
        return any(
            entry.ours and entry.sequence > sequence for entry in self.storage.of_run(Kind.OUTCOME, run, location)
        )

    def refuse_unsealed(self) -> None:
        """Refuse what only counts as long as it is known as this machine's.

        Raises:
            SealError: it would not be: there is no key, and none can be kept.
        """
        if not self.storage.vouched:
            seal.key()

    def accept(self, upto: Head, by: str) -> int:
        """Take on all rows up to one that somebody looked at, as if they were written here; return how many.

        Raises:
            JournalError: the chain is broken, or it can't be written; nothing is accepted.
            SealError: this machine has no key.
            MovedError: SOPHIA_NOW moves the clock.
        """
        clock.refuse_moved()
        self.refuse_unsealed()
        return self.storage.accept(upto, by)

    def rekey(self, by: str) -> int:
        """Seal with today's key what is sealed with another one that is known here; return how many rows that were.

        Raises:
            JournalError: it can't be written; nothing was sealed anew.
            SealError: this machine has no key.
            MovedError: SOPHIA_NOW moves the clock.
        """
        clock.refuse_moved()
        self.refuse_unsealed()
        return self.storage.rekey(by)

    def verify(self, *noted: Head, archives: Collection[Archive] = ()) -> Verification:
        """Prove the whole chain, with what left it for archives, and that it holds heads that were noted elsewhere."""
        return self.storage.verify(*noted, archives=archives)

    def _all(self, of: type[R], entries: Collection[Entry], foreign: bool) -> list[Recorded[R]]:
        about = [entry for entry in entries if _is_of(of, entry.value)]
        found = [entry for entry in about if foreign or entry.ours]
        if len(found) < len(about):
            seal.tell_foreign(self.name, next(entry.lacks for entry in about if not entry.ours))
        return [_recorded(of, entry) for entry in found]


def _body(row: Row) -> dict[str, Any]:
    resource = {"resource": row.RESOURCE} if row.RESOURCE else {}
    told = {MACHINE_TIME: clock.machine_time().isoformat()} if clock.moved() else {}
    return row.to_body() | resource | told


def _is_of(of: type[Row], body: dict[str, Any]) -> bool:
    # Rows of before do not say what resource they are about; their keys tell.
    return bool(body.get("resource", of.RESOURCE) == of.RESOURCE)


def _recorded(of: type[R], entry: Entry) -> Recorded[R]:
    try:
        body = {key: value for key, value in entry.value.items() if key != MACHINE_TIME}
        return Recorded(entry.sequence, datetime.fromisoformat(entry.time), entry.key, of.from_body(body), entry.ours)
    except (KeyError, TypeError, ValueError) as error:
        raise JournalError(f"journal row {entry.sequence} is no {of.__name__} ({error!r}); upgrade sophia") from error
