"""Which resource wrote which part of a zone last, by the journal: a delete must know before it takes records away."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from sophia_infra.advice.chain import Entry, Kind
from sophia_infra.advice.journal import Journal
from sophia_infra.dns.ownership import CREATED, Ownership
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.spec import ZoneSpec
from sophia_infra.dns.state import ZoneState
from sophia_infra.engine_run import engine_run
from sophia_infra.errors import SophiaError

_MOST_ROWS = 100_000


class ClaimError(SophiaError):
    """A zone that two resources want to manage as a whole."""

    code = "claim"


@dataclass(frozen=True, slots=True)
class Claim:
    """The last word of one resource on a zone.

    Attributes:
        sequence: the journal's row; a later one is a later word.
        holder: names the resource, whatever it is called in the program.
        place: where it wrote.
        stack, label, home: whose it is: the project and the stack, what the zone is called in the program, and which of
            its homes this is; empty for an only one.
        created: the subjects it wrote, where it manages what it created.
    """

    sequence: int
    holder: str
    place: str
    domain: str
    stack: str
    label: str
    home: str
    ownership: Ownership
    created: frozenset[str]

    def covers(self, record: Record) -> bool:
        """Whether a live record is this resource's."""
        return self.ownership.owns(record, self.created)

    def is_elsewhere(self, place: str, zone: ZoneSpec | ZoneState) -> bool:
        """Whether this is the domain at another place, or another domain by the zone's name in the program."""
        return self.place != place and (self.domain == zone.domain or self.label == zone.label)

    def is_of(self, zone: ZoneSpec | ZoneState) -> bool:
        """Whether this is what the same resource of the same stack said: one that was forgotten, and made anew."""
        name = (zone.stack or "", zone.label, zone.target or "")
        return bool(self.stack) and (self.stack, self.label, self.home) == name

    def is_named(self, zone: ZoneSpec | ZoneState) -> bool:
        """Whether the program calls this zone, and its home, the same."""
        home = zone.target or ""
        return self.label == zone.label and (self.home == home or not (self.home and home))


def row(zone: ZoneSpec | ZoneState, holder: str, written: Callable[[], Collection[str]]) -> dict[str, Any]:
    """Return what a row of the journal says of who writes which part of which zone."""
    ownership = zone.ownership
    return {
        "run": engine_run(),
        "domain": zone.domain,
        "holder": holder,
        "stack": zone.stack or "",
        "label": zone.label,
        "home": zone.target or "",
        "manage": list(ownership.manage) if zone.label else [],  # a change by hand takes no zone on
        "ignore": list(ownership.ignore),
        "created": sorted(written()) if ownership.manage == (CREATED,) else [],
    }


class Others(NamedTuple):
    """What the journal says of a zone whose resource is deleted.

    Attributes:
        known: whether the resource is known to have written it.
        forgotten: what the same resource said before it was forgotten and made anew.
        heirs: other resources that have a part in the zone there.
        elsewhere: whether the zone went on to another place, or its resource to another domain.
    """

    known: bool
    forgotten: tuple[Claim, ...]
    heirs: tuple[Claim, ...]
    elsewhere: bool

    @property
    def names(self) -> str:
        """What the heirs are called, and where."""
        return ", ".join(sorted({f"{heir.label} of {heir.stack}" for heir in self.heirs}))


def others(journal: Journal, place: str, zone: ZoneState, *, meant: bool) -> Others:
    """Return who else has to do with a zone. `meant`: what wrote it before this resource did counts no more.

    One place may have two spellings, and a zone or a home two names: so what this run has planned counts whatever it is
    called, for it is not on its way out. Where runs can't be told apart, names and the order of writing decide.

    Raises:
        JournalError: the journal can't be read.
    """
    run, standing = engine_run(), read(journal)
    mine = standing.pop(zone.holder, None)
    later = [claim for claim in standing.values() if not mine or claim.sequence > mine.sequence]
    alive = planned(journal, run) if run else []
    before = [claim for claim in standing.values() if claim not in later]
    forgotten = [claim for claim in before if claim.is_of(zone) and claim.place == place]
    earlier = [] if meant else [claim for claim in before if claim not in forgotten]
    heirs = [claim for claim in (*earlier, *later, *alive) if claim.place == place]
    successors = alive if run else [claim for claim in later if claim.is_named(zone)]
    moved = any(claim.is_elsewhere(place, zone) for claim in successors)
    return Others(mine is not None, tuple(forgotten), tuple(heirs), moved)


def refuse_second(journal: Journal, place: str, zone: ZoneSpec | ZoneState) -> None:
    """Refuse a zone that another resource of this run manages as a whole as well: each would undo the other's work.

    Raises:
        ClaimError: there is such a resource.
    """
    run = engine_run()
    if not run or not zone.label or not zone.ownership.is_whole:
        return
    name = (zone.label, zone.target or "")
    for claim in planned(journal, run):
        if claim.place == place and claim.ownership.is_whole and (claim.label, claim.home) != name:
            raise ClaimError(
                f"{place} is managed as a whole by two resources, {claim.label!r} and {name[0]!r}; give one of them a "
                "part of it (`manage`), or take it out"
            )


def read(journal: Journal) -> dict[str, Claim]:
    """Return the last claim of each resource that still stands, by holder.

    Raises:
        JournalError: the journal can't be read.
    """
    last: dict[str, Entry] = {}
    for entry in journal.newest(Kind.OUTCOME, _MOST_ROWS):
        holder = entry.value.get("holder")
        if holder and entry.value.get("label"):
            last.setdefault(holder, entry)
    return {holder: _claim(entry, entry.key) for holder, entry in last.items() if not entry.value.get("removed")}


def planned(journal: Journal, run: str) -> list[Claim]:
    """Return what a run's resources have planned: none of them is on its way out.

    Raises:
        JournalError: the journal can't be read.
    """
    rows = [entry for entry in journal.newest(Kind.PLAN, _MOST_ROWS) if entry.value["run"] == run]
    return [_claim(entry, entry.value["place"]) for entry in rows if entry.value["label"]]


def _claim(entry: Entry, place: str) -> Claim:
    body = entry.value
    return Claim(
        sequence=entry.sequence,
        holder=body["holder"],
        place=place,
        domain=body["domain"],
        stack=body.get("stack") or "",
        label=body["label"],
        home=body["home"],
        ownership=Ownership.from_inputs(body["manage"] or None, body["ignore"]),
        created=frozenset(body["created"]),
    )
