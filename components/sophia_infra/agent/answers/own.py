"""Questions about the agent itself: its runs, what they cost, what bounds it, what is advised, and how it is asked."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

from sophia_infra.agent.answers.question import Question, Row
from sophia_infra.agent.execution import Run, RunError
from sophia_infra.agent.execution.levels import in_force
from sophia_infra.agent.execution.states import ENDED, State
from sophia_infra.agent.execution.view import body_of, next_of, what_of
from sophia_infra.agent.understanding import INTENTS, Kind
from sophia_infra.agent.understanding.lexicon import Part
from sophia_infra.codec import encode

_WEEK = timedelta(days=7)
"""Advice of so long is told where no time is said: each preview of a change has some."""


def _runs(question: Question) -> Iterator[Run]:
    """The run that is asked for, else those of the stack."""
    ids = [subject for subject in question.asked.subjects if " " not in subject]  # the others are times: `7 days`
    return map(question.agent.find, ids) if ids else question.runs()


def _unfinished(question: Question) -> Iterator[Run]:
    """All runs that wait or go on, however old, and those that failed or are not verified."""
    runs = (*question.agent.runs.open(question.agent.stack), *question.runs())
    return (run for run in {run.id: run for run in runs}.values() if run.state not in (*ENDED, State.PROPOSED))


def _row(run: Run) -> Row:
    following = next_of(run)
    why, after = (f" ({run.why})" if run.why else ""), (f"; next: {following}" if following else "")
    return f"{run} of {run.proposal.time:%Y-%m-%d %H:%M}: {run.state}{why}: {what_of(run)}{after}", body_of(run)


def agent_status(question: Question) -> Iterator[Row]:
    """How far runs are: the one that is asked for, else all that were requested and have not ended."""
    yield from map(_row, _runs(question) if question.asked.subjects else _unfinished(question))


def agent_history(question: Question) -> Iterator[Row]:
    """What was done lately, or within the time that is said."""
    yield from map(_row, _runs(question))
    yield question.older("sophia agent history")


def agent_approve_how(question: Question) -> Iterator[Row]:
    """How a person approves, and what waits for that."""
    yield "a person approves on a terminal: sophia agent approve ID; no sentence is an approval", {"by": "a person"}
    yield from (_row(run) for run in _unfinished(question) if run.state is State.WAITING)


def agent_cost(question: Question) -> Iterator[Row]:
    """What models have cost lately, or within the time that is said, by the calls that the journal has."""
    from sophia_infra.advice.claude.budget import Call
    from sophia_infra.advice.claude.usage import total

    since = question.since()
    used = total(question.journal.since(Call, since), since)
    told = {"calls": used.calls, "tokens": used.tokens, "dollars": round(used.cost, 4), "since": encode(since)}
    yield f"{used.calls} calls of models since {since:%Y-%m-%d}, {used.tokens} tokens, ${used.cost:.4f}", told


def agent_help(question: Question) -> Iterator[Row]:
    """How something is asked for: by the verb of the question, else an example of each kind."""
    heard = question.asked.heard.tokens if question.asked.heard else ()
    verbs = {token.concept for token in heard if token.part == Part.CHANGE}
    seen = set[tuple[str, Kind]]()
    for intent in INTENTS:
        topic = intent.name.partition(".")[0]
        if verbs & intent.concepts if verbs else intent.kind != Kind.NONE and (topic, intent.kind) not in seen:
            seen.add((topic, intent.kind))
            yield f"{intent.example}  ({intent.what})", {"intent": intent.name, "example": intent.example}


def agent_limits(question: Question) -> Iterator[Row]:
    """What bounds the agent."""
    settings = question.agent.runs.settings
    level = in_force(question.agent.runs, question.agent.stack)
    yield f"autonomy is {level}: beyond that a person approves each run", {"autonomy": str(level)}
    for name, bounds in (("autonomyLimits", settings.bounds), ("limits", settings.limits)):
        told = encode(bounds)
        said = (f"{key} {_said(value)}" for key, value in told.items() if value not in (None, []))
        yield f"sophia:{name}: {', '.join(said)}", {name: told}


def _said(value: object) -> str:
    return " or ".join(map(str, value)) if isinstance(value, list) else str(value)


def agent_advice(question: Question) -> Iterator[Row]:
    """What was advised in a week, or in the time that is said, with the edits that wait for a person."""
    from sophia_infra.advice.listed import listed
    from sophia_infra.advice.model import Advice

    journal, subjects = question.journal, question.asked.subjects
    for found in listed(journal, journal.since(Advice, question.since(_WEEK)), question.agent.stack):
        of, key = found.subject, found.advice.id
        if not subjects or any(each == of or key.startswith(each) for each in subjects):
            told = {"advice": key, "about": of, "verdict": str(found.advice.verdict), "open_edits": found.waiting}
            yield f"{key[:12]}  {found}", told
    yield question.older("sophia advice list", _WEEK)


def agent_explain(question: Question) -> Iterator[Row]:
    """Why something was decided: of a run each step, of advice its findings."""
    from sophia_infra.advice.approval import find, request_of

    subject, stack = next(iter(question.asked.subjects), ""), question.agent.stack
    with suppress(RunError):
        run = question.agent.find(subject)
        yield _row(run)
        for at, step in ((each.time, each.row) for each in run.steps):
            yield f"  {at:%Y-%m-%d %H:%M}  {step.word} by {step.by}{step.why and f': {step.why}'}", encode(step)
        return
    found = find(question.journal, subject)
    if request_of(question.journal, found).row.facts.get("stack") in (None, stack):
        yield f"{found.id[:12]}  {found.verdict}: {found.summary}", {"advice": found.id, "verdict": str(found.verdict)}
        yield from ((f"  {finding}", encode(finding)) for finding in found.findings)
