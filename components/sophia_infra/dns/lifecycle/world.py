"""The world that a plan is made in, read once for a check: the live zone, what pools lead to, the journal."""

from collections.abc import Sequence
from datetime import datetime

from sophia_infra import clock
from sophia_infra.advised.walk import plan_of_run
from sophia_infra.dns.aliases import looked_up
from sophia_infra.dns.backends import Backend, Live
from sophia_infra.dns.desired.desired import World
from sophia_infra.dns.ownership import CREATED
from sophia_infra.dns.pools.publish import Published, published
from sophia_infra.dns.rows import ZoneOutcome
from sophia_infra.dns.spec import RESOLVE, ZoneSpec
from sophia_infra.dns.staging.caches import cached
from sophia_infra.dns.staging.steps import Moment
from sophia_infra.dns.state import ZoneState
from sophia_infra.journal import Journal, JournalError


def look(spec: ZoneSpec, state: ZoneState, journal: Journal, backend: Backend) -> World:
    """Read the live zone, probe what pools lead to, look up ALIAS, and what the journal knows.

    Raises:
        BackendError: the live zone can't be read.
        OwnershipError: there is no zone that could be shared.
        AliasError: an ALIAS that is to be looked up leads nowhere, or there are too many.
    """
    live, location = backend.read(), backend.location
    pools, probe = Published(), spec.settings.probe
    if spec.pools:
        pools = published(spec.pools, spec.domain, state.health, live.text, journal, probe=probe)
    return World(
        spec=spec,
        state=state,
        live=live,
        part=spec.ownership.split(live.text, lambda: state.subjects),
        pools=pools,
        moment=_moment(spec, state, live, journal, location),
        normalize=lambda zone: backend.normalize(zone, live),
        unwritten=_unwritten(spec, journal, location),
        cached=cached(journal, location) if spec.staged else {},
        answers=looked_up(spec, pools.records, journal) if spec.alias == RESOLVE else {},
    )


def _unwritten(spec: ZoneSpec, journal: Journal, location: str) -> tuple[str, ...]:
    """The pending sets, less those that a run may have written which was killed before its state was stored."""
    of_pools = [target_set.subject for pool in spec.pools if pool.is_pending for target_set in pool.sets()]
    pending = [*spec.late.pending, *of_pools]
    begun = _begun(journal, location, pending) if spec.ownership.manage == (CREATED,) else set()
    return tuple(subject for subject in pending if subject not in begun)


def _begun(journal: Journal, location: str, subjects: Sequence[str]) -> set[str]:
    """Those sets that runs set out to write, whatever became of them, where they manage what they created."""
    try:
        return journal.created(location, subjects)
    except JournalError:
        return set()


def _moment(spec: ZoneSpec, state: ZoneState, live: Live, journal: Journal, location: str) -> Moment:
    """The time of this run's preview, so that nothing falls due between it and the apply."""
    if not spec.staged:
        return Moment(clock.now())
    try:
        preview = plan_of_run(location, spec.ownership.part, journal)
    except JournalError:
        preview = None
    now = preview.time if preview else clock.now()
    return Moment(now, last_written(state, live, journal, location))


def last_written(state: ZoneState, live: Live, journal: Journal, location: str) -> datetime | None:
    """Return when this stack wrote the zone that is live now, None where the journal here doesn't know."""
    try:
        outcome = None if journal.is_unfinished(location) else journal.last(ZoneOutcome, location)
    except JournalError:
        return None
    if not outcome or (outcome.row.serial, outcome.row.intent.desired) != (live.serial, state.digest):
        return None
    return outcome.time
