"""What only the whole zone shows: record sets, and names that may hold nothing else (RFC 1034, 2181, 6672)."""

from collections.abc import Iterator
from dataclasses import dataclass

from sophia_infra.dns.reader.problems import Problem, Refused
from sophia_infra.dns.records import Record

Place = tuple[str, int]
"""File and line."""
Sets = dict[tuple[str, str], list[int]]
"""Owner and type -> the indexes of the set's records."""

_SINGLE = {"CNAME": "cname-duplicate", "DNAME": "dname-duplicate", "SOA": "soa-duplicate"}
_BESIDE_CNAME = frozenset({"CNAME", "RRSIG", "NSEC"})


@dataclass(frozen=True, slots=True)
class Zone:
    """Records as read, with the place of each."""

    records: list[Record]
    places: list[Place]


def check(zone: Zone) -> tuple[list[Record], list[Problem], list[Problem]]:
    """Return the records without duplicates and with one TTL a set, the problems, and the warnings."""
    sets: Sets = {}
    for index, (owner, _, kind, _) in enumerate(zone.records):
        sets.setdefault((owner, kind), []).append(index)
    warnings = _level_ttls(zone, sets)
    records = zone.records if len(sets) == len(zone.records) else list(dict.fromkeys(zone.records))
    rules = (_singletons, _beside_cname, _below_dname, _misplaced)
    return records, [problem for rule in rules for problem in rule(zone, sets)], warnings


def _level_ttls(zone: Zone, sets: Sets) -> list[Problem]:
    """Give each set its lowest TTL, in place, as a resolver does that meets different ones (RFC 2181 section 5.2)."""
    warnings = []
    for (owner, kind), members in sets.items():
        if len(members) == 1:
            continue
        ttls = sorted({zone.records[index].ttl for index in members})
        if len(ttls) > 1:
            message = f"the {kind} records of {owner} have the TTLs {', '.join(map(str, ttls[:5]))}; {ttls[0]} is used"
            warnings.append(_problem("ttl-differs-in-set", "ttl", message, zone, members[-1]))
            for index in members:
                zone.records[index] = zone.records[index]._replace(ttl=ttls[0])
    return warnings


def _singletons(zone: Zone, sets: Sets) -> Iterator[Problem]:
    for (owner, kind), members in sets.items():
        if kind in _SINGLE:
            rdata = {zone.records[index].rdata for index in members}
            if len(rdata) > 1:
                message = f"{owner} has {len(rdata)} {kind} records, the limit is 1"
                yield _problem(_SINGLE[kind], "rdata", message, zone, members[-1])


def _beside_cname(zone: Zone, sets: Sets) -> Iterator[Problem]:
    aliases = {owner for owner, kind in sets if kind == "CNAME"}
    others: dict[str, list[str]] = {}
    for owner, kind in sets:
        if owner in aliases and kind not in _BESIDE_CNAME:
            others.setdefault(owner, []).append(kind)
    for owner, kinds in others.items():
        last = max(sets[owner, kind][-1] for kind in [*kinds, "CNAME"])
        message = f"{owner} has a CNAME and other data ({', '.join(sorted(kinds))})"
        yield _problem("cname-and-other-data", "type", message, zone, last, f"{owner} CNAME")


def _below_dname(zone: Zone, sets: Sets) -> Iterator[Problem]:
    redirected = {owner for owner, kind in sets if kind == "DNAME"}
    if not redirected:
        return
    for (owner, kind), members in sets.items():
        above = next((name for name in redirected if _is_below(owner, name)), None)
        if above is not None:
            message = f"{owner} stands below {above}, which has a DNAME"
            yield _problem("dname-and-descendants", "owner", message, zone, members[0], f"{owner} {kind}")


def _is_below(owner: str, above: str) -> bool:
    return owner != "@" if above == "@" else owner.endswith(f".{above}") and not owner.endswith(f"\\.{above}")


def _misplaced(zone: Zone, sets: Sets) -> Iterator[Problem]:
    for (owner, kind), members in sets.items():
        if kind == "SOA" and owner != "@":
            yield _problem("soa-not-at-apex", "owner", f"{owner} has an SOA and is not the apex", zone, members[0])
        if kind == "NS" and (owner == "*" or owner.startswith("*.")):
            yield _problem("ns-at-wildcard", "owner", f"the wildcard {owner} has NS records", zone, members[0])


def _problem(code: str, field: str, message: str, zone: Zone, index: int, subject: str = "") -> Problem:
    record, (file, line) = zone.records[index], zone.places[index]
    return Refused(code, field, message, value=record.rdata).at(file, line, subject or record.subject)
