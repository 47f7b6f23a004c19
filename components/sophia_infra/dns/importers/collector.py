"""What every importer gathers: records, notes on what was left behind, and problems; the reader's own master files."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from sophia_infra.dns.importers.route53_alias import Alias, settle
from sophia_infra.dns.importers.values import shown
from sophia_infra.dns.reader import OpenInclude, Problem, Reading, check_zone, read, sets, syntax, zone_apex
from sophia_infra.dns.reader.names import Owners, Targets
from sophia_infra.dns.reader.problems import Refused, bounded, quoted
from sophia_infra.dns.reader.rdata import canonical_rdata, type_of
from sophia_infra.dns.reader.syntax import seconds
from sophia_infra.dns.rr.record import Record

_AT_SIGN = ".\\@"
"""A last label of one at sign, in canonical form."""
_PLACEHOLDERS = (r"replace&me\$with^your\@nameserver.", r"repace&me\$with^your\@nameserver.")
"""What Cloudflare's exports hold in place of a name server; until about 2016 it was spelt so."""
_SOA = re.compile(r"^(\S+)\.[ \t]+(?:\S+[ \t]+){0,2}SOA[ \t]", re.MULTILINE | re.IGNORECASE)
_ORIGIN = re.compile(r"^\$ORIGIN[ \t]+(\S+)\.[ \t\r]*(?:;.*)?$", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Imported:
    """A zone that came from another tool's format.

    `records` are canonical. `notes` name, one line each, what the format says and a zone's records can't. Where there
    are `problems`, the records are not the whole zone.
    """

    records: list[Record]
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, reading: Reading, file: str) -> Self:
        """Take a master file. What name servers read each in their own way is noted."""
        records, notes = _as_meant(reading.records)
        problems = reading.problems + (check_zone(records, file) if notes else [])
        found = (f"{file}: {note}" for note in notes)
        return cls(records, (*_located(reading.warnings), *found), tuple(dict.fromkeys(problems)))


def read_master(text: str, origin: str, file: str, open_include: OpenInclude | None = None) -> Imported:
    """Read a master file."""
    return Imported.of(read(text, origin, file=file, open_include=open_include), file)


def export_line(content: str, following: syntax.Lines, tool: str) -> tuple[str, str, str, str]:
    """Return owner, TTL, type and data of a line `name TTL IN type data`, as panels export each record."""
    tokens = syntax.entry(content, following).tokens
    if len(tokens) < 5 or tokens[2].text.upper() != "IN":
        message = f"it is not a line of a {tool} export: name TTL IN type data"
        raise Refused("record-syntax", "record", message, value=content, fix="import it with --from master")
    owner, ttl, _, rtype = (token.text for token in tokens[:4])
    return owner, ttl, rtype, syntax.join(tokens[4:])


def _as_meant(records: list[Record]) -> tuple[list[Record], list[str]]:
    """Return records as the panels that exported them mean them, and a note on each that the letter says otherwise."""
    found: dict[Record, None] = {}
    notes = []
    for record in records:
        if record.owner.endswith(_AT_SIGN):
            owner = record.owner.removesuffix(_AT_SIGN)
            notes.append(f"{record.subject} is taken as {owner}, since an export of GoDaddy's writes @ for the zone")
            found[record._replace(owner=owner)] = None
        elif record.type == "NS" and record.rdata in _PLACEHOLDERS:
            shown = record.rdata.replace("\\", "").upper()
            notes.append(f"{record.subject} is Cloudflare's placeholder {shown} and is not carried over")
        else:
            found[record] = None
    return list(found), notes


def zones_of_master(text: str, _: str) -> list[str]:
    """Return the name that the file gives itself: its SOA's full owner name, or else the first `$ORIGIN`."""
    found = _SOA.findall(text) or _ORIGIN.findall(text)
    return [name.lower() for name in found[:1]]


class Collector:
    """Takes one record after the other, each with the line it came from, 0 where the format has no lines."""

    def __init__(self, origin: str, file: str) -> None:
        self.zone = zone_apex(origin, file)
        self._file = file
        self._owners = Owners(self.zone, Targets(self.zone))
        self._kept = sets.Zone(files=[(0, file)])
        self._notes: list[str] = []
        self._aliases: list[Alias] = []
        self.problems: list[Problem] = []

    def enter(self, file: str) -> None:
        """Note that what follows stands in another file."""
        if file != self._file:
            self._file = file
            self._kept.enter(file)

    def is_record(self, line: int, entry: Any, name: str = "name", rtype: str = "type") -> bool:
        """Return whether an entry has a name and a type, by these fields; one that has not is a problem."""
        if isinstance(entry, Mapping) and isinstance(entry.get(name), str) and isinstance(entry.get(rtype), str):
            return True
        self.refuse(line, Refused("field-missing", name, f"{quoted(shown(entry))} is not a record"))
        return False

    def knows(self, line: int, subject: str, rtype: str, shown: object) -> bool:
        """Return whether this is a record type of the DNS; note one that a provider made up, with what it said."""
        try:
            type_of(rtype.upper())
        except Refused:
            self.note(line, f"{subject} is no record type of the DNS and is not carried over: {bounded(str(shown))}")
            return False
        return True

    def add(self, line: int, owner: str, ttl: object, rtype: str, rdata: str) -> None:
        """Keep a record, or note that it belongs to another zone, or what is wrong with it."""
        try:
            record = self._record(owner, ttl, rtype, rdata)
        except Refused as refusal:
            if refusal.problem.code == "out-of-zone":
                self.note(line, f"{bounded(owner)} {rtype} is in another zone and is not carried over")
            else:
                self.refuse(line, refusal, f"{bounded(owner)} {rtype}")
            return
        [*kept], notes = _as_meant([record])
        for note in notes:
            self.note(line, note)
        self._kept.records.extend(kept)
        self._kept.lines.extend([line] * len(kept))

    def _record(self, owner: str, ttl: object, rtype: str, rdata: str) -> Record:
        name = self._owners[owner or "@"]
        type_ = type_of(rtype.upper())
        return Record(name, seconds(shown(ttl)), type_, canonical_rdata(type_, rdata, self.zone, rtype.upper()))

    def alias(self, line: int, owner: str, rtype: str, target: str, *, health: bool) -> None:
        """Keep an alias of Route 53, both names in full, until all records are known: what it becomes hangs on them."""
        self._aliases.append(Alias(self._file, line, owner, rtype, target, health))

    def held(self, name: str) -> list[Record]:
        """Return the records that are kept of a full name; none of another zone's."""
        try:
            owner = self._owners[name]
        except Refused:
            return []
        return [record for record in self._kept.records if record.owner == owner]

    def has_soa(self, name: str) -> bool:
        """Return whether the zone of this name is the one that is imported, and its SOA is kept already."""
        return name == self.zone and any(record.type == "SOA" for record in self._kept.records)

    def note(self, line: int, what: str) -> None:
        """Say on the side what is not carried over."""
        self._notes.append(f"{self._file}:{line}: {what}" if line else f"{self._file}: {what}")

    @contextmanager
    def refusing(self, line: int, subject: str = "") -> Iterator[None]:
        """Take a refusal that comes up in the block as a problem of this place."""
        try:
            yield
        except Refused as refusal:
            self.refuse(line, refusal, subject)

    def refuse(self, line: int, refusal: Refused, subject: str = "") -> None:
        """Note a problem."""
        self.problems.append(refusal.at(self._file, line, subject))

    def imported(self) -> Imported:
        """Return all of it, the zone as a whole checked."""
        settle(self, self._aliases)
        records, problems, warnings = sets.check(self._kept)
        return Imported(records, (*self._notes, *_located(warnings)), (*self.problems, *problems))


def _located(warnings: Iterable[Problem]) -> tuple[str, ...]:
    return tuple(f"{warning.file}:{warning.line}: {warning.message}" for warning in warnings)
