"""What `create` and `update` do for a zone: apply the plan that stands in the inputs, journaled before and after."""

from collections.abc import Mapping
from typing import Any

from sophia_infra.advice.chain import Kind
from sophia_infra.advice.journal import Journal
from sophia_infra.changes import count_sets, fingerprint
from sophia_infra.dns.backends import Live, open_backend
from sophia_infra.dns.desired import late_records, merged, subjects_of
from sophia_infra.dns.frame import frame_of
from sophia_infra.dns.records import from_text, to_text
from sophia_infra.dns.serial import with_serial


def run(inputs: Mapping[str, Any], journal: Journal) -> dict[str, Any]:
    """Make the zone what the inputs say, if it still is what they were planned against; return the outputs.

    Raises:
        BaseMovedError: the live zone has changed since the plan was made; nothing was written.
        BackendError, JournalError: the zone, or the intent to change it, can't be written; nothing was.
    """
    backend = open_backend(inputs["backend"], inputs["domain"])
    known = late_records(inputs["late"], inputs["late_secret"], inputs["domain"])
    zone = merged(inputs["text"], known)
    base = inputs["changes"]["base"]
    deed = {"base": base, "desired": fingerprint(inputs["text"]), "counts": _counts(inputs["changes"])}
    journal.append(Kind.INTENT, backend.place, deed)
    live = backend.apply(zone, base)
    journal.append(Kind.OUTCOME, backend.place, {**deed, "serial": live.serial})
    return {**inputs, **served(live, inputs["text"])}


def served(live: Live, text: str) -> dict[str, Any]:
    """Return the outputs that describe a served zone."""
    servers = [record.rdata for record in frame_of(live.text) if record.type == "NS"]
    return {"text": text, "serial": live.serial, "served_by": servers, "record_set_count": count_sets(live.text)}


def without_late(live: str, late: Mapping[str, Any]) -> str:
    """Return the live zone's text as the `text` property holds it: no serial, and no set whose values come late."""
    subjects = set(subjects_of(late))
    text = with_serial(live, 0)
    return to_text([record for record in from_text(text) if record.subject not in subjects]) if subjects else text


def _counts(changes: Mapping[str, Any]) -> dict[str, int]:
    return {name: int(changes[name]) for name in ("creates", "updates", "deletes", "before", "after")}
