"""Using overrides: what they accept of a plan is told, and journaled before it counts."""

import getpass
from collections.abc import Iterator, Mapping
from dataclasses import replace

from sophia_infra import clock
from sophia_infra.advice.report import STDERR, Reporter
from sophia_infra.advised.resource import About
from sophia_infra.advised.rows import OverrideRow
from sophia_infra.changes import Changes, Exposure, Limits, subject_of
from sophia_infra.changes.overrides import Override
from sophia_infra.journal import Journal


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
    beyond = _beyond(changes, about.limits)
    needed = {reason: accepted[subject_of(reason)] for reason in beyond if subject_of(reason) in accepted}
    if needed:
        reporter.say_each(str(about), [f"the {override} accepts: {reason}" for reason, override in needed.items()])
        _record(journal, about.location, changes.base, needed)
    return replace(changes, accepted=tuple(accepted))


def _beyond(changes: Changes, limits: Limits) -> Iterator[str]:
    levels = [str(level) for level in Exposure if level > limits.max_exposure]
    return (reason for reason in changes.reasons if reason.partition(" ")[0] in levels)


def _record(journal: Journal, location: str, base: str, needed: Mapping[str, Override]) -> None:
    accepted = tuple((reason, override.until, override.why) for reason, override in needed.items())
    row = OverrideRow(_who(), base, accepted)
    newest = journal.last(OverrideRow, location)
    if newest is None or newest.row != row:
        journal.write(location, row)


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no name in the environment, and none for the user's number
        return "unknown"
