"""What a zone's pools publish in one run: their targets probed once, the same at preview and at apply."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar, Self

from sophia_infra.advice import redaction
from sophia_infra.changes import fingerprint
from sophia_infra.dns.pools.choose import Choice, Standing, choose, standings
from sophia_infra.dns.pools.pool import Pool, TargetSet
from sophia_infra.dns.rr.record import Record, records_of
from sophia_infra.engine_run import engine_run
from sophia_infra.journal import Journal, Kind
from sophia_infra.probes.round import Probe, probe_all
from sophia_infra.reporter import STDERR
from sophia_infra.values import listed

UNPROBED_SHOWN = 3

Answers = Mapping[str, str]
Health = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""The `health` property: a record set -> each of its targets -> its standing."""


@dataclass(frozen=True, slots=True)
class ProbeRow:
    """What the probes of one run found, in the journal: what is wrong with each target, empty for nothing."""

    KIND: ClassVar = Kind.PROBE
    RESOURCE: ClassVar = ""

    answers: Answers

    def to_body(self) -> dict[str, Any]:
        """Return the journal's row."""
        return dict(self.answers)

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Self:
        """Read the journal's row."""
        return cls(body)


@dataclass(frozen=True, slots=True)
class Published:
    """The records that pools publish, the standings to keep until the next run, and the lines to show.

    `pending` are the sets whose targets are not all known yet: they stay as they are live.
    """

    records: list[Record] = field(default_factory=list)
    health: Health = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)


def published(
    pools: Sequence[Pool], domain: str, health: Health, live: str, journal: Journal, *, probe: bool
) -> Published:
    """Return what a zone's pools publish in this run; their targets are probed, unless the stack says not to."""
    if probe:
        return publish(pools, health, live, answers_of(pools, domain, journal))
    unprobed = publish(pools, health, live, {})
    return replace(unprobed, lines=["sophia:probe is off: the targets of pools are not probed, and stay as they are"])


def publish(pools: Sequence[Pool], health: Health, live: str, answers: Answers) -> Published:
    """Return what pools publish after a round of probes. Pure.

    `health` is what the last run kept; `live` the zone as it is served; `answers` what was wrong with each target.
    """
    served = records_of(live, [subject for pool in pools for subject in pool.subjects])
    ready = [target_set for pool in pools if not pool.is_pending for target_set in pool.sets()]
    parts = [_publish(target_set, health.get(target_set.subject) or {}, served, answers) for target_set in ready]
    parts += [_kept(pool, health, served) for pool in pools if pool.is_pending]
    return Published(
        records=[record for part in parts for record in part.records],
        health={subject: known for part in parts for subject, known in part.health.items()},
        lines=[line for part in parts for line in part.lines],
        pending=[subject for part in parts for subject in part.pending],
    )


def answers_of(pools: Sequence[Pool], domain: str, journal: Journal) -> Answers:
    """Probe the targets of pools, or replay what another phase of the same run found."""
    run = engine_run()
    key = fingerprint(json.dumps([run, domain, [pool.as_input() for pool in pools]], sort_keys=True))
    return journal.once(
        [key] if run else [],
        ProbeRow,
        lambda: ProbeRow(_probed(pools)),
        lambda error: STDERR.say_once(f"what the probes found is not journaled: {error}"),
    ).answers


def _probed(pools: Sequence[Pool]) -> dict[str, str]:
    found = probe_all(
        [
            Probe(_key(pool, target), target, pool.check)
            for pool in pools
            if not pool.is_pending
            for target in pool.all_targets
        ]
    )
    return {key: redaction.text(why) or "" for key, why in found.items()}


def _publish(target_set: TargetSet, health: Mapping[str, Any], served: Sequence[Record], answers: Answers) -> Published:
    pool = target_set.pool
    live = {record.rdata for record in served if record.subject == target_set.subject}
    before = {target: Standing(bool(known["healthy"]), int(known["against"])) for target, known in health.items()}
    told = {target: answers[_key(pool, target)] for target in target_set.targets if _key(pool, target) in answers}
    passed = {target: not why for target, why in told.items()}
    now = standings(target_set.targets, before, live, passed, pool.fall, pool.rise)
    healthy = {target for target, standing in now.items() if standing.healthy}
    choice = choose(target_set.groups, healthy, live, pool.floor, target_set.most)
    return Published(
        records=[Record(pool.name, pool.ttl, target_set.type, target) for target in choice.published],
        health={target_set.subject: {target: asdict(standing) for target, standing in now.items()}},
        lines=[f"pool {target_set.subject}: {line}" for line in _lines(target_set, choice, now, told)],
    )


def _kept(pool: Pool, health: Mapping[str, Any], served: Sequence[Record]) -> Published:
    kept = [record for record in served if record.subject in pool.subjects]
    known = {subject: health[subject] for subject in pool.subjects if subject in health}
    return Published(kept, known, [], list(dict.fromkeys(record.subject for record in kept)) or [pool.subjects[0]])


def _key(pool: Pool, target: str) -> str:
    return f"{pool.name} {target}"


def _lines(
    target_set: TargetSet, choice: Choice, standings: Mapping[str, Standing], told: Mapping[str, str]
) -> Iterator[str]:
    """Yield the lines on one record set of a pool; none where every target is healthy and passed its probe."""
    for target, standing in standings.items():
        if line := _of_target(target, standing, choice, target_set.pool, told.get(target)):
            yield line
    unprobed = [target for target in standings if target not in told]
    if unprobed:
        yield f"{listed(unprobed, UNPROBED_SHOWN)} could not be probed in time and count as before"
    if choice.rank == 0:
        yield f"no target is healthy, so nothing changes: {listed(choice.published, UNPROBED_SHOWN)}"
    elif choice.rank > 1:
        yield f"group {choice.rank} of {len(target_set.groups)} is published: no better one is healthy"
    if choice.kept:
        yield f"the floor of {target_set.pool.floor:g} keeps {listed(choice.kept, UNPROBED_SHOWN)} published"


def _of_target(target: str, standing: Standing, choice: Choice, pool: Pool, why: str | None) -> str:
    reason = f": {why}" if why else ""
    if standing.healthy:
        return f"{target} failed {standing.against} of {pool.fall} probes{reason}" if standing.against else ""
    what = "is down" if target in choice.published else "is left out"
    if standing.against:
        return f"{target} {what}; it passed {standing.against} of {pool.rise} probes"
    return f"{target} {what}{reason}"
