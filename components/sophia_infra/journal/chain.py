"""The chain that a journal's rows form, and the walk that proves it. Pure: no file, no database, no clock."""

import hashlib
import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

GENESIS = "0" * 64
MACHINE_TIME = "machine_time"
"""The key of a body that holds what the machine's clock said, in a row whose `time` is that of a moved one."""
SKEW = timedelta(minutes=1)
"""So much may the clocks of machines that share a journal differ, or one be set back, without a word."""


class Kind(StrEnum):
    """What a row records."""

    REQUEST = "request"
    ADVICE = "advice"
    PLAN = "plan"
    PROBE = "probe"
    INTENT = "apply-intent"
    OUTCOME = "outcome"
    APPROVAL = "approval"
    OVERRIDE = "override"
    PRUNE = "prune"
    CALL = "model-call"
    ACCEPT = "accept"
    AUTONOMY = "autonomy"
    EVENT = "event"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. `key` is a request's fingerprint or a resource's name, `body` canonical JSON, `time` ISO 8601 in UTC.

    `hash` is SHA-256 in hex over the fields before it; `previous` is the hash of the row before, GENESIS for the first.
    `ours` is whether the storage vouches for it (see `Storage.vouched`), and `lacks` why not; a walk asks neither.
    """

    sequence: int
    time: str
    kind: str
    key: str
    body: str
    previous: str
    hash: str
    ours: bool = field(default=False, compare=False)
    lacks: str = field(default="", compare=False)

    @property
    def value(self) -> dict[str, Any]:
        """The body, parsed."""
        content: dict[str, Any] = json.loads(self.body)
        return content

    @property
    def sound(self) -> bool:
        """Whether the row is what was once written."""
        return self.hash == _hash(self.sequence, self.time, self.kind, self.key, self.body, self.previous)

    @property
    def head(self) -> "Head":
        """The row as a head."""
        return Head(self.sequence, self.hash)

    @property
    def told(self) -> str:
        """What the machine's clock said when a moved one gave `time`; empty for most rows."""
        return str(self.value.get(MACHINE_TIME) or "") if f'"{MACHINE_TIME}":' in self.body else ""

    @property
    def machine_time(self) -> datetime | None:
        """When it was written, by the machine's clock; None where somebody wrote what is no time with an offset."""
        try:
            time = datetime.fromisoformat(self.told or self.time)
        except (TypeError, ValueError):
            return None
        return time if time.tzinfo else None


class Head(NamedTuple):
    """A row that was the newest one at some time: its sequence and its hash, written as `sequence:hash`."""

    sequence: int
    hash: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> "Head":
        """Read `sequence:hash`.

        Raises:
            ValueError: the text is not a number, a colon and 64 hex digits.
        """
        match = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", text.strip())
        if not match:
            raise ValueError(f"{text[:80]!r} is not a journal head: a number, a colon and 64 hex digits")
        return cls(int(match[1]), match[2])


EMPTY = Head(0, GENESIS)


@dataclass(frozen=True, slots=True)
class Verification:
    """What a walk over the chain found: how many rows are sound, the first bad one if there is any, and what is wrong.

    `head` is the last sound row. Kept elsewhere, it lets a later walk notice a chain that was written anew. `begins` is
    the row after which the walk began, EMPTY but for a journal that was pruned. `remarks` say what a whole chain does
    not prove: rows that are in an archive, and a time that ran backwards or that SOPHIA_NOW had moved. `foreign` says
    which rows let nothing through here, why, and what to do.
    """

    head: Head
    first_bad: int | None = None
    why: str = ""
    remarks: tuple[str, ...] = ()
    begins: Head = EMPTY
    foreign: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows are sound, of those that were walked."""
        return self.head.sequence - self.begins.sequence

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.why


def follow(head: Head, time: str, kind: Kind, key: str, body: object) -> Entry:
    """Return the entry that follows `head`; `body` is made of JSON values."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)
    fields = (head.sequence + 1, time, str(kind), key, text, head.hash)
    return Entry(*fields, hash=_hash(*fields))


def walk(entries: Iterable[Entry], pins: Collection[Head] = (), begins: Head = EMPTY) -> Verification:
    """Check that each entry follows the one before, from `begins` on, and that every pinned row is among them."""
    at, passed, times = begins, dict([begins]), _Times()
    wanted = {pin.sequence for pin in pins}
    for entry in entries:
        if why := follows(entry, at):
            return Verification(at, at.sequence + 1, why, begins=begins)
        at = entry.head
        times.follow(entry)
        if at.sequence in wanted:
            passed[at.sequence] = at.hash
    for pin in sorted(pins):
        if why := _unpinned(pin, begins, at, passed.get(pin.sequence)):
            return Verification(at, pin.sequence, why, begins=begins)
    return Verification(at, remarks=times.remarks, begins=begins)


@dataclass(slots=True)
class _Times:
    """What the times of rows come to, one after the other."""

    latest: datetime | None = None
    moved: list[int] = field(default_factory=list)
    backwards: list[str] = field(default_factory=list)

    def follow(self, entry: Entry) -> None:
        if entry.told:
            self.moved.append(entry.sequence)
        time = entry.machine_time
        if time and self.latest and time < self.latest - SKEW:
            self.backwards.append(f"row {entry.sequence} is of {time}, and a row before it of {self.latest}")
        self.latest = max(filter(None, (time, self.latest)), default=None)

    @property
    def remarks(self) -> tuple[str, ...]:
        moved, back = len(self.moved), len(self.backwards)
        found = [f"the clock was moved (SOPHIA_NOW) in {moved} rows, first in row {self.moved[0]}"] if moved else []
        return (*found, *([f"time runs backwards in {back} rows: {self.backwards[0]}"] if back else []))


def follows(entry: Entry, at: Head) -> str:
    """Return why an entry is not the one that follows a row; empty where it is."""
    expected = at.sequence + 1
    if entry.sequence != expected:
        return f"row {expected} is missing: row {entry.sequence} stands where it should"
    if not entry.sound:
        return f"row {expected} was changed after it was written"
    if entry.previous != at.hash:
        return f"row {expected} does not follow the row before it: a row was replaced, moved or put in"
    return ""


def _unpinned(pin: Head, begins: Head, end: Head, found: str | None) -> str:
    if pin.sequence < begins.sequence:
        return f"row {pin.sequence} is in an archive: prove it with --archive FILE"
    if pin.sequence > end.sequence:
        return f"the chain ends at row {end.sequence}, but row {pin.sequence} was written: the end is cut off"
    if found != pin.hash:
        return f"row {pin.sequence} is not the one that was pinned: the chain was written anew"
    return ""


def _hash(*fields: object) -> str:
    # A row that somebody wrote may hold bytes where text belongs: repr makes those a wrong hash, not a crash.
    text = json.dumps(fields, separators=(",", ":"), default=repr)
    return hashlib.sha256(text.encode()).hexdigest()
