"""The world that a plan is made in, read once for a check: the live zone, what pools lead to, the journal."""

from datetime import datetime

from sophia_infra import clock
from sophia_infra.advice.chain import Kind
from sophia_infra.advice.journal import Journal, JournalError
from sophia_infra.advised.base_moved import plan_of_run
from sophia_infra.dns.backends import Backend, Live
from sophia_infra.dns.desired.desired import World
from sophia_infra.dns.ownership import CREATED
from sophia_infra.dns.pools.publish import published
from sophia_infra.dns.spec import ZoneSpec
from sophia_infra.dns.staging.caches import cached
from sophia_infra.dns.staging.steps import Moment
from sophia_infra.dns.state import ZoneState


def look(spec: ZoneSpec, state: ZoneState, journal: Journal, backend: Backend) -> World:
    """Read the live zone, probe what pools lead to, and look up what the journal knows.

    Raises:
        BackendError: the live zone can't be read.
        OwnershipError: there is no zone that could be shared.
    """
    live, location = backend.read(), backend.place
    return World(
        spec=spec,
        state=state,
        live=live,
        part=spec.ownership.split(live.text, lambda: state.subjects),
        pools=published(spec.pools, spec.domain, state.health, live.text, journal, probe=spec.settings.probe),
        moment=_moment(spec, state, live, journal, location),
        normalize=lambda zone: backend.normalize(zone, live),
        unwritten=_unwritten(spec, journal, location),
        cached=cached(journal, location) if spec.staged else {},
    )


def _unwritten(spec: ZoneSpec, journal: Journal, location: str) -> tuple[str, ...]:
    """The pending sets, less those that a run may have written which was killed before its state was stored."""
    of_pools = [target_set.subject for pool in spec.pools if pool.is_pending for target_set in pool.sets()]
    pending = [*spec.late.pending, *of_pools]
    begun = _begun(journal, location) if pending and spec.ownership.manage == (CREATED,) else set()
    return tuple(subject for subject in pending if subject not in begun)


def _begun(journal: Journal, location: str) -> set[str]:
    """The sets that runs set out to write, whatever became of them, where they manage what they created."""
    try:
        intents = journal.newest(Kind.INTENT)
    except JournalError:
        return set()
    return {subject for intent in intents if intent.key == location for subject in intent.value.get("created", ())}


def _moment(spec: ZoneSpec, state: ZoneState, live: Live, journal: Journal, location: str) -> Moment:
    """The time of this run's preview, so that nothing falls due between it and the apply."""
    if not spec.staged:
        return Moment(clock.now())
    try:
        entry = plan_of_run(location, spec.ownership.part, journal)
    except JournalError:
        entry = None
    now = datetime.fromisoformat(entry.time) if entry else clock.now()
    return Moment(now, last_written(state, live, journal, location))


def last_written(state: ZoneState, live: Live, journal: Journal, location: str) -> datetime | None:
    """Return when this stack wrote the zone that is live now, None where the journal here doesn't know."""
    try:
        outcome = None if journal.unfinished(location) else journal.find(Kind.OUTCOME, location)
    except JournalError:
        return None
    wrote = {"serial": live.serial, "desired": state.digest}
    if not outcome or any(outcome.value.get(name) != value for name, value in wrote.items()):
        return None
    return datetime.fromisoformat(outcome.time)
