"""What a zone will answer once a run has applied it, for what stands beside it in the program: a certificate."""

from collections.abc import Iterable
from typing import Any

from sophia_infra.codec import encode
from sophia_infra.dns.renewals import LABELS
from sophia_infra.dns.rr.rtype import ALIAS
from sophia_infra.dns.zone.names import LazyNames
from sophia_infra.probes.addresses import TYPES, Answer, Question

ASK = "ask"
"""Stands in place of an answer where aliases lead out of the zone: the name that is to be asked about instead."""
_PROOFS = tuple(f"{label}." for label in LABELS.values())
NOT_YET = Answer(why="it is known at the apply")


def foretold(zone: LazyNames, questions: Iterable[Question], *, is_whole: bool) -> dict[str, Any]:
    """Return what the zone will answer, by `name TYPE`, as JSON: an `Answer`, or `{ASK: name}`.

    What another zone answers is left out; so is, of a zone that is not `is_whole` the program's, what it says nothing
    of.
    """
    found = {" ".join(question): answer_of(zone, question) for question in questions}
    return {
        question: {ASK: answer} if isinstance(answer, str) else _brief(answer)
        for question, answer in found.items()
        if answer is not None and (is_whole or answer != Answer())
    }


def _brief(answer: Answer) -> dict[str, Any]:
    return {name: value for name, value in encode(answer).items() if value}


def answer_of(zone: LazyNames, question: Question) -> Answer | str | None:
    """Return what the zone answers, or the name of another zone that aliases lead to; None where another answers."""
    asked = zone.relative(question.name)
    if asked is None:
        return None
    is_proof = question.name.startswith(_PROOFS)  # it is written there, whatever a wildcard answers until then
    passed, beyond, cut, is_ring = zone.trail(asked, written=is_proof)
    if is_ring:
        return Answer(why="its aliases go in a circle")
    if beyond:
        return None if cut and len(passed) == 1 else beyond
    source = passed[-1] if is_proof else zone.source(passed[-1])
    types = zone.types(source)
    if zone.is_pending(source, question.type) or "CNAME" in types or (ALIAS in types and question.type in TYPES):
        return NOT_YET
    return Answer(tuple(sorted(zone.values(source, question.type))), chain=passed[1:])
