"""What `create` and `update` do for a zone: apply the plan that stands in the inputs, journaled before and after."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from sophia_infra.advice.chain import Kind
from sophia_infra.advice.journal import Journal, JournalError
from sophia_infra.changes import fingerprint
from sophia_infra.dns.backends import Backend, BaseMovedError, Live, base_of
from sophia_infra.dns.desired import Late, known_late, late_records, merged, subjects_of, without
from sophia_infra.dns.exposure import count_sets
from sophia_infra.dns.frame import frame_of
from sophia_infra.dns.lifecycle import claims
from sophia_infra.dns.ownership import Ownership
from sophia_infra.dns.reader import refuse_unloadable
from sophia_infra.dns.rr.record import from_text
from sophia_infra.dns.serial import with_serial
from sophia_infra.dns.staging import caches


def run(inputs: Mapping[str, Any], olds: Mapping[str, Any], journal: Journal, backend: Backend) -> dict[str, Any]:
    """Make the zone what the inputs say, if it still is what they were planned against; return the outputs.

    Raises:
        BaseMovedError: the live zone has changed since the plan was made; nothing was written.
        ZoneTextError: with what others have put into it since, no name server would load it; nothing was written.
        BackendError, JournalError: the zone, or the intent to change it, can't be written.
    """
    known = late_records(inputs["late"], inputs["late_secret"], inputs["domain"])
    zone = merged(inputs["text"], known)
    base = inputs["changes"]["base"]
    ownership = Ownership.of(inputs)
    holder = olds.get("holder") or uuid4().hex
    deed = {
        **claims.row(inputs, holder, lambda: written_by(inputs)),
        "base": base,
        "desired": _digest(inputs),
        "counts": _counts(inputs["changes"]),
        **({caches.FIELD: caches.ttls_of(zone, inputs["stages"])} if inputs.get("stages") else {}),
    }

    def decide(live: Live) -> str:
        target = ownership.aim(live.text, backend.normalize(zone, live), lambda: written_by(olds))
        if base_of(target.own) != base:
            raise BaseMovedError(backend.place)
        if target.foreign:
            refuse_unloadable(target.whole, inputs["domain"])
        # A zone that is gone is made anew with a serial that goes on from the last one.
        return target.whole if live.text else with_serial(target.whole, int(olds.get("serial") or 0))

    journal.append(Kind.INTENT, backend.place, deed)
    live = backend.apply(decide)
    journal.append(Kind.OUTCOME, backend.place, {**deed, "serial": live.serial})
    return {**inputs, **served(live, inputs["text"]), "holder": holder}


def written_by(props: Mapping[str, Any]) -> set[str]:
    """Return the subjects that a stack wrote, by its own state or inputs; empty for one that never did."""
    static = {record.subject for record in from_text(props.get("text") or "")}
    return static | set(subjects_of(props.get("late") or {}))


def last_written(olds: Mapping[str, Any], live: Live, journal: Journal, place: str) -> datetime | None:
    """Return when this stack wrote the zone that is live now, None where the journal here doesn't know."""
    try:
        outcome = None if journal.unfinished(place) else journal.find(Kind.OUTCOME, place)
    except JournalError:
        return None
    wrote = {"serial": live.serial, "desired": _digest(olds)}
    if not outcome or any(outcome.value.get(name) != value for name, value in wrote.items()):
        return None
    return datetime.fromisoformat(outcome.time)


def served(live: Live, text: str) -> dict[str, Any]:
    """Return the outputs that describe a served zone."""
    servers = [record.rdata for record in frame_of(live.text) if record.type == "NS"]
    return {"text": text, "serial": live.serial, "served_by": servers, "record_set_count": count_sets(live.text)}


def stored_text(live: Live, props: Mapping[str, Any], backend: Backend) -> str:
    """Return what the `text` property holds for a live zone: what was asked for, as long as that is what is held.

    Where it drifted it is this stack's part of what is live: no serial, no set whose values come late.
    """
    ownership = Ownership.of(props)
    asked = merged(props["text"], late_records(props["late"], props["late_secret"], props["domain"]))
    target = ownership.aim(live.text, backend.normalize(asked, live), lambda: written_by(props))
    if base_of(target.own) == base_of(target.desired):
        return str(props["text"])
    return without(with_serial(target.own, 0), set(subjects_of(props["late"])))


def _digest(props: Mapping[str, Any]) -> str:
    """What stands for what was asked for; secret values are left out, since a short one could be guessed."""
    secret = props.get("late_secret") or ()
    known = {key: values for key, values in known_late(props).items() if Late.parse(key).subject not in secret}
    return fingerprint(merged(props.get("text") or "", late_records(known, (), props.get("domain") or "")))


def _counts(changes: Mapping[str, Any]) -> dict[str, int]:
    return {name: int(changes[name]) for name in ("creates", "updates", "deletes", "before", "after")}
