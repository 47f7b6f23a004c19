"""What a plan rests on beside what is asked for: the world as it is, and what the journal knows of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sophia_infra import clock
from sophia_infra.advice.chain import Kind
from sophia_infra.advice.journal import Journal, JournalError
from sophia_infra.dns.backends import Backend, Live
from sophia_infra.dns.desired import pending
from sophia_infra.dns.lifecycle.apply import last_written
from sophia_infra.dns.lifecycle.moved import plan_of_run
from sophia_infra.dns.ownership import CREATED
from sophia_infra.dns.pools.publish import Published, published
from sophia_infra.dns.staging.caches import Cached, cached
from sophia_infra.dns.staging.steps import Moment
from sophia_infra.dns.zone_inputs import Wanted


@dataclass(frozen=True, slots=True)
class Found:
    """The live zone, what pools publish, and the time.

    `pending` are the sets that are sure to be written once their values are known, but for those that runs which no
    state knows of may have written: they may be this stack's own. `cached` is what resolvers may still hold of staged
    sets.
    """

    live: Live
    pooled: Published
    moment: Moment
    pending: tuple[str, ...] = ()
    cached: Mapping[str, Cached] = field(default_factory=dict)


def found_for(wanted: Wanted, olds: Mapping[str, Any], journal: Journal, backend: Backend) -> Found:
    """Read the live zone, probe what pools lead to, and look up what the journal knows.

    Raises:
        BackendError: the live zone can't be read.
    """
    live = backend.read()
    moment = _moment(wanted, olds, live, journal, backend.place) if wanted.staged else Moment(clock.now())
    of_pools = [one.subject for pool in wanted.pools if pool.is_pending for one in pool.sets()]
    expected = [*pending(wanted.late), *of_pools]
    begun = _begun(journal, backend.place) if expected and wanted.ownership.manage == (CREATED,) else set()
    unsure = tuple(subject for subject in expected if subject not in begun)
    known = cached(journal, backend.place) if wanted.staged else {}
    return Found(live, published(wanted, olds, live, journal), moment, unsure, known)


def _begun(journal: Journal, place: str) -> set[str]:
    """The sets that runs set out to write, whatever became of them, where they manage what they created."""
    try:
        intents = journal.newest(Kind.INTENT)
    except JournalError:
        return set()
    return {subject for intent in intents if intent.key == place for subject in intent.value.get("created", ())}


def _moment(wanted: Wanted, olds: Mapping[str, Any], live: Live, journal: Journal, place: str) -> Moment:
    """The time of this run's preview, so that nothing falls due between it and the apply."""
    try:
        entry = plan_of_run(place, wanted.ownership, journal)
    except JournalError:
        entry = None
    now = datetime.fromisoformat(entry.time) if entry else clock.now()
    return Moment(now, last_written(olds, live, journal, place))
