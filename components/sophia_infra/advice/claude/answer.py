"""What the model may answer, and how little of it counts: a closed shape, about nothing but what it was shown.

Imported together with the SDK only, which brings pydantic.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from anthropic import transform_schema
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sophia_infra.advice import redaction
from sophia_infra.advice.claude.lack import Lack, NoAnswerError
from sophia_infra.advice.model import Advice, Edit, Finding, Level, Request, Verdict

MAX_ANSWER = 64 * 1024
"""Characters of an answer that are read at all; each text of it is cut as every text from outside is."""
MAX_FINDINGS = 5
MAX_EDITS = 3
Shown = Mapping[str, Sequence[str]]
_Lines = Annotated[list[str], Field(max_length=50)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Finding(_Closed):
    kind: Literal["intent", "plausibility", "risk", "wording"]
    level: Literal["error", "warning", "info"]
    subject: str
    message: str
    fix: str


class _Edit(_Closed):
    op: Literal["add", "remove", "replace"]
    subject: str
    before: _Lines
    after: _Lines
    why: str


class _Answer(_Closed):
    verdict: Literal["approve", "caution", "block"]
    summary: str
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
    shown = shown_in(request)
    return Advice(
        id=request.fingerprint,
        advisor=advisor,
        verdict=Verdict[answer.verdict.upper()],
        summary=redaction.text(answer.summary) or "no summary",
        findings=tuple(_findings(answer.findings, [*shown, request.subject])),
        edits=tuple(_edit(edit, shown) for edit in answer.edits[:MAX_EDITS]),
    )


def shown_in(request: Request) -> Shown:
    """Return what a request shows: the lines of each set, before and after, by its subject."""
    sets = request.facts.get("sets") or ()
    return {str(each["subject"]): [*each["before"], *each["after"]] for each in sets}


def _findings(found: Iterable[_Finding], shown: Collection[str]) -> Iterable[Finding]:
    about = [finding for finding in found if finding.subject in shown][:MAX_FINDINGS]
    for finding in about:
        told = Finding(f"model-{finding.kind}", Level(finding.level), finding.subject, finding.message, finding.fix)
        yield redaction.finding(told)


def _edit(given: _Edit, shown: Shown) -> Edit:
    before, after = ("\n".join(lines) for lines in (given.before, given.after))
    edit = Edit(given.op, given.subject, before, after, "proposed", f"the model: {redaction.text(given.why)}")
    if given.before and edit.kind == given.op and _is_within(edit, shown):
        return edit  # its lines are whole, since they are held against the zone
    subject, before, after = (redaction.text(field) or "" for field in (given.subject, before, after))
    return replace(edit, subject=subject, before=before, after=after, state="rejected")


def _is_within(edit: Edit, shown: Shown) -> bool:
    """Whether an edit is about a set that was shown, touches no other name, and brings no value of its own.

    It may put back what was, take a value away, move one, or change a TTL. A value that stood in no set of that type
    could be one that a text in the zone asks for.
    """
    lines = [*edit.before.split("\n"), *edit.after.split("\n")]
    owners = {subject.partition(" ")[0] for subject in shown}
    return (
        edit.subject in shown
        and all(_is_record(line) and line.partition(" ")[0] in owners for line in filter(None, lines))
        and {_value(line) for line in edit.new} <= {_value(line) for lines in shown.values() for line in lines}
    )


def _is_record(line: str) -> bool:
    """Whether a text is one line of owner, TTL, type and RDATA."""
    return line.isprintable() and len(line.split(" ", 3)) == 4


def _value(line: str) -> tuple[str, ...]:
    """The type and the RDATA of a record line."""
    return tuple(line.split(" ", 3)[2:])
