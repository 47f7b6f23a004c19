"""What is wrong with zone text: one table of codes, and the value that says where, what and how to mend it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sophia_infra.errors import SophiaError

VALUE_LIMIT = 80
"""Characters of a refused value that a problem quotes."""
SHOWN_LIMIT = 20
"""Problems that the message of a `ZoneTextError` spells out."""

FIXES = {
    # files and their syntax
    "file-missing": "check the path",
    "file-unreadable": "check that it is a plain file you may read",
    "file-too-large": "split the zone, or keep generated data out of it",
    "not-text": "save the file as UTF-8 text",
    "include-refused": "give the reader a way to open files, or put the records in place of $INCLUDE",
    "include-outside": "put it below the zone's folder, or name its folder in SOPHIA_INCLUDE",
    "include-loop": "let no file include itself, directly or through another",
    "include-too-deep": "nest $INCLUDE less deeply",
    "include-too-many": "include fewer files",
    "directive-unknown": "use $ORIGIN, $TTL, $INCLUDE or $GENERATE",
    "directive-syntax": "write $ORIGIN name, $TTL seconds, $INCLUDE file [origin] or $GENERATE range owner type rdata",
    "generate-too-large": "generate fewer records",
    "parenthesis-unbalanced": "give every ( its ), and the other way round",
    "quote-unbalanced": 'close the quote on its own line, or write a literal quote as \\"',
    "too-many-problems": "is this a master file? Mend the first problems and read it again",
    # the parts of a record
    "origin-invalid": "give the zone's name, such as shop.example",
    "owner-missing": "start the line with an owner name, or @ for the origin",
    "out-of-zone": "move the record to the zone it belongs to, or mend the trailing dot",
    "name-invalid": "write labels of 1 to 63 octets with single dots between, and \\DDD for unusual octets",
    "label-too-long": "shorten the label to 63 octets",
    "name-too-long": "shorten the name to 255 octets, counted with its origin",
    "ttl-invalid": "write seconds, or units such as 1h30m",
    "ttl-out-of-range": "use 0 to 2147483647 seconds (RFC 2181 section 8)",
    "class-unsupported": "leave the class out, or write IN",
    "type-missing": "write owner, TTL, type and RDATA, with a blank before the owner only to repeat the last one",
    "type-unknown": "check the spelling, or write TYPEnnn \\# length hex (RFC 3597)",
    "address-invalid": "write an IPv4 address for A, an IPv6 address for AAAA",
    "txt-too-long": 'split it into quoted strings of at most 255 octets: "first" "second"',
    "rdata-too-long": "keep a record's data within 65535 octets",
    "record-syntax": "compare it with the type's form",
    # the zone as a whole
    "alias-and-addresses": "keep the ALIAS or the addresses of this name",
    "alias-duplicate": "keep one ALIAS",
    "cname-and-other-data": "keep the CNAME or the other records of this name (RFC 1034 section 3.6.2), or write ALIAS "
    "for the CNAME where the zone's backend has it (docs/alias.md)",
    "cname-duplicate": "keep one CNAME (RFC 2181 section 10.1)",
    "dname-duplicate": "keep one DNAME (RFC 6672 section 2.4)",
    "dname-and-descendants": "remove the names below the DNAME (RFC 6672 section 2.4)",
    "ns-at-wildcard": "delegate names one by one (RFC 4592 section 4.2)",
    "soa-duplicate": "keep one SOA",
    "soa-not-at-apex": "move the SOA to @, or remove it",
    "record-repeated": "remove one of the two",
    "ttl-differs-in-set": "give all records of the set one TTL (RFC 2181 section 5.2)",
    # typed records and other formats
    "field-unknown": "use name, type, value, values and ttl",
    "field-missing": "give name, type and value or values",
    "field-invalid": "compare it with the documented form",
    "name-ambiguous": "write the one you mean in full, with a dot at its end",
}
"""Every code a problem can carry, with its usual way out. Codes are public: they never change their meaning."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What makes a name server refuse a file or a record.

    `line` counts from 1, and is 0 where the whole file is meant. `value` quotes at most `VALUE_LIMIT` printable
    characters. `subject` names the record set, as in `www A`, as far as it is known.
    """

    code: str
    file: str
    line: int
    field: str
    value: str
    message: str
    fix: str
    subject: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.field}: {self.message}; {self.fix}"


class ZoneTextError(SophiaError):
    """Zone text, or a record, that can't be used as it is; `problems` holds every reason.

    `field` is the argument that all of it is about, where that is known.
    """

    code = "zone-text"

    def __init__(self, problems: Sequence[Problem], *, field: str = "") -> None:
        self.problems = tuple(problems)
        shown = [str(problem) for problem in self.problems[:SHOWN_LIMIT]]
        if len(self.problems) > SHOWN_LIMIT:
            shown.append(f"and {len(self.problems) - SHOWN_LIMIT} more problems")
        super().__init__("\n".join(shown), field=field)


class Refused(Exception):  # noqa: N818 - it never leaves the room: it becomes a Problem
    """A part of the text that can't be read, raised where it is noticed and placed by whoever knows file and line."""

    def __init__(
        self, code: str, field: str, message: str, *, value: str = "", fix: str = "", subject: str = ""
    ) -> None:
        super().__init__(message)
        self.problem = Problem(code, "", 0, field, bounded(value), message, fix or FIXES[code], subject)

    def about(self, field: str) -> "Refused":
        """Return the refusal with the field it is about, for a name or a value that serves in several."""
        self.problem = replace(self.problem, field=field)
        return self

    def at(self, file: str, line: int, subject: str = "") -> Problem:
        """Return the problem with its place."""
        return replace(self.problem, file=file, line=line, subject=self.problem.subject or subject)


class Unreadable(Refused):
    """A refusal after which nothing more of the text can be read."""


def bounded(value: str) -> str:
    """Return a value as it may be quoted: printable, and at most `VALUE_LIMIT` characters."""
    shown = value[: VALUE_LIMIT + 1].encode("unicode_escape").decode("ascii").replace("\\\\", "\\")
    return shown if len(shown) <= VALUE_LIMIT else shown[: VALUE_LIMIT - 3] + "..."


def quoted(value: str) -> str:
    """Return a value in quotes, bounded, for use inside a message."""
    return f"'{bounded(value)}'"
