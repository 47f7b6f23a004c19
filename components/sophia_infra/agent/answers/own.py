"""Questions about the agent itself: its runs, what they cost, what bounds it, what is advised, and how it is asked."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from sophia_infra.agent.answers.question import Question, Row
from sophia_infra.agent.execution import Run, RunError
from sophia_infra.agent.execution.levels import in_force
from sophia_infra.agent.execution.states import ENDED, State
from sophia_infra.agent.execution.telling import body_of, next_of, what_of
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
    agent = question.agent
    found = {run.id: run for run in (*agent.runs.open(agent.stack), *question.runs())}
    return (run for run in found.values() if run.state not in (*ENDED, State.PROPOSED))


def _row(run: Run) -> Row:
    following = next_of(run)
    why, after = (f" ({run.why})" if run.why else ""), (f"; next: {following}" if following else "")
    return f"{run} of {run.proposal.time:%Y-%m-%d %H:%M}: {run.state}{why}: {what_of(run)}{after}", body_of(run)


def _before(since: datetime, command: str) -> Row:
    return f"of before {since:%Y-%m-%d}: {command}", {"since": encode(since)}


def agent_status(question: Question) -> Iterator[Row]:
    """How far runs are: the one that is asked for, else all that were requested and have not ended."""
    yield from map(_row, _runs(question) if question.asked.subjects else _unfinished(question))


def agent_history(question: Question) -> Iterator[Row]:
    """What was done lately, or within the time that is said."""
    yield from map(_row, _runs(question))
    yield _before(question.since(), "sophia agent history")


def agent_approve_how(question: Question) -> Iterator[Row]:
    """How a person approves, and what waits for that."""
    yield "a person approves on a terminal: sophia agent approve ID; no sentence is an approval", {"by": "a person"}
    yield from (_row(run) for run in _unfinished(question) if run.state is State.WAITING)


def agent_cost(question: Question) -> Iterator[Row]:
    """What models have cost lately, or within the time that is said, by the calls that the journal has."""
    from sophia_infra.advice.claude.budget import Call
    from sophia_infra.advice.claude.usage import summed

    since = question.since()
    used = summed(question.journal.since(Call, since))
    calls, tokens = sum(each.calls for each in used), sum(each.tokens for each in used)
    dollars = round(sum(each.cost for each in used), 4)
    told = {"calls": calls, "tokens": tokens, "dollars": dollars, "since": encode(since)}
    yield f"{calls} calls of models since {since:%Y-%m-%d}, {tokens} tokens, ${dollars:.4f}", told


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
    from sophia_infra.advice.approval import open_edits
    from sophia_infra.advice.model import Advice, Request

    subjects, since = question.asked.subjects, question.since(_WEEK)
    for found in question.journal.since(Advice, since):
        request = question.journal.last(Request, found.row.id, foreign=True)
        about = request.row.subject if request else ""
        if request and request.row.facts.get("stack") not in (None, question.agent.stack):
            continue
        if subjects and not any(about == each or found.row.id.startswith(each) for each in subjects):
            continue
        waiting = len(open_edits(question.journal, found.row))
        told = {"advice": found.row.id, "about": about, "verdict": str(found.row.verdict), "open_edits": waiting}
        edits = f"; {waiting} edits wait for a person" if waiting else ""
        yield f"{found.row.id[:12]}  {about}  {found.row.verdict}: {found.row.summary}{edits}", told
    yield _before(since, "sophia advice list")


def agent_explain(question: Question) -> Iterator[Row]:
    """Why something was decided: of a run each step, of advice its findings."""
    from sophia_infra.advice.approval import find, request_of

    subject, stack = next(iter(question.asked.subjects), ""), question.agent.stack
    with suppress(RunError):
        run = question.agent.find(subject)
        yield _row(run)
        for step in run.steps:
            why = f": {step.row.why}" if step.row.why else ""
            yield f"  {step.time:%Y-%m-%d %H:%M}  {step.row.word} by {step.row.by}{why}", encode(step.row)
        return
    found = find(question.journal, subject)
    if request_of(question.journal, found).row.facts.get("stack") in (None, stack):
        yield f"{found.id[:12]}  {found.verdict}: {found.summary}", {"advice": found.id, "verdict": str(found.verdict)}
        yield from ((f"  {finding}", encode(finding)) for finding in found.findings)
