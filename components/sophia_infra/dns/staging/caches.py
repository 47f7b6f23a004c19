"""What resolvers may still hold of staged sets, by what the journal says was published. Pure but for reading it.

The state tells that as long as runs come to their end. Where several in a row were killed after they wrote, with the
program changed between them, only the journal knows of what was published in between.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sophia_infra import clock
from sophia_infra.dns.rows import ZoneIntent, ZoneOutcome
from sophia_infra.dns.rr.record import from_text
from sophia_infra.dns.staging.steps import SETTLED, SWITCHED, Stage, Values
from sophia_infra.journal import Journal, JournalError, Recorded

_LONGEST_APPLY = timedelta(hours=1)
"""A run that was killed wrote no later than this after it said so."""

_KEPT = timedelta(days=7) + _LONGEST_APPLY
"""Resolvers keep nothing for longer than a week, whatever its TTL (RFC 8767 section 4)."""
_MOST_OLDER = 100

Ttls = Mapping[str, int]
_Row = Recorded[ZoneIntent] | Recorded[ZoneOutcome]


class Publication(NamedTuple):
    """A run set out to publish sets with these TTLs, in seconds by record set; or was `done` with it."""

    time: datetime
    done: bool
    ttls: Ttls


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


def cached(journal: Journal, location: str) -> dict[str, Cached]:
    """Return what resolvers may hold of staged sets at a location beside what is live now: by set, what lasts longest.

    Of a journal that can't be read, or does not know, nothing: the state has to do.
    """
    try:
        return of_sets(list(_recent(journal, location))[::-1])
    except JournalError:
        return {}


def _recent(journal: Journal, location: str) -> Iterator[Publication]:
    """Yield what was published, newest first, as far back as resolvers may still hold it.

    An outcome ends what was published before it. So all before the first outcome that is older than `_KEPT` is over.
    Where the newest 100 rows that are that old tell of no staged set, none before them is looked at.
    """
    intents: Iterator[_Row] = journal.back(ZoneIntent, location)
    outcomes: Iterator[_Row] = journal.back(ZoneOutcome, location)
    rows = heapq.merge(intents, outcomes, key=lambda row: row.sequence, reverse=True)
    since, older = clock.now() - _KEPT, 0
    for row in rows:
        done = isinstance(row.row, ZoneOutcome)
        ttls = row.row.intent.ttls if isinstance(row.row, ZoneOutcome) else row.row.ttls
        if ttls:
            yield Publication(row.time, done, ttls)
        older += row.time < since
        if older == _MOST_OLDER or (older and done and ttls):
            return


def of_sets(published: Sequence[Publication]) -> dict[str, Cached]:
    """Return what of each set is cached longest, by what was published of its name, oldest first.

    What was published of a name without one of its sets took that set away.
    """
    subjects = dict.fromkeys(subject for publication in published for subject in publication.ttls)
    history: dict[str, list[tuple[Publication, int | None]]] = {subject: [] for subject in subjects}
    for publication in published:
        owners = {subject.partition(" ")[0] for subject in publication.ttls}
        for subject, past in history.items():
            if subject.partition(" ")[0] in owners:
                past.append((publication, publication.ttls.get(subject)))
    found = ((subject, of_set(past)) for subject, past in history.items())
    return {subject: cached for subject, cached in found if cached}


def longest(known: Mapping[str, Cached], subjects: Iterable[str], now: datetime) -> Cached | None:
    """Return what of some sets is cached longest from now on."""
    still = (known[subject] for subject in subjects if subject in known and known[subject].until > now)
    return max(still, key=lambda cached: cached.until, default=None)


def of_set(past: Sequence[tuple[Publication, int | None]]) -> Cached | None:
    """Return what of one set is cached longest: the TTL by each publication, oldest first; None where it was not there.

    An outcome replaced all that was published before. An intent without one belongs to a run that was killed: what it
    published, if it did, was replaced within an hour of the next intent. Example:

        10:00 outcome, TTL 86400    replaced by 14:00 at the latest: cached until 14:00 the next day
        12:00 intent,  TTL 300      killed: live by 13:00, or never
        13:00 intent,  TTL 60       killed as well: replaces the 300 by 14:00, or never
        The 60 is live, or was never written: whoever reads the live zone sees it.
    """
    replaced: list[tuple[int | None, datetime]] = []
    served: list[int | None] = []
    for publication, ttl in past:
        if publication.done:
            replaced += [(each, publication.time) for each in served[:-1]]
            served = [ttl]
        else:
            served.append(ttl)
    if past:
        replaced += [(each, past[-1][0].time + _LONGEST_APPLY) for each in served[:-1]]
    ends = [Cached(ttl, when + timedelta(seconds=ttl)) for ttl, when in replaced if ttl is not None]
    return max(ends, key=lambda end: end.until, default=None)
