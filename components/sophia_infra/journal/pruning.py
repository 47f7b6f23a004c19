"""`sophia audit prune`: old rows leave the journal for an archive, and the chain goes on from the last one that left.

The archive is on disk before a row leaves, and all rows leave in one transaction: a run that is killed has pruned, or
has not, and the next one does the rest.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from sophia_infra import clock
from sophia_infra.home import locked
from sophia_infra.journal.archive import Archive
from sophia_infra.journal.chain import Entry, Head, Kind, follows
from sophia_infra.journal.cut import Cut
from sophia_infra.journal.retention import Staying
from sophia_infra.journal.storage import JournalError, Storage

LEAST = timedelta(days=30)
"""What is younger never leaves: runs, saved plans and resolvers' caches may still rest on it."""
_WAIT = 600.0
"""Seconds that another prune to the same archive may take."""
_MOST = 1000
"""Of so many rows of one request and its advice the newest ones are looked at; there is one of each."""


class PruneError(JournalError):
    """A prune that is refused: no row has left."""

    code = "prune"


@dataclass(frozen=True, slots=True)
class Pruning:
    """What is to leave: the rows after `cut` up to the one of `ends`, but for those of them in `staying`.

    `staying` has those of the rows up to `cut` as well that still stay. `since` and `until` are the times of the first
    and the last row that leaves.
    """

    cut: Cut
    ends: Head
    staying: tuple[Head, ...]
    since: str
    until: str

    @property
    def rows(self) -> int:
        """How many rows go into the archive."""
        return self.ends.sequence - self.cut.head.sequence


def plan(storage: Storage, before: datetime) -> Pruning | None:
    """Say what would leave of the rows before a time; None where nothing would. Nothing is changed.

    The rows from the oldest on leave, up to the first that is not older, by the clock of the machine that wrote it. The
    newest row of all stays.

    Raises:
        PruneError: the time is less than 30 days ago.
        MovedError: SOPHIA_NOW moves the clock.
        JournalError: the journal can't be read, or its chain is broken.
    """
    clock.refuse_moved()
    now = clock.now()
    if before > now - LEAST:
        raise PruneError(
            f"rows of the last {LEAST.days} days stay, since runs and saved plans may rest on them; give a time before"
            f" {now - LEAST:%Y-%m-%d}",
            field="before",
            value=(now - before).days,
            limit=LEAST.days,
        )
    verified = storage.verify()
    if not verified.ok:
        told = f"journal {storage.name} is broken, so nothing leaves it: {verified.why}"
        raise PruneError(told, value=verified.first_bad)
    cut, staying, ends = storage.cut(), Staying(now), None
    since = ""
    with storage.rows(0) as rows:
        for entry, _newer in pairwise(rows):
            if entry.sequence > cut.head.sequence:
                if entry.machine_time is None or entry.machine_time >= before:
                    break
                since, until, ends = since or entry.time, entry.time, entry.head
            staying.see(entry)
    if ends is None:
        return None
    return Pruning(cut, ends, tuple(staying.rows(_advised(storage, staying.advised, ends))), since, until)


def carry_out(storage: Storage, pruning: Pruning, to: Path, by: str) -> None:
    """Move what was planned into the file `to`; `by` is the user who does it.

    A file that an earlier prune left when it was killed is written anew: all that it holds is still in the journal.

    Raises:
        PruneError: the file is there and is something else, or somebody else pruned in between.
        JournalError: the archive or the journal can't be written; no row has left.
    """
    after = Cut.make(pruning.ends, pruning.staying)
    body = {**after.to_body(), "rows": pruning.rows, "archive": to.name, "by": by}
    with _alone(to):
        _refuse_foreign(storage, pruning, to)
        with storage.rows(pruning.cut.head.sequence) as rows:
            Archive(to, pruning.cut.head, pruning.ends).write(_leaving(rows, pruning))
        storage.prune(pruning.cut, after, [row.sequence for row in pruning.staying], body)


@contextmanager
def _alone(to: Path) -> Iterator[None]:
    """Keep other prunes from an archive until its rows have left the journal: they would write it anew."""
    lock = ExitStack()
    try:
        lock.enter_context(locked(to.with_name(f".{to.name}.lock"), _WAIT, f"the archive {to}"))
    except OSError as error:
        raise PruneError(f"the archive {to} can't be written ({error})", field="to") from error
    with lock:
        yield


def _leaving(rows: Iterable[Entry], pruning: Pruning) -> Iterator[Entry]:
    """The rows that leave, each proved to follow the one before: what is not whole goes into no archive."""
    at = pruning.cut.head
    for entry in rows:
        if at == pruning.ends:
            return
        if why := follows(entry, at):
            raise PruneError(f"{why}; was the journal pruned by somebody else? Run it again")
        yield entry
        at = entry.head
    raise PruneError(f"row {pruning.ends.sequence} is gone; run it again")


def _advised(storage: Storage, fingerprints: Iterable[str], ends: Head) -> Iterator[Head]:
    kinds = (Kind.REQUEST, Kind.ADVICE)
    for kind, key in ((kind, key) for key in fingerprints for kind in kinds):
        yield from (entry.head for entry in storage.before(kind, key, ends.sequence + 1, _MOST))


def _refuse_foreign(storage: Storage, pruning: Pruning, to: Path) -> None:
    if storage.cut() != pruning.cut:
        raise PruneError("the journal was pruned by somebody else in between; run it again")
    if not to.exists():
        return
    there = Archive.read(to)
    row = storage.at(there.ends.sequence) if there.begins == pruning.cut.head else None
    if row is None or row.head != there.ends:
        raise PruneError(f"{to} is there already, and holds other rows; name another file", field="to")
