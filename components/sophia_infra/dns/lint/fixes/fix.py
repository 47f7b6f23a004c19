"""What a fix is, and the table of all fixes."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from sophia_infra.dns.lint.zone import Zone
from sophia_infra.dns.records import Record


class Change(NamedTuple):
    """Records of the zone, and what belongs in their place.

    Nothing after removes them; the same with others beside them adds those, for as long as the ones before are asked
    for. There is always one before: it says when the change has served its purpose.
    """

    before: tuple[Record, ...]
    after: tuple[Record, ...] = ()


# What belongs in a record's place: another or several, None to remove it, or the same where nothing is wrong with it.
RecordFix = Callable[[Zone, Record], Record | Sequence[Record] | None]
# The change for a finding's owner and type, where several records change together or none stands there yet.
SetFix = Callable[[Zone, str, str], Change | None]
Fix = Callable[[Zone, str, str], Iterator[Change]]

FIXES: dict[str, Fix] = {}


def fix(*codes: str) -> Callable[[RecordFix], RecordFix]:
    """Enter the decorated function for these findings; it is asked for each record of the set they are about."""

    def enter(mend: RecordFix) -> RecordFix:
        def changes(zone: Zone, owner: str, kind: str) -> Iterator[Change]:
            for record in zone.at(owner, kind):
                change = Change((record,), _several(mend(zone, record)))
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


def _several(after: Record | Sequence[Record] | None) -> tuple[Record, ...]:
    if after is None:
        return ()
    return (after,) if isinstance(after, Record) else tuple(after)
