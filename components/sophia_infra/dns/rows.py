"""What the journal records of a zone: who writes which part of it, what a run began and finished."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, ClassVar, Self

from sophia_infra.codec import decode, encode
from sophia_infra.dns.ownership import CREATED, Ownership
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.spec import ZoneSpec
from sophia_infra.dns.state import ZoneState
from sophia_infra.engine_run import engine_run, resource_urn
from sophia_infra.journal import Journal, Kind, Recorded, Row


@dataclass(frozen=True, slots=True)
class Owner:
    """A resource that writes a zone, or a part of it.

    Attributes:
        run: the engine's run; None where it can't be told.
        holder: names the resource for life, whatever it is called in the program.
        stack: `project/stack`.
        label: what the zone is called in the program; None for a change by hand.
        target: which of the zone's backends this is; empty for an only one.
        manage, ignore: as in `Ownership`; no `manage` for all.
        created: the subjects it writes, where it manages what it created.
        within: what the resource stands in, with its stack: its URN without the name. Two of one label below parents
            of different types differ in it. Empty in rows of before, and where no engine asks.
    """

    run: str | None
    domain: str
    holder: str
    stack: str = ""
    label: str | None = None
    target: str = ""
    manage: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    within: str = ""

    @classmethod
    def of(cls, zone: ZoneSpec | ZoneState, holder: str, written: Callable[[], Collection[str]]) -> Self:
        """Say who writes a zone that is asked for, or that stands in the state; `written` gives the subjects."""
        ownership = zone.ownership
        return cls(
            run=engine_run(),
            domain=zone.domain,
            holder=holder,
            stack=zone.stack or "",
            label=zone.label,
            target=zone.target or "",
            manage=ownership.manage if zone.label else (),  # a change by hand takes no zone on
            ignore=ownership.ignore,
            created=tuple(sorted(written())) if ownership.manage == (CREATED,) else (),
            within="::".join(resource_urn().split("::", 3)[:3]),
        )

    def to_body(self) -> dict[str, Any]:
        """Return the keys of a row that say who writes."""
        body: dict[str, Any] = encode(self)
        body["home"] = body.pop("target")
        return body

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Self:
        """Read the keys of a row that say who wrote; those of before lack some."""
        known = {name: value for name, value in body.items() if value is not None}
        owner: Self = decode(cls, {"run": None, "domain": "", "holder": "", **known, "target": known.get("home", "")})
        return owner

    @property
    def name(self) -> str:
        """What people know it by: `shop of acme/prod`."""
        return f"{self.label} of {self.stack}"

    @property
    def called(self) -> str:
        """What tells it apart in its program: `shop`, or `x:index:Blue::shop` below a parent of that type."""
        parents = "$".join(self.within.rpartition("::")[2].split("$")[:-2])
        return f"{parents}::{self.label}" if parents else str(self.label)

    @property
    def ownership(self) -> Ownership:
        """Which records it manages."""
        return Ownership.from_inputs(self.manage or None, self.ignore)

    def covers(self, record: Record) -> bool:
        """Whether a live record is this resource's."""
        return self.ownership.owns(record, self.created)

    def is_same(self, other: "Owner") -> bool:
        """Whether both are the same resource of the same stack: one that was forgotten, and made anew."""
        named = self.is_called(other) and self.target == other.target
        return bool(self.stack) and self.stack == other.stack and named

    def is_named(self, other: "Owner") -> bool:
        """Whether the program calls this zone, and its target, the same."""
        targets_fit = self.target == other.target or not (self.target and other.target)
        return self.label == other.label and targets_fit

    def is_called(self, other: "Owner") -> bool:
        """Whether the program calls this zone the same, below the same parents."""
        known = self.within and other.within
        return self.label == other.label and (not known or self.within == other.within)


@dataclass(frozen=True, slots=True)
class ZoneIntent:
    """What a run is about to make of a zone; what it plans to take away altogether has neither base nor counts.

    Attributes:
        base, desired: fingerprints of the live zone it was planned against, and of what is asked for.
        counts: of record sets, by the names of `Changes`.
        ttls: in seconds, by record set, of the sets beside which a staged one is published.
        removed: whether the resource gives up its part.
        is_static: whether all of it is what the program gives as text: no value came late, and no edit, step, pool or
            ALIAS had a say. Rows of before don't tell.
    """

    KIND: ClassVar = Kind.INTENT
    RESOURCE: ClassVar = "zone"

    owner: Owner
    base: str = ""
    desired: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    ttls: Mapping[str, int] = field(default_factory=dict)
    removed: bool = False
    is_static: bool = False

    def to_body(self) -> dict[str, Any]:
        """Return the journal's row."""
        if self.removed:
            return {**self.owner.to_body(), "removed": True}
        what = {"base": self.base, "desired": self.desired, "counts": dict(self.counts)}
        also = ({"ttls": dict(self.ttls)} if self.ttls else {}) | ({"static": True} if self.is_static else {})
        return {**self.owner.to_body(), **what, **also}

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Self:
        """Read the journal's row."""
        return cls(
            owner=Owner.from_body(body),
            base=body.get("base") or "",
            desired=body.get("desired") or "",
            counts=body.get("counts") or {},
            ttls=body.get("ttls") or {},
            removed=bool(body.get("removed")),
            is_static=bool(body.get("static")),
        )


@dataclass(frozen=True, slots=True)
class ZoneOutcome:
    """What a run made of a zone: all that it intended, and the serial that is served since.

    `written` is as in `ZoneState`; None in rows of before.
    """

    KIND: ClassVar = Kind.OUTCOME
    RESOURCE: ClassVar = "zone"

    intent: ZoneIntent
    serial: int | None = None
    written: str | None = None

    @property
    def owner(self) -> Owner:
        """Who made it."""
        return self.intent.owner

    @property
    def by(self) -> str:
        """Who made it, for people."""
        return self.owner.name if self.owner.label else "a change by hand"

    def to_body(self) -> dict[str, Any]:
        """Return the journal's row."""
        said = {} if self.intent.removed else {"serial": self.serial}
        return self.intent.to_body() | said | ({} if self.written is None else {"written": self.written})

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Self:
        """Read the journal's row."""
        return cls(ZoneIntent.from_body(body), body.get("serial"), body.get("written"))


def applies(journal: Journal, domain: str, labels: Iterable[str]) -> Iterator[Recorded[ZoneOutcome]]:
    """Yield the applies of a zone, for people to look at: the newest 100 at each of its locations, newest first.

    A location is one where a resource with one of the `labels` stands. Applies of other stacks there, and changes by
    hand, are among them.

    Raises:
        JournalError: the journal can't be read.
    """
    owned = (row for label in labels for row in journal.owners(ZoneOutcome, "label", label, foreign=True))
    for location in dict.fromkeys(row.key for row in owned if row.row.owner.domain == domain):
        yield from islice(journal.back(ZoneOutcome, location, foreign=True), 100)


@dataclass(frozen=True, slots=True)
class ZoneMove(Row):
    """A run plans a zone `to` another location, or another domain, than the one that is the row's key."""

    KIND: ClassVar = Kind.PLAN
    RESOURCE: ClassVar = "move"

    run: str | None
    to: str
