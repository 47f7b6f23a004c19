"""What is done with canonical zone text as a whole: a few records more, some record sets less. Pure."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from itertools import takewhile

from sophia_infra.dns.rr.owner import owner_order
from sophia_infra.dns.rr.record import Record, from_text, to_text

APEX = ("@ SOA", "@ NS")
"""The record sets without which no name server loads a zone."""


def apex_of(text: str) -> list[Record]:
    """Return the SOA and the NS at the apex of canonical zone text."""
    lines = takewhile(lambda line: line.startswith("@ "), text.splitlines(keepends=True))
    return [record for record in from_text("".join(lines)) if record.subject in APEX]


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


def _order(line: str) -> tuple[tuple[str, ...], bool, str, str]:
    owner, _, rtype, rdata = line.rstrip("\n").split(" ", 3)
    return owner_order(owner), rtype != "SOA", rtype, rdata
