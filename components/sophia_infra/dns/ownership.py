"""Which records of a live zone are this stack's to change, and which it must leave as they are. Pure."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from sophia_infra.changes import covers
from sophia_infra.dns.patterns import matches
from sophia_infra.dns.rr.record import APEX, Record, from_text, to_text
from sophia_infra.errors import SophiaError
from sophia_infra.values import shown

ALL, CREATED = "all", "created"


class OwnershipError(SophiaError):
    """A record that is asked for but is not this stack's to write, or a setting that says no such thing."""

    code = "ownership"


class Target(NamedTuple):
    """Canonical text: what of the live zone is this stack's, what that is to become, and the whole zone afterwards."""

    own: str
    desired: str
    whole: str
    foreign: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True)
class Ownership:
    """What a stack manages of a zone.

    Attributes:
        manage: `("all",)`; `("created",)`, the sets that this stack wrote before and those that exist nowhere yet; or
            patterns of owner names and sets (`shop`, `**.shop`, `shop* A`; see `matches`).
        ignore: patterns of records that are left alone whatever `manage` says, with a value if need be:
            `_acme-challenge* TXT`, `** TXT "heritage=external-dns*`.
    """

    manage: tuple[str, ...] = (ALL,)
    ignore: tuple[str, ...] = ()

    @classmethod
    def from_inputs(cls, manage: Any, ignore: Any) -> Self:
        """Read the arguments `manage` and `ignore`. Raises OwnershipError: one of them is no list of patterns."""
        managed = _patterns("manage", (ALL,) if manage is None else manage)
        if len(managed) > 1 and (word := next((pattern for pattern in managed if pattern in (ALL, CREATED)), None)):
            told = f"manage holds {word!r} beside other patterns; give it alone, or patterns only"
            raise OwnershipError(told, field="manage", value=word)
        return cls(managed, _patterns("ignore", ignore or ()))

    @property
    def is_whole(self) -> bool:
        """Whether all of the zone is managed, its SOA and name servers included."""
        return self.manage == (ALL,)

    @property
    def part(self) -> str:
        """What the journal calls the part of a zone that is managed."""
        return " ".join(self.manage)

    def split(self, live: str, before: Callable[[], Collection[str]]) -> "Part":
        """Split a live zone; `before` gives the subjects that this stack wrote last.

        Raises:
            OwnershipError: there is no zone to share.
        """
        if self.is_whole and not self.ignore:
            return Part(self, live)
        if not self.is_whole and not live:
            told = "there is no zone yet that could be shared; make it with manage=['all'] first"
            raise OwnershipError(told, code="no-zone", field="manage")
        written = before() if self.manage == (CREATED,) else ()
        own, foreign = list[Record](), list[Record]()
        for record in from_text(live):
            (own if self.owns(record, written) else foreign).append(record)
        return Part(self, to_text(own), tuple(foreign))

    def refuse(self, subject: str, taken: Collection[str]) -> None:
        """Refuse a set that is not this stack's to write; `taken` are those that are live and somebody else's.

        Raises:
            OwnershipError: it is not.
        """
        if self.manage == (CREATED,) and subject in taken:
            way_out = "delete it there, or name it in manage=[...] to take it over"
            told = f"{subject} is live already and not this stack's (manage=['created']); {way_out}"
            raise OwnershipError(told, code="already-live", field="manage", subject=subject)
        if self._by_pattern and not self._manages(subject):
            listed = ", ".join(self.manage)
            told = f"{subject} is asked for, but this stack manages only {listed}; add it to `manage`"
            raise OwnershipError(told, code="not-managed", field="manage", subject=subject)

    def admits(self, record: Record) -> bool:
        """Whether a record may be asked for, as far as patterns tell."""
        return not self.ignores(record) and (not self._by_pattern or self._manages(record.subject))

    def owns(self, record: Record, created: Collection[str]) -> bool:
        """Whether a live record is this stack's, which is known to have written the sets `created`."""
        if self.ignores(record):
            return False
        if self.manage == (CREATED,):
            return record.subject in created
        return self.is_whole or self._manages(record.subject)

    @property
    def _by_pattern(self) -> bool:
        return self.manage not in ((ALL,), (CREATED,))

    def _manages(self, subject: str) -> bool:
        return any(covers(pattern, subject) for pattern in self.manage) and subject not in APEX

    def ignores(self, record: Record) -> bool:
        """Whether a record is left alone, whatever is managed otherwise."""
        return any(matches(pattern, record) for pattern in self.ignore)


@dataclass(frozen=True, slots=True)
class Part:
    """A live zone, split: canonical text of what is this stack's, and the records that are foreign."""

    ownership: Ownership
    own: str
    foreign: tuple[Record, ...] = ()

    def merge(self, desired: str) -> Target:
        """Merge what is asked for with what is foreign.

        A set that is live exactly as asked for is this stack's as well, so that a run which was killed after it wrote
        can be run again.

        Raises:
            OwnershipError: a record that is asked for is not this stack's to write.
        """
        if self.ownership.is_whole and not self.ownership.ignore:
            return Target(self.own, desired, desired)
        asked = from_text(desired)
        adopted = self._equal(self.foreign, asked) if self.ownership.manage == (CREATED,) else set[Record]()
        foreign = tuple(record for record in self.foreign if record not in adopted)
        mine, taken = _beside(asked, foreign), self._taken(foreign)
        for record in asked:
            if self.ownership.ignores(record):  # its value may be a secret
                way_out = "`ignore` leaves it to others; take it out of one of them"
                told = f"{record.subject} is asked for, but {way_out}"
                raise OwnershipError(told, code="ignored", field="ignore", subject=record.subject)
            self.ownership.refuse(record.subject, taken)
        own = to_text([*from_text(self.own), *adopted]) if adopted else self.own
        return Target(own, to_text(mine), to_text([*mine, *foreign]), foreign)

    def with_alike(self, desired: str) -> "Part":
        """Count in what holds the values that are asked for at another TTL, where a stack manages what it created.

        A run that was killed may have written that, at the TTL of a step that no state knows of; `merge` of this very
        part tells whether it is so.
        """
        if self.ownership.manage != (CREATED,):
            return self
        ttl_aside = [record._replace(ttl=0) for record in from_text(desired)]
        same = self._equal([record._replace(ttl=0) for record in self.foreign], ttl_aside)
        alike = [record for record in self.foreign if record._replace(ttl=0) in same]
        foreign = tuple(record for record in self.foreign if record not in alike)
        return Part(self.ownership, to_text([*from_text(self.own), *alike]), foreign)

    def refuse_pending(self, subjects: Iterable[str]) -> None:
        """Refuse sets whose values are not known yet where `merge` is sure to refuse them once they are.

        Raises:
            OwnershipError: one of them is not this stack's to write.
        """
        taken = self._taken(self.foreign)
        for subject in subjects:
            self.ownership.refuse(subject, taken)

    def _equal(self, foreign: Iterable[Record], asked: Iterable[Record]) -> set[Record]:
        left, right = _sets(foreign), _sets(asked)
        equal = (records for subject, records in right.items() if left.get(subject) == records)
        return {record for records in equal for record in records if not self.ownership.ignores(record)}

    def _taken(self, foreign: Iterable[Record]) -> set[str]:
        return {record.subject for record in foreign if not self.ownership.ignores(record)}


def _beside(asked: Sequence[Record], foreign: Iterable[Record]) -> list[Record]:
    """A set holds one TTL (RFC 2181 section 5.2): where it is shared, that of the foreign records stays."""
    taken = {record.subject: record.ttl for record in foreign}
    return [record._replace(ttl=taken.get(record.subject, record.ttl)) for record in asked]


def _sets(records: Iterable[Record]) -> dict[str, set[Record]]:
    sets: dict[str, set[Record]] = defaultdict(set)
    for record in records:
        sets[record.subject].add(record)
    return sets


def _patterns(field: str, given: Any) -> tuple[str, ...]:
    listed = isinstance(given, Iterable) and not isinstance(given, str)
    sound = listed and all(isinstance(pattern, str) and pattern.strip() for pattern in given)
    if not sound or (field == "manage" and not given):
        allowed = "['all'], ['created'] or patterns" if field == "manage" else "patterns"
        raise OwnershipError(
            f"{field} is {shown(given)}; give a list: {allowed}, such as ['shop', '_acme-challenge* TXT']", field=field
        )
    return tuple(given)
