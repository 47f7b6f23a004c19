"""Record sets changed in the text of a master file. What is not about them stays as it is, octet for octet. Pure.

Whatever is written is read again by the library's reader: it must hold what was asked for, and all else as before.
"""

from collections.abc import Callable

from sophia_infra.agent.editing.entries import Edit, Values
from sophia_infra.agent.editing.errors import EditingError
from sophia_infra.agent.operations import ANY, AddRecords, OfRecords, Operation, RemoveRecords, SetTtl
from sophia_infra.dns.reader import Reading, ZoneTextError, read_rdata, zone_apex, zone_name
from sophia_infra.dns.reader.names import Owners, Targets
from sophia_infra.dns.reader.problems import Refused
from sophia_infra.dns.reader.rdata import type_of

Read = Callable[[str], Reading]
"""Reads a text as if it stood in the file."""
Sets = dict[tuple[str, str], Values]


def changed(text: str, operation: Operation, read: Read) -> str:
    """Return the text of a master file with an operation on records applied.

    Raises:
        EditingError: a record stands where it can't be changed by itself: in an included file, or made by `$GENERATE`;
            a record that is to go, or whose TTL is to change, is not there.
        ZoneTextError: the file can't be read, or a name server would refuse what would become of it.
    """
    if not isinstance(operation, OfRecords):
        raise EditingError(f"{operation.op} is no change of records", subject=operation.op)
    before = _sound(read(text))
    for subject, values in _wanted(operation, sets_of(before)).items():
        text = _with_set(text, operation.zone, subject, values, read)
    return text


def _sound(reading: Reading) -> Reading:
    reading.sound()
    return reading


def sets_of(reading: Reading) -> Sets:
    """Return the record sets of a text that was read, by owner and type."""
    found: Sets = {}
    for owner, ttl, rtype, rdata in reading.records:
        found.setdefault((owner, rtype), {})[rdata] = ttl
    return found


def _wanted(operation: OfRecords, now: Sets) -> Sets:
    """What becomes of which sets: RDATA with its TTL, None for that which the file gives it; without any a set goes."""
    owner, rtype = _subject(operation)
    if rtype == ANY and isinstance(operation, RemoveRecords):
        gone: Sets = {subject: {} for subject in now if subject[0] == owner}
        _need(gone, f"{owner} {ANY}", operation)
        return gone
    subject, held = (owner, rtype), now.get((owner, rtype), {})
    if isinstance(operation, SetTtl):
        _need(held, " ".join(subject), operation)
        return {subject: dict.fromkeys(held, operation.ttl)}
    given = [read_rdata(rtype, value, operation.zone) for value in operation.values]
    if isinstance(operation, RemoveRecords):
        for rdata in given or [""]:
            _need(rdata in held if rdata else held, f"{' '.join(subject)} {rdata}".strip(), operation)
        return {subject: {rdata: ttl for rdata, ttl in held.items() if given and rdata not in given}}
    if rtype == "CNAME" and f"{owner}.{zone_name(operation.zone)}." in given:
        told = f"{operation.op}: {owner} CNAME would be an alias of itself"
        raise EditingError(told, code="own-alias", subject=" ".join(subject))
    ttl = next(iter(held.values()), None) if operation.ttl is None else operation.ttl
    kept = held if isinstance(operation, AddRecords) else {}
    return {subject: dict.fromkeys([*kept, *given], ttl)}


def _need(found: object, what: str, operation: Operation) -> None:
    if not found:
        raise EditingError(f"{operation.op}: {what} is not in the file", code="not-there", subject=what)


def _subject(operation: OfRecords) -> tuple[str, str]:
    """The owner relative to the apex, in canonical form, and the type."""
    rtype = operation.rtype.upper()
    try:
        apex = zone_apex(operation.zone, operation.zone)
        return Owners(apex, Targets(apex))[operation.owner], rtype if rtype == ANY else type_of(rtype)
    except Refused as refusal:
        raise ZoneTextError([refusal.at(operation.zone, 0, f"{operation.owner} {rtype}")]) from None


def _with_set(text: str, zone: str, subject: tuple[str, str], values: Values, read: Read) -> str:
    """The text in which a set has these records; its name is written relative to the apex, else in full."""
    before = _sound(read(text))
    held = sets_of(before).get(subject, {})
    kept = {rdata for rdata, ttl in values.items() if rdata in held and ttl in (None, held[rdata])}
    if kept == held.keys() == values.keys():
        return text
    edit = Edit.of(text, before.zone, subject, kept)
    expected = {**sets_of(before), subject: values}
    coming = {rdata: ttl for rdata, ttl in values.items() if rdata not in kept}
    for owner in (subject[0], f"{subject[0]}.{zone_name(zone)}.".removeprefix("@.")):
        reading = read(written := edit.with_records(coming, owner))
        if _reads_as(reading, expected):
            return written
    reading.sound()
    raise EditingError(
        f"{' '.join(subject)} can't be changed without a change of what stands around it; edit the file by hand",
        code="entangled",
        subject=" ".join(subject),
    )


def _reads_as(reading: Reading, expected: Sets) -> bool:
    found = sets_of(reading)
    wanted = {
        subject: {rdata: found.get(subject, {}).get(rdata) if ttl is None else ttl for rdata, ttl in values.items()}
        for subject, values in expected.items()
        if values
    }
    return not reading.problems and found == wanted
