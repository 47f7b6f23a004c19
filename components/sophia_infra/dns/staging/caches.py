"""What resolvers may still hold of staged sets, by what the journal says was published. Pure but for reading it.

The state tells that as long as runs come to their end. Where several in a row were killed after they wrote, with the
program changed between them, only the journal knows of what was published in between.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sophia_infra.advice.chain import Entry, Kind
from sophia_infra.advice.journal import Journal, JournalError
from sophia_infra.dns.rr.record import from_text
from sophia_infra.dns.staging.steps import SETTLED, SWITCHED, Stage, Values

FIELD = "ttls"
"""What rows of the journal call the TTLs that staged sets were published with, by record set."""
_LONGEST_APPLY = timedelta(hours=1)
"""A run that was killed wrote no later than this after it said so."""

Ttls = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Cached:
    """A TTL in seconds that resolvers may hold a set with, and until when they may."""

    ttl: int
    until: datetime

    def remembered(self, live: Values, stage: Stage | None) -> Stage:
        """Return the stage of a set, or of one that has none yet, with this in it."""
        stage = stage or Stage(SETTLED, live.values, live.ttl)
        if stage.ttl >= self.ttl and stage.until is None:
            return stage  # it waits for as long, from when it is seen
        is_held = stage.step == SWITCHED  # until then, and a switch after that waits from when it is seen
        until = stage.until if is_held else max(stage.until or self.until, self.until)
        return replace(stage, ttl=max(stage.ttl, self.ttl), until=until)


def ttls_of(zone: str, stages: Iterable[str]) -> dict[str, int]:
    """Return the TTLs with which canonical zone text publishes what stands at the names of some stages."""
    owners = {key.partition(" ")[0] for key in stages}
    return {record.subject: record.ttl for record in (from_text(zone) if owners else ()) if record.owner in owners}


def cached(journal: Journal, place: str) -> dict[str, Cached]:
    """Return what this stack published of its staged sets before what is live now, by record set: what lasts longest.

    Of a journal that can't be read, or does not know, nothing: the state has to do.
    """
    try:
        rows = [*journal.newest(Kind.INTENT), *journal.newest(Kind.OUTCOME)]
    except JournalError:
        return {}
    mine = sorted((row for row in rows if row.key == place), key=lambda row: row.sequence)
    return of_sets([(row, row.value.get(FIELD) or {}) for row in mine])


def of_sets(told: Sequence[tuple[Entry, Ttls]]) -> dict[str, Cached]:
    """Return what of each set is cached longest, by the rows that tell of its name: one without it took it away."""
    rows: dict[str, list[tuple[Entry, int | None]]] = {subject: [] for _, ttls in told for subject in ttls}
    for row, ttls in told:
        owners = {subject.partition(" ")[0] for subject in ttls}
        for subject, ttl_by_row in rows.items():
            if subject.partition(" ")[0] in owners:
                ttl_by_row.append((row, ttls.get(subject)))
    found = ((subject, of_set(one)) for subject, one in rows.items())
    return {subject: one for subject, one in found if one}


def longest(known: Mapping[str, Cached], subjects: Iterable[str], now: datetime) -> Cached | None:
    """Return what of some sets is cached longest from now on."""
    still = (known[one] for one in subjects if one in known and known[one].until > now)
    return max(still, key=lambda one: one.until, default=None)


def of_set(rows: Sequence[tuple[Entry, int | None]]) -> Cached | None:
    """Return what of one set is cached longest, by the rows that tell its TTL, or that it is not there.

    An outcome replaced all that was published before. What runs published that were killed was replaced by the last of
    them, at the latest; what that published itself is live, or was never written.
    """
    past: list[tuple[int | None, datetime]] = []
    served: list[int | None] = []
    time = None
    for row, ttl in rows:
        time = datetime.fromisoformat(row.time)
        if row.kind == Kind.OUTCOME:
            past += [(one, time) for one in served[:-1]]
            served = [ttl]
        else:
            served.append(ttl)
    if time:
        past += [(one, time + _LONGEST_APPLY) for one in served[:-1]]
    ends = [Cached(ttl, replaced + timedelta(seconds=ttl)) for ttl, replaced in past if ttl is not None]
    return max(ends, key=lambda one: one.until, default=None)
