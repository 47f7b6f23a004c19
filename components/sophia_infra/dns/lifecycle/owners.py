"""Who has a part in a zone, and who wrote it: by the journal, and by what the backend tells."""

from collections.abc import Sequence
from typing import NamedTuple

from sophia_infra.advised import PlanRow
from sophia_infra.dns.backends import Backend, Live, base_of
from sophia_infra.dns.desired.desired import World
from sophia_infra.dns.ownership import CREATED
from sophia_infra.dns.rows import Owner, ZoneIntent, ZoneMove, ZoneOutcome
from sophia_infra.dns.rr.record import APEX, from_text
from sophia_infra.dns.state import ZoneState
from sophia_infra.engine_run import engine_run
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal, JournalError
from sophia_infra.values import listed

BEGUN = "begun"
"""A write of this very resource that was cut off before its outcome."""
SOMEBODY = "somebody else"
SHOWN = 5
"""How many of the sets are named that a stack takes on."""


class ClaimError(SophiaError):
    """A zone that two resources want to manage as a whole."""

    code = "claim"


class Others(NamedTuple):
    """What the journal says of a zone whose resource is deleted.

    Attributes:
        known: whether the resource is known to have written a zone.
        forgotten: the same resource, as it was before it was forgotten and made anew.
        owners: other resources that have a part in the zone there.
        elsewhere: whether the zone went on to another location, or its resource to another domain.
    """

    known: bool
    forgotten: tuple[Owner, ...]
    owners: tuple[Owner, ...]
    elsewhere: bool

    @property
    def names(self) -> str:
        """What the other owners are called, and where."""
        return ", ".join(sorted({owner.name for owner in self.owners}))


def others(journal: Journal, location: str, me: Owner, *, forced: bool) -> Others:
    """Return who else has to do with a zone; `forced`: what wrote it before `me` counts no more.

    A zone that this run has planned is never taken for one on its way out, whatever it is called: names change with
    renames and aliases, and a location may have two spellings. Where runs can't be told apart, names and the order of
    writing decide. What is not this machine's own (see `Journal`) counts where it keeps records, and never says that
    this resource is known.

    Example: `shop` is renamed to `store`. The run plans `store` and then deletes `shop`: `store` is another owner at
    the location, so its records stay.

    Raises:
        JournalError: the journal can't be read.
    """
    known = bool(journal.owners(ZoneOutcome, "holder", me.holder))
    mine = journal.owners(ZoneOutcome, "holder", me.holder, foreign=True)
    since = mine[0].sequence if mine else 0
    there = journal.owners(ZoneOutcome, "location", location, foreign=True)
    standing = [row for row in there if row not in mine]
    earlier = [row.row.owner for row in standing if row.sequence < since]
    forgotten = [owner for owner in earlier if owner.is_same(me)]
    planned = _planned(journal, me.run, location, me.domain, me.label or "") if me.run else []
    owners = [
        *([] if forced else [owner for owner in earlier if owner not in forgotten]),
        *(row.row.owner for row in standing if row.sequence > since),
        *(owner for there, owner in planned if there == location),
    ]
    went = planned if me.run else _named(journal, me, since)
    moved = any(_is_elsewhere(there, owner, location, me) for there, owner in went) or _moved(
        journal, me, location, since
    )
    return Others(known, tuple(forgotten), tuple(owners), moved)


def _planned(journal: Journal, run: str, *about: str) -> list[tuple[str, Owner]]:
    """Where zones of a run are planned, by location, domain or label: none of them is on its way out."""
    rows = [row.row for row in journal.of_run(PlanRow, run, *about, foreign=True)]
    owners = ((row.location, Owner.from_body({**row.claim, "run": run})) for row in rows)
    return [(there, owner) for there, owner in owners if owner.domain and owner.label]


def _named(journal: Journal, me: Owner, since: int) -> list[tuple[str, Owner]]:
    """Where resources that are called the same have written since."""
    rows = journal.owners(ZoneOutcome, "label", me.label, foreign=True) if me.label else []
    later = [(row.key, row.row.owner) for row in rows if row.sequence > since]
    return [(location, owner) for location, owner in later if owner.is_named(me)]


def _moved(journal: Journal, me: Owner, location: str, since: int) -> bool:
    """Whether the zone moved away: in this run, or in an earlier one that wrote it there and was cut off."""
    move = journal.last(ZoneMove, location, foreign=True)
    if move is None or move.sequence < since:
        return False
    there = journal.owners(ZoneOutcome, "location", move.row.to, foreign=True)
    return (me.run is not None and move.row.run == me.run) or any(row.sequence > move.sequence for row in there)


def _is_elsewhere(there: str, owner: Owner, location: str, me: Owner) -> bool:
    """Whether this is the domain at another location, or another domain by the zone's name in the program."""
    return there != location and (owner.domain == me.domain or owner.is_called(me))


def note_move(journal: Journal, location: str, to: str) -> None:
    """Remember that this run moves a zone, whatever its resource is called by the time the old one is deleted.

    Raises:
        JournalError: it can't be remembered.
    """
    move, newest = ZoneMove(engine_run(), to), journal.last(ZoneMove, location)
    if newest is None or newest.row != move:
        journal.write(location, move)


def refuse_second(journal: Journal, location: str, me: Owner) -> None:
    """Refuse a zone that another resource of this run manages as a whole as well: each would undo the other's work.

    Raises:
        ClaimError: there is such a resource.
    """
    run = engine_run()
    if not run or not me.label or not me.ownership.is_whole:
        return
    for _, owner in _planned(journal, run, location):
        if owner.ownership.is_whole and not (owner.is_called(me) and owner.target == me.target):
            raise ClaimError(
                f"{location} is managed as a whole by two resources, {owner.called!r} and {me.called!r}; give one of "
                "them a part of it (`manage`), or take it out"
            )


def known_writing(journal: Journal, location: str, me: Owner) -> str | None:
    """Return what this stack wrote last of a zone by the journal: `ZoneState.written` of a resource without a state.

    Raises:
        JournalError: the journal can't be read.
    """
    intent = journal.last(ZoneIntent, location)
    if intent and journal.is_unfinished(location) and intent.row.owner.is_same(me):
        return BEGUN
    standing = journal.owners(ZoneOutcome, "location", location)
    ours = [row.row for row in standing if me.stack and row.row.owner.stack == me.stack]
    return ours[-1].written if ours else ""


def is_as_written(state: ZoneState, live: Live, backend: Backend) -> bool:
    """Whether this resource's part of a live zone is what it wrote last; of older states their own text says what."""
    part = state.ownership.split(live.text, lambda: state.subjects)
    if state.written is not None:
        return bool(state.written) and base_of(part.own) == state.written
    target = part.merge(backend.normalize(state.zone, live))
    return base_of(target.own) == base_of(target.desired)


def was_left(state: ZoneState, live: Live, journal: Journal, location: str) -> bool:
    """Whether a resource wrote what is live, by this journal, and gave its part up since: to who serves it now.

    Raises:
        JournalError: the journal can't be read.
    """
    gone = set[str]()
    for row in journal.back(ZoneOutcome, location):
        holder = row.row.owner.holder
        if row.row.written:
            is_live = row.row.written == base_of(state.ownership.split(live.text, lambda: state.subjects).own)
            return is_live and (holder in gone or _stands_elsewhere(holder, location, journal))
        if row.row.intent.removed:
            gone.add(holder)
    return False


def _stands_elsewhere(holder: str, location: str, journal: Journal) -> bool:
    return any(row.key != location for row in journal.owners(ZoneOutcome, "holder", holder))


def take_over(world: World, me: Owner, journal: Journal, location: str, adopted: Sequence[str] = ()) -> list[str]:
    """Say who wrote until now what a stack takes on, or who wrote a zone since this stack did.

    A stack takes on its part of a zone with its first apply, and `adopted` sets, which it finds as it asks for them
    where it manages what it created, with any.
    """
    state, writer, is_first = world.state, world.live.writer, world.state.text is None
    another = writer if writer.rpartition(" of ")[2] != me.stack else ""
    lines = []
    if another and not is_first and not _is_former_name(another, state, journal, location):
        lines = [f"{location} was written by {another} since this stack wrote it"]
    if world.spec.ownership.manage == (CREATED,):
        what = f"{listed(adopted, SHOWN)} at {location}" if adopted else ""
    else:
        what = location if is_first and _holds_records(world.part.own) else ""
    if not what or _is_ours(journal, location, me, first=is_first):
        return lines
    until_now = another or _by_journal(journal, location, me)
    told = f"{what} is there already, written by {until_now} until now; this stack takes it over"
    if is_first:
        told += ". As long as it finds all as asked for and writes nothing, a delete here needs SOPHIA_REMOVE=always"
    return [*lines, told]


def _holds_records(part: str) -> bool:
    return any(record.subject not in APEX for record in from_text(part))


def _is_ours(journal: Journal, location: str, me: Owner, *, first: bool) -> bool:
    """Whether this stack wrote what it finds: in a run that was cut off, or before its resource was forgotten."""
    try:
        known = known_writing(journal, location, me)
    except JournalError:
        return False
    return known == BEGUN or (first and known != "")


def _by_journal(journal: Journal, location: str, me: Owner) -> str:
    """Who wrote there last by the journal, where the backend does not say it."""
    try:
        standing = journal.owners(ZoneOutcome, "location", location, foreign=True)
    except JournalError:
        return SOMEBODY
    return next((row.row.owner.name for row in reversed(standing) if row.row.owner.stack != me.stack), SOMEBODY)


def _is_former_name(writer: str, state: ZoneState, journal: Journal, location: str) -> bool:
    """Whether a writer is this very stack before it was renamed: by this journal it alone wrote there, what we hold.

    `check` has the inputs alone, without the holder; what was asked for is in both.
    """
    try:
        standing = journal.owners(ZoneOutcome, "location", location, foreign=True)
    except JournalError:
        return False
    named = [(row.row.owner.name, row.row.intent.desired, row.ours) for row in standing]
    return named == [(writer, state.digest, True)]
