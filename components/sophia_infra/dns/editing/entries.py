"""The entries of a master file that one record set has, rewritten where they stand. Pure."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from sophia_infra.changes import EditingError
from sophia_infra.dns.reader import sets, syntax
from sophia_infra.dns.reader.problems import Refused
from sophia_infra.dns.reader.rdata import type_of

Values = dict[str, int | None]
"""The records of one set: RDATA in canonical form, each with its TTL; None for that which the file gives it."""
_NO_ENTRY = re.compile(r"[ \t\r]*(;.*)?").fullmatch


class Entry(NamedTuple):
    """Where a record is written: the lines from `start` to before `end`, counted from 0."""

    start: int
    end: int
    rdata: str = ""
    ttl: int | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """A text with one set that changes: its entries that go or become others, and behind which line new ones stand."""

    text: str
    rtype: str
    going: tuple[Entry, ...]
    behind: int

    @classmethod
    def of(cls, text: str, zone: sets.Zone, subject: tuple[str, str], kept: set[str]) -> Self:
        """Find the entries of a set in a text as it was read; records that are `kept` stay as they are.

        Raises:
            EditingError: one that does not stay is in an included file, or made by `$GENERATE` with others.
        """
        lines, file = text.split("\n"), zone.files[0][1]
        places = [zone.place(index) for index in range(len(zone.records))]
        counted = Counter(places)
        here = [(place, record) for place, record in zip(places, zone.records, strict=True) if place[0] == file]
        going = []
        for place, record in zip(places, zone.records, strict=True):
            if (record.owner, record.type) == subject and record.rdata not in kept:
                if place[0] != file or counted[place] > 1:
                    how = "in a file that is included" if place[0] != file else "made with others by one line"
                    told = f"{record.subject} is {how} ({place[0]}, line {place[1]}); edit that by hand"
                    raise EditingError(told, subject=record.subject, value=place[1])
                going.append(_entry(lines, place[1])._replace(rdata=record.rdata, ttl=record.ttl))
        of_set = [place[1] for place, record in here if (record.owner, record.type) == subject]
        beside = of_set or [place[1] for place, record in here if record.owner == subject[0]]
        end = len(lines) - (not lines[-1])
        return cls(text, subject[1], tuple(going), _entry(lines, max(beside)).end if beside else end)

    def with_records(self, coming: Values, owner: str) -> str:
        """Return the text with records in the place of those that go, the others behind the set.

        `owner` is written for the latter.
        """
        lines = self.text.split("\n")
        same = {entry: entry.rdata for entry in self.going if entry.rdata in coming}
        others = iter([rdata for rdata in coming if rdata not in same.values()])
        becomes = {entry: same.get(entry) or next(others, "") for entry in self.going}
        carriage = "\r" if lines[0].endswith("\r") else ""
        new = [f"{_written(owner, coming[rdata], self.rtype, rdata)}{carriage}" for rdata in others]
        if new and self.behind == len(lines):
            new.append("")  # the last line of the file ended without a newline
        lines[self.behind : self.behind] = new
        for entry in sorted(becomes, reverse=True):
            rdata = becomes[entry]
            if rdata:
                lines[entry.start : entry.end] = self._rewritten(lines, entry, rdata, coming[rdata])
            else:
                _delete(lines, entry)
        return "\n".join(lines)

    def _rewritten(self, lines: Sequence[str], entry: Entry, rdata: str, ttl: int | None) -> list[str]:
        """The entry with other RDATA or another TTL: name, class and comment of its line stay."""
        line = lines[entry.start]
        words = [piece for piece in syntax.PIECE.finditer(line) if piece.lastgroup in ("word", "quoted")]
        header = words[0 if line[:1].isspace() else 1 :]
        at = next((index for index, word in enumerate(header) if _is_type(word[0], self.rtype)), None)
        if at is None or at + 1 == len(header):
            told = f"line {entry.start + 1} begins an entry whose data stands elsewhere; edit it by hand"
            raise EditingError(told, value=entry.start + 1)
        head, rest = line[: header[at + 1].start()], line[header[at + 1].start() :]
        if ttl not in (None, entry.ttl):
            head = _with_ttl(head, header[: at + 1], ttl)
        if rdata == entry.rdata:
            return [f"{head}{rest}", *lines[entry.start + 1 : entry.end]]
        taken = lines[entry.start : entry.end]
        several = len(taken) > 1
        if several and any(piece.lastgroup == "comment" for each in taken for piece in syntax.PIECE.finditer(each)):
            told = f"line {entry.start + 1} begins an entry with comments, which would go; edit it by hand"
            raise EditingError(told, code="commented", value=entry.start + 1)
        head = head.replace("( ", "").rstrip("(") if several else head
        return [f"{head}{rdata}" if several else f"{head}{rdata}{line[header[-1].end() :]}"]


def _entry(lines: Sequence[str], number: int) -> Entry:
    """The entry that begins on a line, counted from 1, with the lines that its parentheses take."""
    following = iter(list(enumerate(lines[number:], 1)))
    syntax.entry(lines[number - 1], following)
    return Entry(number - 1, len(lines) - len(list(following)))


def _written(owner: str, ttl: int | None, rtype: str, rdata: str) -> str:
    return " ".join([owner, *([] if ttl is None else [str(ttl)]), "IN", rtype, rdata])


def _is_type(word: str, rtype: str) -> bool:
    try:
        return type_of(word.upper()) == rtype
    except Refused:
        return False


def _with_ttl(head: str, header: Sequence[re.Match[str]], ttl: int | None) -> str:
    """What stands before the data, with this TTL: in the place of the one that it has, else before class and type."""
    old = next((word for word in header if word[0][0].isdecimal()), None)
    start, end, gap = (*old.span(), "") if old else (header[0].start(), header[0].start(), " ")
    return f"{head[:start]}{ttl}{gap}{head[end:]}"


def _delete(lines: list[str], entry: Entry) -> None:
    """Take an entry out; one behind it that has its owner from it gets the owner written."""
    first = lines[entry.start]
    del lines[entry.start : entry.end]
    after = next((at for at in range(entry.start, len(lines)) if not _NO_ENTRY(lines[at])), None)
    if after is not None and not first[:1].isspace() and lines[after][:1].isspace():
        lines[after] = f"{first.split(None, 1)[0]}{lines[after]}"
