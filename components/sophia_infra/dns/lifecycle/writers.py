"""Who wrote a zone: this stack, or somebody else that the home may name."""

from sophia_infra.dns.backends import Backend, Live, base_of
from sophia_infra.dns.desired.desired import World
from sophia_infra.dns.ownership import CREATED
from sophia_infra.dns.rows import Owner, ZoneIntent, ZoneOutcome
from sophia_infra.dns.rr.record import APEX, from_text
from sophia_infra.dns.state import ZoneState
from sophia_infra.journal import Journal, JournalError

BEGUN = "begun"
"""A write of this very resource that was cut off before its outcome."""
SOMEBODY = "somebody else"


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
    last = next((row.row for row in journal.back(ZoneOutcome, location) if row.row.written), None)
    if last is None or last.written != base_of(state.ownership.split(live.text, lambda: state.subjects).own):
        return False
    standing = journal.owners(ZoneOutcome, "location", location)
    return last.owner.holder not in {row.row.owner.holder for row in standing}


def take_over(world: World, me: Owner, journal: Journal, location: str) -> list[str]:
    """Say who wrote until now what a stack takes on with its first apply, or who wrote it since its last one."""
    state, writer = world.state, world.live.writer
    if state.text is not None:
        other = (
            writer
            and writer.rpartition(" of ")[2] != me.stack
            and not _is_former_name(writer, state, journal, location)
        )
        return [f"{location} was written by {writer} since this stack wrote it"] if other else []
    own = [record for record in from_text(world.part.own) if record.subject not in APEX]
    if not own or world.spec.ownership.manage == (CREATED,):
        return []
    try:
        if known_writing(journal, location, me) != "":
            return []
    except JournalError:
        pass
    return [
        f"{location} is there already, written by {writer or SOMEBODY} until now; this stack takes it over. As long as "
        "it finds all as asked for and writes nothing, a delete here needs SOPHIA_REMOVE=always"
    ]


def _is_former_name(writer: str, state: ZoneState, journal: Journal, location: str) -> bool:
    """Whether a writer is this very stack before it was renamed: by this journal it alone wrote there, what we hold.

    `check` has the inputs alone, without the holder; what was asked for is in both.
    """
    try:
        standing = journal.owners(ZoneOutcome, "location", location)
    except JournalError:
        return False
    return [(row.row.owner.name, row.row.intent.desired) for row in standing] == [(writer, state.digest)]
