"""Records in canonical form, and the one string they travel as: canonical zone text.

Canonical zone text is master-file lines (RFC 1035 section 5), one record a line, `owner TTL TYPE RDATA`, single
spaces, no class. Owner names are relative to the origin (`@` is the apex), lower case, IDNA A-labels; names in
RDATA are absolute and lower case. Lines stand in canonical owner order (RFC 4034 section 6.1), then by type, then by
RDATA, without duplicates; every line ends in a newline; an SOA, where there is one, comes first.
"""

from typing import NamedTuple


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


def owner_order(owner: str) -> tuple[str, ...]:
    """Return the key that sorts owner names canonically (RFC 4034 section 6.1): by labels, from the apex down."""
    return () if owner == "@" else tuple(reversed(owner.split(".")))


def _line_order(record: Record) -> tuple[bool, tuple[str, ...], str, str]:
    return record.type != "SOA", owner_order(record.owner), record.type, record.rdata


def to_text(records: list[Record]) -> str:
    """Return records as canonical zone text: sorted, without duplicates, one a line."""
    return "".join(f"{record}\n" for record in sorted(set(records), key=_line_order))


def from_text(text: str) -> list[Record]:
    """Split canonical zone text into records. For text that is not known to be canonical, use `reader`."""
    return [Record(owner, int(ttl), kind, rdata) for owner, ttl, kind, rdata in map(_fields, text.splitlines())]


def _fields(line: str) -> list[str]:
    return line.split(" ", 3)
