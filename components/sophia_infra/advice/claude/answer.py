"""What the model may answer, and how little of it counts: a closed shape, about nothing but what it was shown.

Imported together with the SDK only, which brings pydantic.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from anthropic import transform_schema
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from sophia_infra.advice import redaction
from sophia_infra.advice.claude.lack import Lack, NoAnswerError
from sophia_infra.advice.model import Advice, Edit, Finding, Level, Request, Verdict

MAX_ANSWER = 64 * 1024
"""Characters of an answer that are read at all."""
MAX_FINDINGS = 5
MAX_EDITS = 3
_Text = Annotated[str, StringConstraints(max_length=4096)]
_Lines = Annotated[list[_Text], Field(max_length=50)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Finding(_Closed):
    kind: Literal["intent", "plausibility", "risk", "wording"]
    level: Literal["error", "warning", "info"]
    subject: _Text
    message: _Text
    fix: _Text


class _Edit(_Closed):
    op: Literal["add", "remove", "replace"]
    subject: _Text
    before: _Lines
    after: _Lines
    why: _Text


class _Answer(_Closed):
    verdict: Literal["approve", "caution", "block"]
    summary: _Text
    findings: list[_Finding]
    edits: list[_Edit]


SCHEMA: dict[str, Any] = transform_schema(_Answer)
"""The JSON schema that the API holds the answer to; what comes back is held to it here as well."""


def read(text: str, request: Request, advisor: str) -> Advice:
    """Return an answer as advice: its findings and edits that are about what the request showed, bounded.

    A finding about something else is left out. An edit of something else is kept as `rejected`.

    Raises:
        NoAnswerError: it has not the shape that was asked for.
    """
    if len(text) > MAX_ANSWER:
        raise NoAnswerError(Lack.INVALID, f"its answer is longer than {MAX_ANSWER} characters")
    try:
        answer = _Answer.model_validate_json(text)
    except ValidationError as error:
        raise NoAnswerError(Lack.INVALID, f"its answer has {error.error_count()} faults of shape") from None
    shown = subjects(request)
    return Advice(
        id=request.fingerprint,
        advisor=advisor,
        verdict=Verdict[answer.verdict.upper()],
        summary=redaction.text(answer.summary) or "no summary",
        findings=tuple(_findings(answer.findings, {*shown, request.subject})),
        edits=tuple(_edit(edit, shown) for edit in answer.edits[:MAX_EDITS]),
    )


def subjects(request: Request) -> frozenset[str]:
    """Return the record sets that a request shows, each as `owner type`."""
    return frozenset(str(shown.get("subject")) for shown in request.facts.get("sets") or ())


def _findings(found: Iterable[_Finding], shown: frozenset[str] | set[str]) -> Iterable[Finding]:
    about = [finding for finding in found if finding.subject in shown][:MAX_FINDINGS]
    for finding in about:
        told = Finding(f"model-{finding.kind}", Level(finding.level), finding.subject, finding.message, finding.fix)
        yield redaction.finding(told)


def _edit(given: _Edit, shown: frozenset[str]) -> Edit:
    owners = {subject.partition(" ")[0] for subject in shown}
    lines = [*given.before, *given.after]
    within = given.subject in shown and given.before and all(line.partition(" ")[0] in owners for line in lines)
    # An edit that counts has its lines whole: they are held against the zone. Another one is only looked at.
    kept = str if within else lambda line: redaction.text(line) or ""
    return Edit(
        op=given.op,
        subject=redaction.text(given.subject) or "",
        before="\n".join(map(kept, given.before)),
        after="\n".join(map(kept, given.after)),
        state="proposed" if within else "rejected",
        why=redaction.text(given.why) or "",
    )
