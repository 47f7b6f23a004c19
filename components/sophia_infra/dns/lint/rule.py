"""Rules and fixes: what finds a fault in a zone, what mends it mechanically, and the tables of both, by code.

A fix stands below its rule. It changes what is surely wrong, or proposes what a person is fair to approve at a glance;
it never takes away what somebody may rely on.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from sophia_infra.advice.model import Level
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.zone.index import Zone

ERROR, WARNING, INFO = Level.ERROR, Level.WARNING, Level.INFO
_T = TypeVar("_T")


class Problem(NamedTuple):
    """A rule's result: the record set, one sentence why, one what to do, and a level other than the usual."""

    subject: str
    message: str
    fix: str
    level: Level | None = None


Check = Callable[[Zone], Iterator[Problem]]


class Rule(NamedTuple):
    """One rule: a stable kebab-case code, the levels it may report (the usual one first), and its check.

    `no_edit` says why no fix mends its findings: what only a person knows. It is empty where there is one.
    """

    code: str
    levels: tuple[Level, ...]
    check: Check
    no_edit: str = ""


class Change(NamedTuple):
    """Records of the zone, and what belongs in their place.

    `after=()` removes the records in `before`; an `after` that holds all of `before` adds the rest.

    What a change rests on stands in both: the host whose address is copied, the MX that remains where another goes.
    An edit made of it ends once the program no longer asks for all of `before`. It also ends once one of the record
    sets in `until` (`mail A`) comes, where it rests on their absence.
    """

    before: tuple[Record, ...]
    after: tuple[Record, ...] = ()
    until: tuple[str, ...] = ()


# What belongs in a record's place: another, None to remove it, the same where nothing is wrong, or a change of more.
RecordFix = Callable[[Zone, Record], Record | Change | None]
# The change for a finding's owner and type, where several records change together or none stands there yet.
SetFix = Callable[[Zone, str, str], Change | None]

RULES: dict[str, Rule] = {}
FIXES: dict[str, SetFix] = {}


def rule(code: str, *levels: Level, no_edit: str = "") -> Callable[[Check], Check]:
    """Enter the decorated check into `RULES`. Either a fix stands below it, or `no_edit` says why none does.

    Raises:
        ValueError: another rule has the code.
    """

    def enter(check: Check) -> Check:
        _enter(RULES, code, Rule(code, levels, check, no_edit))
        return check

    return enter


def fix(*codes: str) -> Callable[[RecordFix], RecordFix]:
    """Enter the decorated function for these findings; it is asked for each record of the set they are about."""

    def enter(mend: RecordFix) -> RecordFix:
        def change(zone: Zone, owner: str, rtype: str) -> Change:
            mended = [(record, mend(zone, record)) for record in zone.at(owner, rtype)]
            found = (to if isinstance(to, Change) else Change((record,), (to,) if to else ()) for record, to in mended)
            return _joined([change for change in found if change.after != change.before])

        fix_set(*codes)(change)
        return mend

    return enter


def fix_set(*codes: str) -> Callable[[SetFix], SetFix]:
    """Enter the decorated function for these findings; it is asked once for each."""

    def enter(mend: SetFix) -> SetFix:
        for code in codes:
            _enter(FIXES, code, mend)
        return mend

    return enter


def _enter(table: dict[str, _T], code: str, entry: _T) -> None:
    if code in table:
        raise ValueError(f"the code {code} is entered twice")
    table[code] = entry


def _joined(changes: Sequence[Change]) -> Change:
    """Return several changes as one; what any of them takes away goes, though another may hold on to it."""
    lost = {record for change in changes for record in change.before if record not in change.after}
    before = dict.fromkeys(record for change in changes for record in change.before)
    after = dict.fromkeys(record for change in changes for record in change.after if record not in lost)
    until = dict.fromkeys(subject for change in changes for subject in change.until)
    return Change(tuple(before), tuple(after), tuple(until))


def drop(record: Record, others: Sequence[Record], until: Sequence[str] = ()) -> Change:
    """Return the change that removes a record, for as long as others are there and what it misses is not."""
    return Change((record, *others), tuple(others), tuple(until))


def leave_out(zone: Zone, record: Record, is_sound: Callable[[Record], bool]) -> Record | Change:
    """Return the change that removes a record where others of its set are sound and it is not, else the record."""
    others = list(filter(is_sound, zone.at(record.owner, record.type)))
    return drop(record, others) if others and record not in others else record


def is_free(zone: Zone, owner: str) -> bool:
    """Whether a record may move to a name, because nothing stands there or is still to come."""
    return owner not in zone.by_name and not zone.is_pending(owner) and not zone.is_beyond(owner)


def address_sets_of(owner: str) -> tuple[str, ...]:
    """Return the record sets that give a name an address."""
    return f"{owner} A", f"{owner} AAAA", f"{owner} CNAME"
