"""What `create` and `update` do for a zone: apply what `check` planned, journaled before and after."""

import logging
from typing import Any
from uuid import uuid4

from sophia_infra.dns.backends import Backend, BaseMovedError, Live, base_of, for_part, for_writer
from sophia_infra.dns.exposure import count_sets
from sophia_infra.dns.lifecycle.owners import BEGUN, is_as_written, known_writing
from sophia_infra.dns.reader import refuse_unloadable
from sophia_infra.dns.rows import Owner, ZoneIntent, ZoneOutcome
from sophia_infra.dns.rr.record import apex_of
from sophia_infra.dns.serial import with_serial
from sophia_infra.dns.staging import caches
from sophia_infra.dns.state import ZoneState
from sophia_infra.journal import Journal

log = logging.getLogger(__name__)


def outputs_of(live: Live, text: str) -> dict[str, Any]:
    """Return the outputs that describe a zone as it is served; `text` is what the property of that name holds of it."""
    return {
        "text": text,
        "serial": live.serial,
        "served_by": [record.rdata for record in apex_of(live.text) if record.type == "NS"],
        "record_set_count": count_sets(live.text),
    }


def apply(planned: ZoneState, state: ZoneState, journal: Journal, backend: Backend) -> dict[str, Any]:
    """Make the zone what was planned, if it still is what it was planned against; return the outputs beside the inputs.

    Raises:
        BaseMovedError: the live zone has changed since the plan was made; nothing was written.
        ZoneTextError: with what others have put into it since, no name server would load it; nothing was written.
        BackendError, JournalError: the zone, or the intent to change it, can't be written.
    """
    asked, changes = planned.zone, planned.changes
    holder = state.holder or uuid4().hex
    intent = ZoneIntent(
        owner=Owner.of(planned, holder, lambda: planned.subjects),
        base=changes.base,
        desired=planned.digest,
        counts={name: getattr(changes, name) for name in ("creates", "updates", "deletes", "before", "after")},
        ttls=caches.ttls_of(asked, planned.stages or ()),
        is_static=planned.is_static,
    )

    found = known_writing(journal, backend.location, intent.owner) if state.text is None else state.written
    is_ours = found == BEGUN

    def decide(live: Live) -> str:
        nonlocal is_ours
        part = planned.ownership.split(live.text, lambda: state.subjects)
        target = part.merge(backend.normalize(asked, live))
        if base_of(target.own) != changes.base:
            raise BaseMovedError(backend.location)
        # What was ours before stays so, though it may be another part of the zone now.
        is_ours = is_ours or base_of(target.whole) != base_of(live.text) or _stood(state, live, backend)
        if target.foreign:
            refuse_unloadable(target.whole, planned.domain)
        # A zone that is gone is made anew with a serial that goes on from the last one.
        return target.whole if live.text else with_serial(target.whole, state.serial)

    journal.write(backend.location, intent)
    log.debug("zone %s: applies the plan against base %.12s at %s", planned.domain, changes.base, backend.location)
    noting = for_writer(backend, intent.owner.name) if planned.label else backend
    live = (noting if planned.ownership.is_whole else for_part(noting)).apply(decide)
    log.debug("zone %s: is applied, serial %s", planned.domain, live.serial)
    own = base_of(planned.ownership.split(live.text, lambda: planned.subjects).own)
    written = own if is_ours else found
    journal.write(backend.location, ZoneOutcome(intent, live.serial, written))
    return {**outputs_of(live, planned.text or ""), "holder": holder, "written": written}


def _stood(state: ZoneState, live: Live, backend: Backend) -> bool:
    return state.text is not None and bool(live.text) and is_as_written(state, live, backend)
