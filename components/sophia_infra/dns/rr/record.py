"""Records in canonical form, and the one string they travel as: canonical zone text.

Canonical zone text is master-file lines (RFC 1035 section 5), one record a line, `owner TTL TYPE RDATA`, single
spaces, no class. Owner names are relative to the origin (`@` is the apex), lower case, IDNA A-labels; names in
RDATA are absolute and lower case. Lines stand in canonical owner order (RFC 4034 section 6.1), then by type, then by
RDATA, without duplicates; every line ends in a newline; an SOA, where there is one, comes first.
"""

import gc
import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

APEX = ("@ SOA", "@ NS")
"""The record sets without which no name server loads a zone."""

_ABOVE_NUL = {0: "\1\1", 1: "\1\2"}
_AT_APEX = re.compile(r"(?:@ .*+\n)*+")
_ESCAPE = re.compile(r"\\([0-9]{3}|.)", re.DOTALL)
_LABEL = re.compile(r"(?:[^.\\]|\\.)+", re.DOTALL)


class Record(NamedTuple):
    """One resource record in canonical form: `owner` relative to the origin, `ttl` in seconds, `rdata` as text."""

    owner: str
    ttl: int
    type: str
    rdata: str

    def __str__(self) -> str:
        return f"{self.owner} {self.ttl} {self.type} {self.rdata}"

    @property
    def subject(self) -> str:
        """The record set this record belongs to, as findings and reasons name it: `www A`."""
        return f"{self.owner} {self.type}"


record_of: Callable[[tuple[str, int, str, str]], Record] = partial(tuple.__new__, Record)
"""Makes a record of its four fields at a third of the constructor's cost, for loops over whole zones."""


def to_text(records: list[Record]) -> str:
    """Return records as canonical zone text: sorted, without duplicates, one a line."""
    ordered = sorted(records, key=_line_order)
    return "".join(dict.fromkeys([f"{owner} {ttl} {rtype} {rdata}\n" for owner, ttl, rtype, rdata in ordered]))


def _line_order(record: Record) -> str:
    # One string sorts several times faster than nested tuples; NUL sorts before every octet of a name.
    owner, ttl, rtype, rdata = record
    if owner == "@":
        name = ""
    elif "\\" in owner:
        name = "\0".join(label.translate(_ABOVE_NUL) for label in owner_order(owner))
    else:
        name = "\0".join(owner.split(".")[::-1])
    return f"{name}\0\0{'' if rtype == 'SOA' else rtype}\0{rdata}\0{ttl}"


def from_text(text: str) -> list[Record]:
    """Split canonical zone text into records. For text that is not known to be canonical, use `reader`."""
    records = []
    for line in text.split("\n")[:-1]:
        owner, ttl, rtype, rdata = line.split(" ", 3)
        records.append(record_of((owner, int(ttl), rtype, rdata)))
    return records


def merged(text: str, records: Sequence[Record]) -> str:
    """Return canonical zone text with a few records more, each put where it belongs."""
    if not records:
        return text
    lines = text.splitlines(keepends=True)
    for record in records:
        line = f"{record}\n"
        place = bisect_left(lines, _order(line), key=_order)
        if lines[place : place + 1] != [line]:
            lines.insert(place, line)
    return "".join(lines)


def _order(line: str) -> tuple[tuple[str, ...], bool, str, str]:
    owner, _, rtype, rdata = line.rstrip("\n").split(" ", 3)
    return owner_order(owner), rtype != "SOA", rtype, rdata


def without(text: str, subjects: Collection[str]) -> str:
    """Return canonical zone text less some record sets, each named as `www A`."""
    if not subjects:
        return text
    return to_text([record for record in from_text(text) if record.subject not in subjects])


def records_of(text: str, subjects: Iterable[str]) -> list[Record]:
    """Return the records of some sets, each named as `www A`."""
    named = set(subjects)
    return [record for record in from_text(text) if record.subject in named] if named else []


def subjects_of(text: str) -> set[str]:
    """Return the record sets that canonical zone text holds, each named as `www A`."""
    return {record.subject for record in from_text(text)}


def apex_of(text: str) -> list[Record]:
    """Return the SOA and the NS at the apex of canonical zone text."""
    lines = _AT_APEX.match(text)
    return [record for record in from_text(lines[0] if lines else "") if record.subject in APEX]


def owner_order(owner: str) -> tuple[str, ...]:
    """Return the key that sorts owner names canonically (RFC 4034 section 6.1): by labels, from the apex down."""
    if owner == "@":
        return ()
    if "\\" not in owner:
        return tuple(owner.split(".")[::-1])
    return tuple(map(unescaped, _LABEL.findall(owner)[::-1]))


def enclosing(owner: str) -> list[str]:
    """Return the names above an owner, nearest first, the apex last."""
    if owner == "@":
        return []
    return [*[owner[label.end() + 1 :] for label in _LABEL.finditer(owner)][:-1], "@"]


def labels(name: str) -> list[str]:
    """Return the labels of a name without its trailing dot; an escaped dot does not end a label."""
    return _LABEL.findall(name) if "\\" in name else name.split(".")


def parent(owner: str) -> str:
    """Return the name one label up; the apex above a single label."""
    if "\\" in owner:
        return ".".join(labels(owner)[1:]) or "@"
    return owner.partition(".")[2] or "@"


def is_at_or_below(name: str, above: str) -> bool:
    """Whether a name is another one, or below it."""
    return name == above or above == "." or name.endswith(f".{above}")


def unescaped(text: str) -> str:
    """Return text with its escapes replaced; an octet above 127 comes out as its Latin-1 character."""
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(escape: re.Match[str]) -> str:
    code = escape[1]
    return chr(int(code) % 256) if len(code) == 3 else code


@contextmanager
def collector_paused() -> Iterator[None]:
    """Put off the search for reference cycles while a zone's records are made.

    They are hundreds of thousands of objects, hold no cycles and live on: looking through them again and again takes a
    quarter of the time. Threads that overlap may end the pause early, which costs time and nothing else.
    """
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.enable()
