"""What a zone is asked to hold: static text, and beside it the values that other resources produce. Pure."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Self

from sophia_infra.dns.reader import Problem, ZoneTextError, read_rdata
from sophia_infra.dns.rr.owner import owner_order
from sophia_infra.dns.rr.record import Record, from_text, to_text


class Late(NamedTuple):
    """A record set whose values come from other resources: it travels as `owner TYPE TTL` -> list of values."""

    owner: str
    type: str
    ttl: int

    @classmethod
    def parse(cls, key: str) -> Self:
        """Read the key of an entry of the `late` property."""
        owner, kind, ttl = key.split(" ")
        return cls(owner, kind, int(ttl))

    def __str__(self) -> str:
        return f"{self.owner} {self.type} {self.ttl}"

    @property
    def subject(self) -> str:
        """The record set, as findings and reasons name it."""
        return f"{self.owner} {self.type}"

    def records(self, values: Any, domain: str, *, secret: bool) -> list[Record]:
        """Return the records of the set.

        Raises:
            ZoneTextError: a value is no valid RDATA of the type; one that is secret is not shown.
        """
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise ZoneTextError([self._not_texts()])
        read = (read_rdata(self.type, value, domain, quote=not secret, file=self.subject) for value in values)
        return [Record(self.owner, self.ttl, self.type, rdata) for rdata in read]

    def _not_texts(self) -> Problem:
        message = "the value that another resource produced is not a list of texts"
        fix = "give texts: convert a number or an object in the program"
        return Problem("field-invalid", self.subject, 0, "values", "", message, fix, self.subject)


def late_records(late: Mapping[str, Any], secret: Sequence[str], domain: str) -> list[Record]:
    """Return the records of the late values that are known; None stands for one that is not.

    Raises:
        ZoneTextError: as `Late.records`.
    """
    known = ((Late.parse(key), values) for key, values in late.items() if values is not None)
    return [record for one, values in known for record in one.records(values, domain, secret=one.subject in secret)]


def subjects_of(late: Mapping[str, Any]) -> list[str]:
    """Return the record sets whose values come late."""
    return [Late.parse(key).subject for key in late]


def pending(late: Mapping[str, Any]) -> list[str]:
    """Return the subjects whose values are not known yet."""
    return [Late.parse(key).subject for key, values in late.items() if values is None]


def known_late(props: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the late values in a zone's inputs or outputs that are known."""
    return {key: values for key, values in (props.get("late") or {}).items() if isinstance(values, list)}


def live_sets(live: str, subjects: Iterable[str]) -> list[Record]:
    """Return the live records of some sets: what is pending keeps what is live, rather than lose it."""
    wanted = set(subjects)
    return [record for record in from_text(live) if record.subject in wanted] if wanted else []


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
    """Return canonical zone text less some record sets."""
    if not subjects:
        return text
    return to_text([record for record in from_text(text) if record.subject not in subjects])


def _order(line: str) -> tuple[tuple[str, ...], bool, str, str]:
    owner, _, kind, rdata = line.rstrip("\n").split(" ", 3)
    return owner_order(owner), kind != "SOA", kind, rdata
