"""What caches still hold of names as they stood before a run, for longer than the TTLs of today say."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile

from sophia_infra.advice.approval import MOST_DAYS
from sophia_infra.agent.execution import Runs
from sophia_infra.agent.execution.rows import Word
from sophia_infra.agent.operations import OfRecords
from sophia_infra.agent.strategies.ways import Way
from sophia_infra.dns.rr.record import from_text
from sophia_infra.values import lasts

Held = Mapping[tuple[str, str], int]
"""Seconds from now on, by zone and owner."""
_LOOKED_BACK = timedelta(days=MOST_DAYS + 7)
"""Runs that were proposed since then are looked at: caches keep nothing for over a week (RFC 8767 section 4)."""


def held(runs: Runs, stack: str, now: datetime) -> Held:
    """Return for how long caches may hold names by a TTL that a run lowered, or of a set that it took away."""
    found: dict[tuple[str, str], int] = {}
    for run in takewhile(lambda run: run.proposal.time >= now - _LOOKED_BACK, runs.of_stack(stack)):
        applied = max((step.time for step in run.steps if step.row.word is Word.APPLIED), default=None)
        for answers in run.row.answers if applied else ():
            after = {record.subject: record.ttl for record in from_text(answers.after)}
            for record in from_text(answers.before):
                left = round((applied - now).total_seconds()) + record.ttl if applied else 0
                if left > after.get(record.subject, 0):
                    key = answers.zone, record.owner
                    found[key] = max(left, found.get(key, 0))
    return found


def patient(way: Way, by: Held) -> Way:
    """Return a way whose first wait lasts until caches have let go of its names as they stood before; it is noted."""
    of_records = (each for stage in way.stages for each in stage.operations if isinstance(each, OfRecords))
    seconds = max((by.get((each.zone, each.owner), 0) for each in of_records), default=0)
    if not seconds:
        return way
    first, *later = way.stages
    later[:1] = [replace(stage, wait=max(stage.wait, seconds)) for stage in later[:1]]
    note = f"a run lowered a TTL or took a set away: caches hold what was before for {lasts(seconds)} still"
    return replace(way, stages=(first, *later), notes=(*way.notes, note))
