"""Using overrides: what they accept of a plan is told, and journaled before it counts."""

import getpass
from collections.abc import Iterator, Mapping
from dataclasses import replace

from sophia_infra import clock
from sophia_infra.advice import report
from sophia_infra.advice.chain import Kind
from sophia_infra.advice.journal import Journal
from sophia_infra.changes import Changes, Exposure, subject_of
from sophia_infra.changes.overrides import Override
from sophia_infra.dns.zone_inputs import Wanted


def accept(changes: Changes, wanted: Wanted, place: str, journal: Journal) -> Changes:
    """Return changes with the subjects that overrides accept; those without which it would be stopped are journaled.

    Raises:
        JournalError: an override is needed and can't be journaled, so that it must not be used.
    """
    now = clock.now()
    ended = [one for one in wanted.overrides if one.until <= now]
    report.say_each(f"zone {wanted.domain}", [f"the {one} has ended and is ignored; take it out" for one in ended])
    valid = [one for one in wanted.overrides if one.until > now]
    subjects = dict.fromkeys(map(subject_of, changes.reasons))
    accepted = {subject: one for subject in subjects for one in valid if one.accepts(subject)}
    needed = {one: accepted[subject_of(one)] for one in _beyond(changes, wanted) if subject_of(one) in accepted}
    if needed:
        report.say_each(f"zone {wanted.domain}", [f"the {one} accepts: {reason}" for reason, one in needed.items()])
        _record(journal, place, changes.base, needed)
    return replace(changes, accepted=tuple(accepted))


def _beyond(changes: Changes, wanted: Wanted) -> Iterator[str]:
    levels = [str(level) for level in Exposure if level > wanted.limits.max_exposure]
    return (reason for reason in changes.reasons if reason.partition(" ")[0] in levels)


def _record(journal: Journal, place: str, base: str, needed: Mapping[str, Override]) -> None:
    accepted = [{"reason": reason, "until": one.until.isoformat(), "why": one.why} for reason, one in needed.items()]
    body = {"who": _who(), "base": base, "accepted": accepted}
    newest = journal.find(Kind.OVERRIDE, place)
    if newest is None or newest.value != body:
        journal.append(Kind.OVERRIDE, place, body)


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no name in the environment, and none for the user's number
        return "unknown"
