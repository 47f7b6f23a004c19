"""The indexed engine: the records of a zone by name and by type, built once, for rules that look at all of them."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cached_property
from typing import Any, TypeVar

from sophia_infra.dns.rr.record import Record, is_at_or_below, parent
from sophia_infra.dns.rr.txt import decode
from sophia_infra.dns.zone.names import Names, Types, is_wildcard

_T = TypeVar("_T")
_INTERNAL_TLDS = frozenset(
    {"internal", "local", "localdomain", "localhost", "lan", "home", "corp", "private", "intranet", "test"}
    | {"invalid", "arpa"}
)


class Zone(Names):
    """Records of one zone by name and by type. Names are relative to the origin, as in `Record.owner`.

    `pending` are subjects (`api A`) whose data is not known yet: their names exist, and nobody judges what is there.
    `beside` are other zones, in which names that are not this one's are looked up. `issuers` are the CAs in use, by
    the domains that CAA records have for them. `before` returns the records that a change of the zone is made of.
    """

    def __init__(
        self,
        records: Collection[Record],
        origin: str,
        pending: Collection[str] = (),
        beside: Sequence["Zone"] = (),
        issuers: Collection[str] = (),
        before: Callable[[], Collection[Record]] = tuple,
    ) -> None:
        super().__init__(origin)
        self.records = list(dict.fromkeys(records))
        self.by_type: dict[str, list[Record]] = defaultdict(list)
        self.by_name: dict[str, list[Record]] = defaultdict(list)
        by_type, by_name = self.by_type, self.by_name
        for record in self.records:
            by_type[record.type].append(record)
            by_name[record.owner].append(record)
        self.by_type.default_factory = self.by_name.default_factory = None
        self.pending = frozenset(pending)
        self.beside = tuple(beside)
        self._before = before
        self.issuers = frozenset(issuer.lower() for issuer in issuers)
        self._pending_names = frozenset(subject.partition(" ")[0] for subject in pending)
        self._shared: dict[object, Any] = {}
        self._several: dict[str, dict[str, list[Record]]] = {}

    def holding(self, records: Collection[Record]) -> "Zone":
        """Return this zone with other records, beside the same zones."""
        return Zone(records, self.origin, self.pending, self.beside, self.issuers)

    @cached_property
    def earlier(self) -> "Zone":
        """The zone as it was before the change that is judged; an empty one where none is."""
        return self.holding(self._before())

    def was(self, record: Record) -> list[Record]:
        """Return the records of a record's set as they were before the change, where that differs."""
        before = self.earlier.at(record.owner, record.type)
        return before if record not in before else []

    def of(self, rtype: str) -> list[Record]:
        """Return the records of one type, in the order they were given."""
        return self.by_type.get(rtype, [])

    def at(self, owner: str, *rtypes: str) -> list[Record]:
        """Return the records of these types at exactly this name."""
        return [record for record in self.by_name.get(owner, ()) if record.type in rtypes]

    def rrsets(self, rtype: str) -> dict[str, list[Record]]:
        """Return the records of one type by owner."""
        sets: dict[str, list[Record]] = defaultdict(list)
        for record in self.of(rtype):
            sets[record.owner].append(record)
        return sets

    def several(self, rtype: str) -> dict[str, list[Record]]:
        """Return those sets of one type that hold more than one record, by owner."""
        if rtype not in self._several:
            self._several[rtype] = {owner: found for owner, found in self.rrsets(rtype).items() if len(found) > 1}
        return self._several[rtype]

    def neighbour(self, name: str) -> "Zone | None":
        """Return the zone beside this one with this absolute name, or None."""
        return next((zone for zone in self.beside if zone.origin == name.removesuffix(".")), None)

    def shared(self, build: Callable[["Zone"], _T]) -> _T:
        """Return what `build` makes of this zone, worked out once however many rules ask."""
        if build not in self._shared:
            self._shared[build] = build(self)
        found: _T = self._shared[build]
        return found

    @cached_property
    def is_reverse(self) -> bool:
        """Whether the zone maps addresses to names."""
        return f".{self.origin}".endswith((".in-addr.arpa", ".ip6.arpa"))

    @cached_property
    def is_internal(self) -> bool:
        """Whether the origin stands under a top-level domain that the public DNS never has (RFC 6762, RFC 6761)."""
        return self.origin.rpartition(".")[2] in _INTERNAL_TLDS

    @cached_property
    def texts(self) -> list[tuple[Record, str]]:
        """The TXT records with their strings joined and unescaped."""
        return [(record, decode(record.rdata)) for record in self.of("TXT")]

    @cached_property
    def texts_by_name(self) -> dict[str, list[str]]:
        """The joined strings of the TXT records by owner."""
        found: dict[str, list[str]] = defaultdict(list)
        for record, text in self.texts:
            found[record.owner].append(text)
        return dict(found)

    @cached_property
    def alias_targets(self) -> frozenset[str]:
        """Names of this zone that some CNAME of it points at."""
        names = (self.relative(record.rdata) for record in self.of("CNAME"))
        return frozenset(name for name in names if name is not None)

    @cached_property
    def cuts(self) -> frozenset[str]:
        """Names that are delegated away. A wildcard does not delegate (RFC 4592 section 4.2)."""
        return frozenset(
            record.owner for record in self.of("NS") if record.owner != "@" and not is_wildcard(record.owner)
        )

    @cached_property
    def _renamed(self) -> frozenset[str]:
        return frozenset(record.owner for record in self.of("DNAME"))

    @cached_property
    def _cutting(self) -> frozenset[str]:
        return self.cuts | self._renamed

    @cached_property
    def _wildcards(self) -> frozenset[str]:
        return frozenset(filter(is_wildcard, self.by_name))

    @cached_property
    def empty_names(self) -> frozenset[str]:
        """Names without records that exist because a name below them does (RFC 4592 section 2.2.2)."""
        found = {"@"} - self.by_name.keys()
        for owner in (*self.by_name, *self._pending_names):
            above = parent(owner) if owner != "@" else "@"
            while above not in self.by_name and above not in found:
                found.add(above)
                above = parent(above)
        return frozenset(found)

    @cached_property
    def _branches(self) -> frozenset[str]:
        """The labels next to the apex that lead to a delegation or a DNAME; for most names one look there is enough."""
        return frozenset(owner.rpartition(".")[2] for owner in self._cutting)

    def delegation_of(self, owner: str) -> str | None:
        """Return the nearest delegation at or above a name, or None."""
        return self._nearest(owner, self.cuts)

    def cut_above(self, owner: str) -> str | None:
        """As `Names` has it, without a look at most names: few zones delegate more than a branch or two."""
        if owner == "@" or (owner.rpartition(".")[2] not in self._branches and "@" not in self._renamed):
            return None
        return self._nearest(parent(owner), self._cutting)

    def _nearest(self, owner: str, among: frozenset[str]) -> str | None:
        if owner.rpartition(".")[2] not in self._branches:
            return "@" if "@" in among else None
        while owner not in among:
            if owner == "@":
                return None
            owner = parent(owner)
        return owner

    def wildcard_over(self, owner: str) -> str | None:
        """Return the wildcard that a name's closest encloser has, whether or not the name itself exists (RFC 4592)."""
        if not self._wildcards or owner == "@":
            return None
        encloser = self.closest_encloser(owner)
        wildcard = "*" if encloser == "@" else f"*.{encloser}"
        return wildcard if wildcard in self._wildcards else None

    def answering(self, owner: str) -> list[Record]:
        """Return what a name answers with, cuts aside: its own records, or those that a wildcard lends it."""
        return self.by_name.get(self.source(owner), [])

    def answers_to(self, name: str) -> list[Record]:
        """Return what an absolute name answers with, in this zone or in one beside it."""
        holder = self.holder(name)
        owner = holder.relative(name) if holder else None
        return holder.answering(owner) if holder and owner else []

    def holder(self, name: str) -> "Zone | None":
        """Return the zone at hand that answers for an absolute name, or None."""
        owner = self.relative(name)
        if owner is not None and not self.is_beyond(owner):
            return self
        within = (zone for zone in self.beside if zone.origin and f".{name}".endswith(f".{zone.origin}."))
        return max(within, key=lambda zone: len(zone.origin), default=None)

    def types(self, owner: str) -> Types:
        """Return the types that stand at exactly this name."""
        found = frozenset(record.type for record in self.by_name.get(owner, ()))
        if owner not in self._pending_names:
            return found
        waiting = (subject.partition(" ") for subject in self.pending)
        return found.union(rtype for name, _, rtype in waiting if name == owner)

    def values(self, owner: str, rtype: str) -> tuple[str, ...]:
        """Return the RDATA of one record set."""
        return tuple(record.rdata for record in self.at(owner, rtype))

    def exists(self, owner: str) -> bool:
        """Whether a name exists, be it only because there are names below it (RFC 8020)."""
        return owner in self.by_name or owner in self.empty_names or owner in self._pending_names

    def is_pending(self, owner: str, rtype: str = "") -> bool:
        """Whether some data of a name, or of its set of one type, is not known yet."""
        return f"{owner} {rtype}" in self.pending if rtype else owner in self._pending_names

    def _delegates(self, owner: str) -> bool:
        return owner in self.cuts

    def served(self, owners: Iterable[str]) -> set[str]:
        """Return those names that are not beyond this zone: few are so near a cut that they need a look."""
        near, anywhere = self._branches, "@" in self._renamed
        return {
            owner for owner in owners if not ((anywhere or owner.rpartition(".")[2] in near) and self.is_beyond(owner))
        }

    def repeats_origin(self, owner: str) -> bool:
        """Whether an owner ends in the origin once more, as `www.shop.example` does in `shop.example`."""
        return "." in self.origin and owner.endswith(self.origin) and is_at_or_below(owner, self.origin)
