"""Advice: edits that it proposes, as operations on the declared data, and what it warns of beside them."""

from collections.abc import Iterable, Iterator

from sophia_infra.advice.model import Edit, Level
from sophia_infra.agent.inventory import RRset
from sophia_infra.agent.loop.detected import Detected
from sophia_infra.agent.loop.observing import Observed
from sophia_infra.agent.operations import AddRecords, Operation, RemoveRecords, SetRecords
from sophia_infra.dns.rr.record import Record, from_text


def detect(seen: Observed) -> Iterator[Detected]:
    """Yield each edit that waits, and each kind of finding above information."""
    zones = seen.inventory.zones
    for zone, advice in seen.advice.items():
        for edit in advice.edits:
            subject, way_out = f"zone {zone} {edit.subject}", f"sophia advice approve {advice.id[:12]}"
            operations = tuple(operations_of(zone, edit, zones.get(zone, ())))
            yield Detected("advised", subject, edit.why, way_out, edit.digest, operations)
        mended = {edit.subject for edit in advice.edits}
        for found in advice.kinds:
            if found.level is not Level.INFO and found.subject not in mended:
                mark = f"{found.code} {found.subject}"
                yield Detected("advised", f"zone {zone}", f"{found.subject}: {found.message}", found.fix, mark)


def operations_of(zone: str, edit: Edit, sets: Iterable[RRset]) -> Iterator[Operation]:
    """Yield what an edit does to each record set that it touches; `sets` are those of the zone as it stands."""
    known = {(each.owner, each.rtype): each.values for each in sets}
    lost, new = (from_text("".join(f"{line}\n" for line in lines)) for lines in (edit.lost, edit.new))
    for owner, rtype in dict.fromkeys((record.owner, record.type) for record in (*lost, *new)):
        before = known.get((owner, rtype), ())
        gone, come = _of(lost, owner, rtype), _of(new, owner, rtype)
        ttl = next((record.ttl for record in new if (record.owner, record.type) == (owner, rtype)), None)
        after = (*(value for value in before if value not in gone), *(value for value in come if value not in before))
        if not after:
            yield RemoveRecords(zone, owner, rtype)
        elif before:
            yield SetRecords(zone, owner, rtype, after, ttl)
        else:
            yield AddRecords(zone, owner, rtype, after, ttl)


def _of(records: Iterable[Record], owner: str, rtype: str) -> tuple[str, ...]:
    return tuple(record.rdata for record in records if (record.owner, record.type) == (owner, rtype))
