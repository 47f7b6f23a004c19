"""A program's records -> canonical records: typed lists and mappings, a master file's text, or its path."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from sophia_infra.dns.files import read_file
from sophia_infra.dns.reader import DEFAULT_TTL, Problem, ZoneTextError, read, read_rdata, sets
from sophia_infra.dns.reader.names import Owners, Targets, zone_origin
from sophia_infra.dns.reader.problems import Refused, bounded, quoted
from sophia_infra.dns.reader.rdata import type_of
from sophia_infra.dns.reader.syntax import seconds
from sophia_infra.dns.rr.record import Record
from sophia_infra.values import like, shown

FIELDS = ("name", "type", "ttl", "value", "values")
"""The fields of one typed entry."""
VALUES = ("value", "values")
"""Those of them that hold its data: it has one, and not both."""

Entry = Mapping[str, Any]
Entries = Sequence[Entry] | Mapping[str, Any]
"""Typed records: `[{"name": "@", "type": "A", "values": ["192.0.2.1"], "ttl": 300}]`, or by name:
`{"www": {"type": "A", "value": "192.0.2.1"}}`, with a list where a name has several record sets."""


class Header(NamedTuple):
    """The record set that an entry makes: `owner` relative to the origin, `ttl` in seconds."""

    owner: str
    type: str
    ttl: int


def program_records(records: Entries | str | Path, origin: str, default_ttl: int | None = None) -> list[Record]:
    """Return the records that a program gives, in canonical form.

    A `str` that names a file, or holds no blank, is a path; any other is a master file's text. Names: `@` or an empty
    one is the apex; one that ends with a dot is taken in full; others are relative to `origin`, and one that looks as
    if its dot was forgotten is refused. Values are as `reader.read_rdata` describes them. A typed entry without a TTL
    takes `default_ttl`, or `DEFAULT_TTL`; a master file as `reader.read` says.

    Raises:
        ZoneTextError: with every problem found; its `file` names the entry, as in `records[3]` or `records['www'][0]`.
    """
    if isinstance(records, str | Path):
        return _from_master(records, origin, default_ttl)
    return typed_records(labelled(records), origin, default_ttl)


def typed_records(entries: Iterable[tuple[str, Entry]], origin: str, default_ttl: int | None = None) -> list[Record]:
    """Return the records of typed entries, each with the label that names it in messages; see `program_records`."""
    zone = sets.Zone()
    problems: list[Problem] = []
    for label, entry in entries:
        zone.enter(label)
        try:
            found = _records(entry, origin, default_ttl, label)
        except ZoneTextError as error:
            problems += error.problems
            continue
        zone.records.extend(found)
        zone.lines.extend([0] * len(found))
    unique, of_sets, warnings = sets.check(zone)
    if problems or of_sets or warnings:
        raise ZoneTextError([*problems, *of_sets, *warnings])
    return unique


def header_of(entry: Entry, origin: str, default_ttl: int | None = None, *, label: str) -> Header:
    """Return the record set that an entry makes, whatever its values are; raises as `program_records`."""
    _check_fields(entry, label)
    try:
        zone = zone_origin(origin)
        rtype = type_of(entry["type"].upper())
        return Header(_owner(entry["name"], zone), rtype, _ttl(entry, default_ttl))
    except Refused as refusal:
        raise ZoneTextError([refusal.at(label, 0)]) from None


def _from_master(source: str | Path, origin: str, default_ttl: int | None) -> list[Record]:
    if _is_path(source):
        reading = read_file(source, origin, default_ttl=default_ttl)
    else:
        reading = read(str(source), origin, file="records", default_ttl=default_ttl)
    if reading.problems:
        raise ZoneTextError(reading.problems)
    return reading.records


def _is_path(source: str | Path) -> bool:
    if isinstance(source, Path) or not any(map(str.isspace, source)):
        return True
    return "\n" not in source and len(source) < 1024 and Path(source).is_file()


def labelled(records: Entries) -> Iterator[tuple[str, Entry]]:
    """Yield each typed entry with the label that names it in messages: `records[3]`, `records['www'][0]`."""
    if isinstance(records, Mapping):
        for name, given in records.items():
            if isinstance(given, str) or not isinstance(given, Sequence):
                yield f"records[{name!r}]", _named(name, given)
                continue
            for index, entry in enumerate(given):
                yield f"records[{name!r}][{index}]", _named(name, entry)
    else:
        for index, entry in enumerate(records):
            yield f"records[{index}]", entry


def _named(name: Any, entry: Any) -> Any:
    return {"name": name, **entry} if isinstance(entry, Mapping) else entry


def _records(entry: Entry, origin: str, default_ttl: int | None, label: str) -> list[Record]:
    owner, rtype, ttl = header_of(entry, origin, default_ttl, label=label)
    values = list(_values(entry, label))
    read = [read_rdata(rtype, value, origin, file=f"{label}.{field}") for field, value in values]
    return [Record(owner, ttl, rtype, rdata) for rdata in read]


def values_field(entry: Entry, label: str) -> str:
    """Return the one field that holds the data of an entry. Raises `ZoneTextError` where none or both do."""
    given = [field for field in VALUES if field in entry]
    if len(given) != 1:
        _refuse("field-missing", label, "values", "it needs value or values, and not both")
    return given[0]


def _values(entry: Entry, label: str) -> Iterator[tuple[str, str]]:
    if values_field(entry, label) == "value":
        given = [("value", entry["value"])]
    elif isinstance(entry["values"], Sequence) and not isinstance(entry["values"], str) and entry["values"]:
        given = [(f"values[{index}]", value) for index, value in enumerate(entry["values"])]
    else:
        _refuse("field-invalid", label, "values", f"{_shown(entry['values'])} is not a list of at least one text")
    for field, value in given:
        if not isinstance(value, str):
            _refuse("field-invalid", label, field, f"{_shown(value)} is not a text", "write it as a text, in quotes")
        yield field, value


def _check_fields(entry: Any, label: str) -> None:
    if not isinstance(entry, Mapping):
        _refuse("field-invalid", label, "record", f"{_shown(entry)} is not a mapping with name, type and values")
    for field in entry:
        if field not in FIELDS:
            near = like(str(field), FIELDS)
            fix = f"did you mean {near}?" if near else ""
            _refuse("field-unknown", label, str(field), f"{_shown(field)} is not a field of a record", fix)
    for field in ("name", "type"):
        if field not in entry:
            _refuse("field-missing", label, field, f"it has no {field}")
        if not isinstance(entry[field], str):
            _refuse("field-invalid", label, field, f"{_shown(entry[field])} is not a text")


def _owner(name: str, zone: str) -> str:
    if f".{name}.".endswith(f".{zone}") and name and zone != ".":
        message = f"{quoted(name)} could mean {bounded(name)}. or {bounded(name)}.{zone}"
        raise Refused("name-ambiguous", "name", message, value=name)
    return Owners(zone, Targets(zone))[name or "@"]


def _ttl(entry: Entry, default_ttl: int | None) -> int:
    ttl = entry.get("ttl")
    if ttl is None:
        ttl = DEFAULT_TTL if default_ttl is None else default_ttl
    if isinstance(ttl, float) and ttl.is_integer():
        ttl = int(ttl)
    if isinstance(ttl, bool) or not isinstance(ttl, int | str):
        raise Refused("ttl-invalid", "ttl", f"{_shown(ttl)} is not a TTL", value=str(ttl))
    return seconds(str(ttl))


def _shown(value: object) -> str:
    return quoted(value if isinstance(value, str) else shown(value))


def _refuse(code: str, label: str, field: str, message: str, fix: str = "") -> NoReturn:
    raise ZoneTextError([Refused(code, field, message, fix=fix).at(label, 0)])
