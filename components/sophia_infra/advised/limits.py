"""The gate that every plan passes or not: what overrides accept, the limits, and a verdict that blocks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from sophia_infra import clock
from sophia_infra.advice.approval import user
from sophia_infra.advice.model import Advice, Verdict
from sophia_infra.advised.resource import About
from sophia_infra.advised.this_run import VARIABLE, VERDICT, ThisRun, for_others, this_run, to_accept
from sophia_infra.changes import Changes, Violation, subject_of
from sophia_infra.changes.overrides import Override
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal, Kind, Row
from sophia_infra.reporter import STDERR, Reporter
from sophia_infra.values import listed

_NOTHING = ThisRun()
SHOWN = 5
"""How many of those are named that are not known yet."""


class BeyondLimitsError(SophiaError):
    """A plan that goes beyond the limits, or that is advised to be blocked: nothing was written."""

    code = "beyond-limits"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What is accepted beyond the limits, until when (None for this run only), and why."""

    reason: str
    until: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class OverrideRow(Row):
    """Who used overrides against which base, which is the key if there is one, and what they accept.

    Rows of older releases have the location for their key, and no `place`.
    """

    KIND: ClassVar = Kind.OVERRIDE

    who: str
    base: str
    accepted: tuple[Acceptance, ...]
    place: str = ""


def accept(
    changes: Changes, about: About, journal: Journal, reporter: Reporter = STDERR, advice: Advice | None = None
) -> Changes:
    """Return changes with the subjects that overrides, and this run, accept.

    All without which it would be stopped is told, and journaled before anything counts on it.

    Raises:
        JournalError: something is needed and can't be journaled, so that it must not be used.
        SettingError, OverrideError: what this run is to accept can't be read.
    """
    now, run = clock.now(), this_run(str(about))
    overrides = (*about.overrides, *run.overrides)
    ended = [override for override in overrides if not override.holds(now)]
    reporter.say_each(str(about), [f"the {override} has ended and is ignored; take it out" for override in ended])
    valid = [override for override in overrides if override.holds(now)]
    subjects = dict.fromkeys(map(subject_of, changes.reasons))
    accepted = {subject: override for subject in subjects for override in valid if override.accepts(subject)}
    passed = replace(changes, accepted=tuple(accepted))
    left = {violation.what for violation in violations(passed, about, advice, run)}
    by_run = Override((), None, VARIABLE)
    needed = {
        violation.what: accepted.get(violation.accept, by_run)
        for violation in violations(changes, about, advice)
        if violation.what not in left
    }
    if needed:
        reporter.say_each(str(about), [f"the {override} accepts: {reason}" for reason, override in needed.items()])
        used = tuple(Acceptance(reason, override.until, override.why) for reason, override in needed.items())
        row, key = OverrideRow(user(), changes.base, used, about.location), changes.base or about.location
        newest = journal.last(OverrideRow, key)
        if newest is None or newest.row != row:
            journal.write(key, row)
    return passed


def violations(
    changes: Changes, about: About, advice: Advice | None = None, run: ThisRun = _NOTHING
) -> tuple[Violation, ...]:
    """Return what stops a plan: the limits that it goes beyond, and advice to block it."""
    found = run.over(about.limits).judge(changes, about.unit or "objects")
    if advice is None or advice.verdict is not Verdict.BLOCK or run.blocked:
        return found
    why = f"the advice is to block: {advice.summary}"
    return (*found, Violation("max_verdict", "block", str(Verdict.CAUTION), why, VERDICT))


def refuse_beyond(changes: Changes, advice: Advice, about: About) -> None:
    """Refuse a plan that goes beyond the limits, or whose advice is to block; no order survives it.

    Raises:
        BeyondLimitsError: with every limit, the number, and the way out.
    """
    if beyond := violations(changes, about, advice, this_run(str(about))):
        done = counted(replace(changes, reasons=()), about.unit)
        raise refused(f"{about}: {done}; nothing was changed", beyond, about, "pulumi up", advice=advice.id)


def refused(
    what: str, beyond: Sequence[Violation], about: About, command: str, longer: str = "", advice: str = ""
) -> BeyondLimitsError:
    """Return the refusal of what goes beyond limits, with the command that lets this one run through.

    `longer` says more of how to accept it for longer than that, and `advice` is the id of what is advised on it.
    """
    refusal = f"{what}, because it is beyond the limits:" + "".join(f"\n  - {violation}" for violation in beyond)
    refusal += f"\nwhat is advised: sophia advice show {advice[:12]}" if advice else ""
    refusal += for_others(str(about))
    if not all(violation.accept for violation in beyond):
        return BeyondLimitsError(refusal, field=beyond[0].limit, subject=beyond[0].subject, value=beyond[0].value)
    once = to_accept(str(about), [violation.accept for violation in beyond])
    named = [repr(violation.subject) for violation in beyond if violation.subject not in ("", "@ ANY")]
    day = f"\nuntil a day: accept {', '.join(dict.fromkeys(named))} in an override (docs/limits.md)" if named else ""
    return BeyondLimitsError(
        f"{refusal}\nif it is meant, for this run only: {once} {command}{day}{longer}",
        field=beyond[0].limit,
        subject=beyond[0].subject,
        value=beyond[0].value,
    )


def counted(changes: Changes, unit: str) -> str:
    """Return what a plan does in one line, with the reason that weighs most, and what it can't tell yet.

    `unit` is what it counts, in the plural; empty where it is one object.
    """
    counts = {"create": changes.creates, "update": changes.updates, "delete": changes.deletes}
    parts = [f"{count} to {verb}" for verb, count in counts.items() if count]
    worst = f"; {changes.reasons[0]}" if changes.reasons else ""
    of = f" of {changes.before} {unit}" if unit else ""
    done = f"{', '.join(parts) or 'nothing to change'}{of}"
    if not changes.pending:
        return f"{done}, exposure {changes.exposure}{worst}"
    late = f"unknown until apply: {listed(changes.pending, SHOWN)}"
    return f"{late}; else {done}{f', exposure {changes.exposure}{worst}' if parts else ''}"
