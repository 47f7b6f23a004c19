"""The gate that every plan passes or not: what overrides accept, the limits, and a verdict that blocks."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from sophia_infra import clock
from sophia_infra.advice.approval import user
from sophia_infra.advice.model import Advice, Verdict
from sophia_infra.advice.report import STDERR, Reporter
from sophia_infra.advised.resource import About
from sophia_infra.changes import Changes, Exposure, subject_of
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal, Kind, Row


class BeyondLimitsError(SophiaError):
    """A plan that goes beyond the limits, or that is advised to be blocked: nothing was written."""

    code = "beyond-limits"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A reason that an override accepts, until when, and why."""

    reason: str
    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class OverrideRow(Row):
    """Who used overrides against which base, and what they accept."""

    KIND: ClassVar = Kind.OVERRIDE

    who: str
    base: str
    accepted: tuple[Acceptance, ...]


def accept(changes: Changes, about: About, journal: Journal, reporter: Reporter = STDERR) -> Changes:
    """Return changes with the subjects that overrides accept; those without which it would be stopped are journaled.

    Raises:
        JournalError: an override is needed and can't be journaled, so that it must not be used.
    """
    now = clock.now()
    ended = [override for override in about.overrides if override.until <= now]
    reporter.say_each(str(about), [f"the {override} has ended and is ignored; take it out" for override in ended])
    valid = [override for override in about.overrides if override.until > now]
    subjects = dict.fromkeys(map(subject_of, changes.reasons))
    accepted = {subject: override for subject in subjects for override in valid if override.accepts(subject)}
    levels = [str(level) for level in Exposure if level > about.limits.max_exposure]
    beyond = [(reason, subject_of(reason)) for reason in changes.reasons if reason.partition(" ")[0] in levels]
    needed = {reason: accepted[subject] for reason, subject in beyond if subject in accepted}
    if needed:
        reporter.say_each(str(about), [f"the {override} accepts: {reason}" for reason, override in needed.items()])
        used = tuple(Acceptance(reason, override.until, override.why) for reason, override in needed.items())
        row = OverrideRow(user(), changes.base, used)
        newest = journal.last(OverrideRow, about.location)
        if newest is None or newest.row != row:
            journal.write(about.location, row)
    return replace(changes, accepted=tuple(accepted))


def refuse_beyond(changes: Changes, advice: Advice, about: About) -> None:
    """Refuse a plan that goes beyond the limits, or whose advice is to block; no order survives it.

    Raises:
        BeyondLimitsError: with every limit, the number, and the way out.
    """
    violations = [str(violation) for violation in about.limits.judge(changes, about.unit or "objects")]
    if advice.verdict is Verdict.BLOCK:
        violations.append(f"the advice is to block: {advice.summary}")
    if violations:
        listed = "".join(f"\n  - {violation}" for violation in violations)
        done = counted(changes, about.unit)
        raise BeyondLimitsError(f"{done}; nothing was changed, because it is beyond the limits:{listed}")


def counted(changes: Changes, unit: str) -> str:
    """Return what a plan does in one line, with the reason that weighs most.

    `unit` is what it counts, in the plural; empty where it is one object.
    """
    counts = {"create": changes.creates, "update": changes.updates, "delete": changes.deletes}
    parts = [f"{count} to {verb}" for verb, count in counts.items() if count]
    parts += [f"{len(changes.pending)} known at apply"] if changes.pending else []
    worst = f"; {changes.reasons[0]}" if changes.reasons else ""
    of = f" of {changes.before} {unit}" if unit else ""
    return f"{', '.join(parts) or 'nothing to change'}{of}, exposure {changes.exposure}{worst}"
