"""A zone whose risky sets are switched in four steps: lower the TTL, wait, switch, hold and restore it. Pure."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sophia_infra.changes import covers
from sophia_infra.dns.desired import merged, without
from sophia_infra.dns.records import Record, from_text
from sophia_infra.dns.steps import Moment, Stage, Values, advance

_OWNER_GLOB = "[^ ]+"


class Staged(NamedTuple):
    """A zone's text with its staged sets at their steps, the `stages` property, and the lines to show."""

    text: str
    stages: Mapping[str, Any]
    lines: Sequence[str] = ()


def staged(
    live: str, text: str, patterns: Sequence[str], stages: Mapping[str, Any], last: str, moment: Moment
) -> Staged:
    """Return a zone with each set that `patterns` cover (see `changes.covers`) at the step of its switch that is due.

    Args:
        live: canonical text of the live zone.
        text: canonical text of what is asked for.
        patterns: the sets whose switches are staged.
        stages: the `stages` property of the last run.
        last: canonical text that was applied last, empty where nothing was.
        moment: the time.
    """
    asked, served, applied = (_sets(_covered(zone, patterns)) for zone in (text, live, last))
    steps = {}
    for subject, desired in asked.items():
        stage = Stage.from_input(stages[subject]) if subject in stages else None
        last_ttl = applied[subject].ttl if subject in applied else desired.ttl
        steps[subject] = advance(served.get(subject), desired, stage, last_ttl, moment)
    held = {subject: step.publish for subject, step in steps.items() if step.publish != asked[subject]}
    return Staged(
        text=merged(without(text, held), [one for subject, kept in held.items() for one in _records(subject, kept)]),
        stages={subject: step.stage.as_input() for subject, step in steps.items()},
        lines=[*_idle(patterns, asked), *(f"{subject}: {step.line}" for subject, step in steps.items() if step.line)],
    )


def _covered(text: str, patterns: Sequence[str]) -> list[Record]:
    """The records that patterns cover; lines of other owners are passed over by one expression, for large zones."""
    if not patterns:
        return []
    owners = "|".join(_OWNER_GLOB if _is_glob(owner) else re.escape(owner) for owner in map(_owner, patterns))
    found = from_text("".join(re.findall(rf"^(?:{owners}) .*\n", text, re.MULTILINE)))
    return [one for one in found if one.type != "SOA" and any(covers(pattern, one.subject) for pattern in patterns)]


def _owner(pattern: str) -> str:
    return pattern.strip().partition(" ")[0].lower()


def _is_glob(owner: str) -> bool:
    """Whether an owner stands for several; `*` and `*.dev` are wildcards of the zone, and names themselves."""
    is_wildcard = owner == "*" or owner.startswith("*.")
    return not is_wildcard and any(char in owner for char in "*?[")


def _idle(patterns: Sequence[str], asked: Collection[str]) -> Iterator[str]:
    for pattern in patterns:
        if not any(covers(pattern, subject) for subject in asked):
            yield f"staged names {pattern!r}, which is no record of the program's own: nothing is staged by it"


def _sets(records: Iterable[Record]) -> dict[str, Values]:
    sets: dict[str, Values] = {}
    for record in records:
        values, ttl = sets.get(record.subject, (frozenset[str](), 0))
        sets[record.subject] = Values(values | {record.rdata}, max(ttl, record.ttl))
    return sets


def _records(subject: str, published: Values) -> list[Record]:
    owner, _, kind = subject.partition(" ")
    return [Record(owner, published.ttl, kind, rdata) for rdata in published.values]
