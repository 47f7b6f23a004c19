"""What a zone will answer once a run has applied it, for what stands beside it in the program: a certificate."""

from collections.abc import Iterable, Sequence
from typing import Any

from sophia_infra.codec import encode
from sophia_infra.dns.rr.rtype import ALIAS
from sophia_infra.dns.zone.names import LazyNames
from sophia_infra.probes.addresses import TYPES, Answer, Question

ASK = "ask"
"""Stands in place of an answer where aliases lead out of the zone: the name that is to be asked about instead."""
NOT_YET = Answer(why="it is known at the apply")


def foretold(
    zone: LazyNames, pending: Sequence[str], questions: Iterable[Question], *, is_whole: bool
) -> dict[str, Any]:
    """Return what the zone will answer, by `name TYPE`, as JSON: an `Answer`, or `{ASK: name}`.

    What another zone answers is left out; so is, of a zone that is not `is_whole` the program's, what it says nothing
    of. `pending` are the subjects whose data is not known yet.
    """
    found = {question: _answer(zone, pending, question) for question in questions}
    told = {question: answer for question, answer in found.items() if answer is not None}
    silent = {} if is_whole else {question for question, answer in told.items() if answer == Answer()}
    return {
        " ".join(question): {ASK: answer} if isinstance(answer, str) else _brief(answer)
        for question, answer in told.items()
        if question not in silent
    }


def _brief(answer: Answer) -> dict[str, Any]:
    return {name: value for name, value in encode(answer).items() if value}


def _answer(zone: LazyNames, pending: Sequence[str], question: Question) -> Answer | str | None:
    name, passed = question.name, list[str]()
    while (owner := zone.relative(name)) is not None and owner not in passed and not _is_beyond(zone, owner):
        passed.append(owner)
        source = zone.source(owner)
        types = zone.types(source)
        if f"{source} {question.type}" in pending or (ALIAS in types and question.type in TYPES):
            return NOT_YET
        if "CNAME" not in types or question.type == "CNAME":
            return Answer(tuple(sorted(zone.values(source, question.type))), chain=tuple(passed[1:]))
        if not (targets := zone.values(source, "CNAME")):
            return NOT_YET
        name = targets[0]
    return (name if passed else None) if owner not in passed else Answer(why="its aliases go in a circle")


def _is_beyond(zone: LazyNames, owner: str) -> bool:
    return zone.cut_above(owner) is not None or (owner != "@" and "NS" in zone.types(owner))
