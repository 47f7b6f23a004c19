"""What keeps a journal's rows: the contract, which tests/journal/test_storage.py holds every storage to."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Literal, Protocol

from sophia_infra.errors import SophiaError
from sophia_infra.journal.chain import Entry, Head, Kind, Verification

if TYPE_CHECKING:
    from sophia_infra.journal.archive import Archive
    from sophia_infra.journal.cut import Cut


class JournalError(SophiaError):
    """A journal that can't be opened, read or written, or whose chain is broken."""

    code = "journal"


def trusted(entry: Entry) -> Entry:
    """Return an entry that stands as it was written.

    Raises:
        JournalError: it was changed since.
    """
    if not entry.sound:
        raise JournalError(
            f"journal row {entry.sequence} was changed since; see `sophia audit verify`. Move the folder away, and"
            " a new journal starts",
            code="journal-row-changed",
        )
    return entry


class Storage(Protocol):
    """A place that keeps a journal's rows.

    Rows:
        A row that `append` returned MUST be durable. Rows are numbered 1, 2, 3, ... without gaps; each follows the one
        before it as `chain.follow` says. None is ever changed, nor removed but by `prune`. A writer that dies leaves a
        whole row, or none.
    Concurrency:
        Every method MUST be safe on several threads and in several processes at once. Of two that `append_once`, one
        writes, and both get what it wrote. No method may hold a lock after it returned, or `locked` after its block.
    Damage:
        A row whose hash is wrong MUST NOT be returned. Nothing may be written after rows were lost at the end.
    Cost:
        A question MUST be answered by an index: its cost depends on what it returns, never on how many rows there are.
    Errors:
        JournalError, and nothing else: what it is, and the way out.
    """

    @property
    def name(self) -> str:
        """What people know it by: a path, or a URL without credentials."""

    @property
    def vouched(self) -> bool:
        """Whether only those can have written who were let in, as by a database; a file may come from anywhere.

        Where it is not, a row says by `ours` whether this machine wrote it, or one that shares its key, or a person
        here accepted it. What was removed from a file, or put back, no row can say.
        """

    def append(self, kind: Kind, key: str, body: Mapping[str, Any]) -> Entry:
        """Add a row. Where this raises, whoever is about to change something outside MUST stop."""

    def append_once(self, key: str, *rows: tuple[Kind, Mapping[str, Any]]) -> list[Entry]:
        """Add, all at once, the rows of which there is none of their kind and key; return those that stand.

        The first wins: of two processes that add the same, both get what one of them wrote. One that is not ours counts
        as none.
        """

    def locked(self, name: str, seconds: float) -> AbstractContextManager[None]:
        """Hold a name for the length of a block, alone among all who share the storage; others wait, at most so long.

        A holder that dies MUST let go of it. JournalError with the code `journal-locked` for who has waited in vain.
        """

    def inherited(self, name: str, seconds: float) -> AbstractContextManager[tuple[int, ...]]:
        """Hold a name among all machines that share the storage, and yield the descriptors that this rests on.

        A process that inherits them MUST hold it too, for as long as it, or any that it starts, has them open. Without
        descriptors the storage is one machine's, and nothing is held. Errors as for `locked`.
        """

    def last(self, kind: Kind, key: str, resource: str | None = None) -> Entry | None:
        """Return the newest row of this kind and key; with a resource, of those that are about it or don't say."""

    def before(self, kind: Kind, key: str, sequence: int | None, most: int) -> list[Entry]:
        """Return the newest `most` rows of this kind and key, newest first, of those below `sequence` if that is given.

        Example: a reader goes back page by page. It gives the sequence of the last row it has, and stops where older
        rows can't matter to it.
        """

    def at(self, sequence: int) -> Entry | None:
        """Return the row of this number."""

    def newest(self, kind: Kind | None, most: int) -> list[Entry]:
        """Return the newest `most` rows of a kind, or of all, newest first. For people: older ones are left out."""

    def keys(self, kind: Kind, beginning: str, most: int, resource: str | None = None) -> list[str]:
        """Return at most `most` keys of a kind that begin so, each once, in their order; `resource` as in `last`."""

    def of_run(self, kind: Kind, run: str, *about: str) -> list[Entry]:
        """Return the rows of this kind that a run wrote about any of some locations, oldest first.

        A plan is about the `domain` and the `label` in its body as well.
        """

    def owners(self, by: Literal["holder", "label", "location"], value: str) -> list[Entry]:
        """Return the last outcome of each holder that still stands, oldest first, for one holder, label or location.

        Example: `a` writes X, `b` writes X, `a` writes Y, `c` writes X and then removes it. By location X that is the
        row of `b`: `a` moved on, and `c` took its word back.
        """

    def created(self, location: str, subjects: Collection[str]) -> set[str]:
        """Return those of some subjects that any intent at a location set out to write."""

    def cut(self) -> "Cut":
        """Return where the journal begins: after the last row that a prune removed."""

    def foreign(self) -> Iterator[Entry]:
        """Yield the rows that are not ours, oldest first; memory MUST stay small."""

    def accept(self, upto: Head, by: str) -> int:
        """Make all rows up to one of them ours, and add an `accept` row; return how many were not.

        That MUST happen at once or not at all, and only where the chain and all that is derived from it is proved.
        """

    def rekey(self, by: str) -> int:
        """Seal with today's key, all at once, the rows that are ours by another one; return how many those were.

        An `accept` row says so. Where the storage vouches for its rows, there are none.
        """

    def rows(self, after: int) -> AbstractContextManager[Iterator[Entry]]:
        """Hand out the rows after a sequence as of one moment, sound or not, oldest first; memory MUST stay small."""

    def mentioning(self, text: str, after: int) -> AbstractContextManager[Iterator[Entry]]:
        """Hand out the rows after a sequence that may hold a text in their bodies, sound or not, newest first.

        All that hold it MUST be among them. Rows that are passed over MUST NOT leave the storage: who looks at few rows
        of many stops early.
        """

    def prune(self, before: "Cut", after: "Cut", staying: Collection[int], body: Mapping[str, Any]) -> None:
        """Remove the rows up to the head of `after`, but for the sequences of those that stay, and add a `prune` row.

        That MUST happen at once or not at all, and only where the journal begins at `before`. `pruning.py` says which
        rows stay, so that every question about what is not over is answered as before.
        """

    def verify(self, *noted: Head, archives: "Collection[Archive]" = ()) -> Verification:
        """Walk the whole chain; hold it against the newest head kept apart from it, and against heads noted elsewhere.

        The walk begins with the oldest of the archives, else at the journal's cut. What a storage derives from rows to
        find them MUST be held against the rows too. Nothing MUST be changed. It MUST work for every schema that this
        release reads. JournalError where there is no journal.
        """
