"""A zone whose risky sets are switched in four steps: lower the TTL, wait, switch, hold and restore it. Pure.

Below it the advice to do so, for a risky change of values, or of type, where the live TTL is long.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sophia_infra.advice.model import Finding, Level
from sophia_infra.changes import Changes, Exposure, covers
from sophia_infra.dns.exposure import SetChange, changed_sets
from sophia_infra.dns.late_values import LateValues
from sophia_infra.dns.rr.record import Record, from_text, merged, without
from sophia_infra.dns.staging.caches import Cached, longest
from sophia_infra.dns.staging.steps import LOW_TTL, LOWERED, PENDING, Moment, Step, Values, advance
from sophia_infra.dns.staging.units import Sets, Stages, Unit, units_of
from sophia_infra.dns.zone.names import is_wildcard
from sophia_infra.errors import SophiaError
from sophia_infra.values import lasts

CODE = "staged-switch"
_WAITING = frozenset({"TXT", "CAA", "MX"})
"""What nobody connects by: mail waits and is tried again, for days (RFC 5321 section 4.5.4.1)."""
_OWNER_GLOB = "[^ ]+"


class StagingError(SophiaError):
    """A switch that can't be staged, though the program says so."""

    code = "staged-pool"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a program asks for: canonical text of what it gives as text, and of the same with the values that come late
    as the backend would hold it. `pooled` are the sets that pools publish."""

    text: str
    zone: str
    late: LateValues = field(default_factory=LateValues)
    pooled: Collection[str] = ()


class Staged(NamedTuple):
    """A zone's text with its staged sets at their steps, the `stages` property, and the lines to show.

    `held` are the sets that the text holds, though the program may give their values late.
    """

    text: str
    stages: Mapping[str, Any]
    lines: Sequence[str] = ()
    held: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the past: the `stages` property of the last run, the canonical text that was applied last (empty
    where nothing was), and by the journal what resolvers may still hold."""

    stages: Stages = field(default_factory=dict)
    last: str = ""
    cached: Mapping[str, Cached] = field(default_factory=dict)


def staged(live: str, asked: Asked, patterns: Sequence[str], known: Known, moment: Moment) -> Staged:
    """Return a zone with each set that `patterns` cover (see `changes.covers`) at the step of its switch that is due.

    Raises:
        StagingError: a pattern names nothing but what a pool publishes.
    """
    if not patterns:
        return Staged(asked.text, {})
    due = list(_due(live, asked, patterns, known, moment))
    held = [switch for switch in due if switch.is_held]
    subjects = [subject for switch in held for subject in switch.unit.subjects]
    return Staged(
        text=merged(without(asked.text, subjects), [record for switch in held for record in switch.records]),
        stages={key: stage for switch in due for key, stage in switch.stages(known.stages).items()},
        lines=[*_idle(patterns, asked), *(line for switch in due for line in switch.lines(asked.late.subjects))],
        held=subjects,
    )


@dataclass(frozen=True, slots=True)
class _Due:
    """The step that is due for one unit; `sets` are those that are asked for at its name, `desired` its own."""

    unit: Unit
    desired: Values
    sets: Sets
    step: Step

    @property
    def is_open(self) -> bool:
        """Whether it is time to publish what is asked for, but that is not known yet."""
        return self.step.publish.values == PENDING

    @property
    def is_held(self) -> bool:
        return not self.is_open and self.step.publish != self.desired

    @property
    def records(self) -> Iterator[Record]:
        return self.unit.records(self.step.publish, self.sets)

    def stages(self, before: Stages) -> dict[str, Any]:
        return self.unit.as_it_was(before) if self.is_open else self.unit.as_input(self.step.stage)

    def lines(self, late: Collection[str]) -> Iterator[str]:
        if not self.step.line:
            return
        line = f"{self.unit.key}: {self.step.line}"
        if self.is_open:
            yield f"{line}, once its value is known"
        elif self.step.stage.step == LOWERED and any(subject in late for subject in self.unit.subjects):
            # Pulumi deletes a resource that was replaced at the end of the run that switches nothing yet.
            yield f"{line}; keep what it leads to until the switch"
        else:
            yield line


def _due(live: str, asked: Asked, patterns: Sequence[str], known: Known, moment: Moment) -> Iterator[_Due]:
    served, applied = (_owners(_sets(zone, patterns), asked.late.secret) for zone in (live, known.last))
    pending = {subject: Values(PENDING, ttl) for subject, ttl in asked.late.pending.items()}
    for owner, sets in _owners(_sets(asked.zone, patterns) | pending, asked.late.secret).items():
        for unit, desired in units_of(owner, served.get(owner, {}), sets, known.stages):
            if unit.is_covered(patterns):
                _refuse_secret(unit, asked.late.secret)
                present = unit.of(served.get(owner, {}))
                last_ttl = (unit.of(applied.get(owner, {})) or desired).ttl
                stage = unit.stage(known.stages)
                if present and (cached := longest(known.cached, unit.subjects, moment.now)):
                    stage = cached.remembered(present, stage)
                yield _Due(unit, desired, sets, advance(present, desired, stage, last_ttl, moment))


def _refuse_secret(unit: Unit, secret: Collection[str]) -> None:
    """Refuse a change of type beside a secret value: that would be published at once, where it has to wait."""
    beside = [subject for subject in secret if subject.partition(" ")[0] == unit.owner]
    if unit.is_swap and beside:
        raise StagingError(
            f"staged covers {unit.owner}, which changes its type beside {beside[0]}, and that is secret and can't wait "
            "with it; take the name out of `staged` for this change",
            code="beside-a-secret",
            field="staged",
            subject=beside[0],
        )


def _owners(sets: Mapping[str, Values], secret: Collection[str]) -> dict[str, dict[str, Values]]:
    """Record sets by owner and type, less those that are secret: nothing of them may be remembered."""
    owners: dict[str, dict[str, Values]] = defaultdict(dict)
    for subject, values in sets.items():
        owner, _, rtype = subject.partition(" ")
        if subject not in secret:
            owners[owner][rtype] = values
    return owners


def _sets(text: str, patterns: Sequence[str]) -> dict[str, Values]:
    """The sets at the owners that patterns name; lines of others are passed over by one expression, for large zones."""
    owners = "|".join(_OWNER_GLOB if _is_glob(owner) else re.escape(owner) for owner in map(_owner, patterns))
    sets: dict[str, Values] = {}
    for record in from_text("".join(re.findall(rf"^(?:{owners}) .*\n", text, re.MULTILINE))):
        if record.type != "SOA":
            values, ttl = sets.get(record.subject, (frozenset[str](), 0))
            sets[record.subject] = Values(values | {record.rdata}, max(ttl, record.ttl))
    return sets


def _owner(pattern: str) -> str:
    return pattern.strip().partition(" ")[0].lower()


def _is_glob(owner: str) -> bool:
    """Whether an owner stands for several; `*` and `*.dev` are wildcards of the zone, and names themselves."""
    return not is_wildcard(owner) and any(char in owner for char in "*?[")


def _idle(patterns: Sequence[str], asked: Asked) -> Iterator[str]:
    """Yield a line for each pattern that stages nothing."""
    subjects = {*_sets(asked.zone, patterns), *asked.late.pending}
    for pattern in patterns:
        covered = [subject for subject in subjects if covers(pattern, subject)]
        if not covered and any(covers(pattern, subject) for subject in asked.pooled):
            raise StagingError(
                f"staged names {pattern!r}, which a pool publishes: it has to switch at once, or clients stay with a "
                "target that is down; take it out of `staged`, and keep the pool's ttl short",
                field="staged",
                value=pattern,
            )
        if not covered:
            yield f"staged names {pattern!r}, which is no record of the program's own: nothing is staged by it"
        elif all(subject in asked.late.secret for subject in covered):
            yield f"staged names {pattern!r}, whose value is secret and so is not remembered: it is switched at once"


def switch_findings(
    live: str, planned: str, changes: Changes, hidden: Collection[str], pooled: Collection[str]
) -> Iterator[Finding]:
    """Yield a finding for each switch that is better staged; of a name that changes its type, one.

    `live` and `planned` are canonical text; `hidden` are the sets whose values are not known or secret, so that they
    can't be staged; `pooled` are those that pools publish.
    """
    risky = _risky(changes) - set(hidden)
    told = set[str]()
    for change in changed_sets(live, planned) if risky else []:
        ttl = max(change.old.values(), default=0)
        is_kept = change.subject in risky and change.type not in _WAITING and ttl > LOW_TTL
        if not is_kept or not change.lost or change.owner in told:
            continue
        if not change.new:
            told.add(change.owner)
        yield _finding(change, ttl, pooled)


def _risky(changes: Changes) -> set[str]:
    """The sets that an apply updates or replaces at medium exposure or above, by the reasons that `changes` names."""
    found = set()
    for reason in changes.reasons:
        exposure, *words = reason.split(" ", 3)
        operation = words[2].partition(":")[0] if len(words) == 3 else ""
        if operation in ("update", "replace") and Exposure.parse(exposure) >= Exposure.MEDIUM:
            found.add(" ".join(words[:2]))
    return found


def _finding(change: SetChange, ttl: int, pooled: Collection[str]) -> Finding:
    message = f"Resolvers may hold the old values for {lasts(ttl)} after the switch, so a bad one can't be undone."
    named = change.subject if change.new else change.owner
    if not any(subject.partition(" ")[0] == change.owner for subject in pooled):
        fix = f'Stage it with staged=["{named}"]: the TTL goes down first, the values follow (docs/staging.md).'
    elif max(change.new.values(), default=0) > LOW_TTL:
        fix = f"Give the pool a ttl of {LOW_TTL} s or less: it can lead nobody away from a target any faster."
    else:
        fix = f"Lower its TTL in a run before, and let the pool take the name over {lasts(ttl)} later."
    return Finding(CODE, Level.WARNING, change.subject, message, fix)
