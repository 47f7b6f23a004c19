"""What only the whole zone shows: record sets, and names that may hold nothing else (RFC 1034, 2181, 6672)."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from sophia_infra.dns.reader.problems import Problem, Refused
from sophia_infra.dns.rr.record import Record, enclosing

_SINGLE = {"ALIAS": "alias-duplicate", "CNAME": "cname-duplicate", "DNAME": "dname-duplicate", "SOA": "soa-duplicate"}
_BESIDE_CNAME = frozenset({"CNAME", "RRSIG", "NSEC"})
_ADDRESSES = frozenset({"A", "AAAA"})
REPEATED_SHOWN = 100
"""Repeated records that a reading names."""
_PROOFS = frozenset({"NSEC", "NSEC3", "RRSIG"})


@dataclass(frozen=True, slots=True)
class Zone:
    """Records as read: `lines` holds the line of each, `files` the file from which index on it was read."""

    records: list[Record] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    files: list[tuple[int, str]] = field(default_factory=list)

    def enter(self, file: str) -> None:
        """Note that the records from here on stand in this file."""
        self.files.append((len(self.records), file))

    def place(self, index: int) -> tuple[str, int]:
        """Return where the record with this index stands: its file, and the line in it on which it begins."""
        return self.files[bisect_right(self.files, index, key=lambda entry: entry[0]) - 1][1], self.lines[index]

    def problem(self, code: str, field: str, message: str, index: int, subject: str = "") -> Problem:
        """Return a problem of the record with this index, at its place."""
        record = self.records[index]
        return Refused(code, field, message, value=record.rdata).at(*self.place(index), subject or record.subject)


def check(zone: Zone) -> tuple[list[Record], list[Problem], list[Problem]]:
    """Return the records without duplicates and with one TTL a set, the problems, and the warnings."""
    warnings = list(_level_ttls(zone))
    rules = (_singletons, _beside_cname, _beside_alias, _below_dname, _misplaced)
    return list(dict.fromkeys(zone.records)), [problem for rule in rules for problem in rule(zone)], warnings


def repeated(zone: Zone) -> list[Problem]:
    """Return each record that stands in the zone before, be it in another case or with a relative name."""
    first: dict[Record, int] = {}
    again = [index for index, record in enumerate(zone.records) if first.setdefault(record, index) != index]
    message = "it stands in the file before, and counts once"
    return [zone.problem("record-repeated", "record", message, index) for index in again[:REPEATED_SHOWN]]


def _level_ttls(zone: Zone) -> Iterator[Problem]:
    """Give each set its lowest TTL, in place, as a resolver does that meets different ones (RFC 2181 section 5.2)."""
    first: dict[tuple[str, str], int] = {}
    uneven = {(owner, rtype) for owner, ttl, rtype, _ in zone.records if first.setdefault((owner, rtype), ttl) != ttl}
    for owner, rtype in sorted(uneven):
        members = [index for index, (name, _, of, _) in enumerate(zone.records) if (name, of) == (owner, rtype)]
        ttls = sorted({zone.records[index].ttl for index in members})
        shown = ", ".join(map(str, ttls[:5]))
        message = f"the {rtype} records of {owner} have the TTLs {shown}; {ttls[0]} is used"
        yield zone.problem("ttl-differs-in-set", "ttl", message, members[-1])
        for index in members:
            zone.records[index] = zone.records[index]._replace(ttl=ttls[0])


def _singletons(zone: Zone) -> Iterator[Problem]:
    first: dict[tuple[str, str], str] = {}
    others: dict[Record, int] = {}
    for index, record in enumerate(zone.records):
        owner, _, rtype, rdata = record
        if rtype in _SINGLE and first.setdefault((owner, rtype), rdata) != rdata:
            others.setdefault(record, index)
    for record, index in others.items():
        message = f"{record.owner} has more than one {record.type} record, the limit is 1"
        yield zone.problem(_SINGLE[record.type], "rdata", message, index)


def _beside_cname(zone: Zone) -> Iterator[Problem]:
    aliases = {owner for owner, _, rtype, _ in zone.records if rtype == "CNAME"}
    aliases = {owner for owner, _, rtype, _ in zone.records if owner in aliases and rtype not in _BESIDE_CNAME}
    beside: dict[str, set[str]] = {}
    last: dict[str, int] = {}
    for index, (owner, _, rtype, _) in enumerate(zone.records if aliases else ()):
        if owner in aliases:
            last[owner] = index
            if rtype not in _BESIDE_CNAME:
                beside.setdefault(owner, set()).add(rtype)
    for owner, rtypes in beside.items():
        message = f"{owner} has a CNAME and other data ({', '.join(sorted(rtypes))})"
        yield zone.problem("cname-and-other-data", "type", message, last[owner], f"{owner} CNAME")


def _beside_alias(zone: Zone) -> Iterator[Problem]:
    aliases = {owner for owner, _, rtype, _ in zone.records if rtype == "ALIAS"}
    last = {
        owner: index
        for index, (owner, _, rtype, _) in enumerate(zone.records if aliases else ())
        if owner in aliases and rtype in _ADDRESSES
    }
    for owner, index in last.items():
        message = f"{owner} has an ALIAS, which gives it the addresses of another name, and addresses of its own"
        yield zone.problem("alias-and-addresses", "type", message, index, f"{owner} ALIAS")


def _below_dname(zone: Zone) -> Iterator[Problem]:
    redirected = {owner for owner, _, rtype, _ in zone.records if rtype == "DNAME"}
    for index, (owner, _, rtype, _) in enumerate(zone.records if redirected else ()):
        above = next((name for name in enclosing(owner) if name in redirected), None)
        if above is not None and rtype not in _PROOFS:
            message = f"{owner} stands below {above}, which has a DNAME"
            yield zone.problem("dname-and-descendants", "owner", message, index)


def _misplaced(zone: Zone) -> Iterator[Problem]:
    for index, (owner, _, rtype, _) in enumerate(zone.records):
        if rtype == "SOA" and owner != "@":
            yield zone.problem("soa-not-at-apex", "owner", f"{owner} has an SOA and is not the apex", index)
        elif rtype == "NS" and owner[0] == "*" and owner[1:2] in {"", "."}:
            yield zone.problem("ns-at-wildcard", "owner", f"the wildcard {owner} has NS records", index)
