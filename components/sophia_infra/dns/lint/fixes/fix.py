"""What a fix is, and the table of all fixes."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from sophia_infra.dns.lint.zone import Zone
from sophia_infra.dns.records import Record


class Change(NamedTuple):
    """Records of the zone, and what belongs in their place.

    Nothing after removes them; the same with others beside them adds those. A change is for as long as all records
    before are asked for, so what it rests on stands in both: the host whose address is copied, the MX that remains
    where another one goes. `until` are record sets (`mail A`) whose coming ends it, where it rests on their absence.
    """

    before: tuple[Record, ...]
    after: tuple[Record, ...] = ()
    until: tuple[str, ...] = ()


# What belongs in a record's place: another, None to remove it, the same where nothing is wrong, or a change of more.
RecordFix = Callable[[Zone, Record], Record | Change | None]
# The change for a finding's owner and type, where several records change together or none stands there yet.
SetFix = Callable[[Zone, str, str], Change | None]
Fix = Callable[[Zone, str, str], Iterator[Change]]

FIXES: dict[str, Fix] = {}


def fix(*codes: str) -> Callable[[RecordFix], RecordFix]:
    """Enter the decorated function for these findings; it is asked for each record of the set they are about."""

    def enter(mend: RecordFix) -> RecordFix:
        def changes(zone: Zone, owner: str, kind: str) -> Iterator[Change]:
            for record in zone.at(owner, kind):
                change = _change(record, mend(zone, record))
                if change.after != change.before:
                    yield change

        _enter(codes, changes)
        return mend

    return enter


def fix_set(*codes: str) -> Callable[[SetFix], SetFix]:
    """Enter the decorated function for these findings; it is asked once for each."""

    def enter(mend: SetFix) -> SetFix:
        def changes(zone: Zone, owner: str, kind: str) -> Iterator[Change]:
            change = mend(zone, owner, kind)
            if change is not None and change.before and change.after != change.before:
                yield change

        _enter(codes, changes)
        return mend

    return enter


def _enter(codes: Sequence[str], changes: Fix) -> None:
    for code in codes:
        if code in FIXES:
            raise ValueError(f"two fixes are for the code {code}")
        FIXES[code] = changes


def _change(record: Record, after: Record | Change | None) -> Change:
    if isinstance(after, Change):
        return after
    return Change((record,), () if after is None else (after,))
