"""What is replied to a sentence: an answer, a plan, or what to say instead. Nothing that is said here approves."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sophia_infra.agent.chat.session import Session
from sophia_infra.agent.understanding import Kind, Understood
from sophia_infra.errors import SophiaError

if TYPE_CHECKING:
    from sophia_infra.agent.sophia import SophiaInfrastructureAgent
    from sophia_infra.agent.strategies import Strategy

COMMANDS: Mapping[str, str] = {
    "/plan": "the plan as it stands, or a plan for what is said after it",
    "/request": "ask for approval of the plan, or of the strategy whose number is said after it; so does `request`",
    "/status": "how far runs are, or the one that is named",
    "/approve-how": "how a person approves",
    "/cost": "what models have cost",
    "/clear": "forget what was said and planned",
    "/help": "what may be said",
    "/exit": "leave",
}
"""What begins with a slash, and what it does."""
_SENTENCES = {
    "/status": "what is the status {}",
    "/approve-how": "how do I approve {}",
    "/cost": "what did that cost",
    "/help": "help {}",
}
"""The commands that are questions."""


class ChatError(SophiaError):
    """A command of a chat that there is not, or that nothing is there for."""

    code = "chat"


@dataclass(frozen=True, slots=True)
class Reply:
    """What is replied.

    Attributes:
        text: lines for people.
        kind, intent: how the sentence was understood.
        data: the same as JSON values: as `Answer.data`, or the `strategies` of a plan, or the `run` that was asked for.
        waits: the id of a run that waits for a person's word; empty where none does.
        ends: whether the chat is over.
    """

    text: str
    kind: Kind = Kind.NONE
    intent: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    waits: str = ""
    ends: bool = False


class Chat:
    """A conversation about one stack: `no, www2` corrects what was said last, and `request` means the last plan."""

    def __init__(self, agent: "SophiaInfrastructureAgent", session: Session) -> None:
        self.agent = agent
        self.session = session
        self.strategies: Sequence[Strategy] = ()
        self._before: Understood | None = None

    def say(self, text: str) -> Reply:
        """Return the reply to a sentence or a command.

        Raises:
            SophiaError, OSError: as the agent's `understand`, `answer`, `plan` and `request`; ChatError as said there.
        """
        word, _, rest = text.strip().partition(" ")
        if word in _SENTENCES:
            text = _SENTENCES[word].format(rest.strip()).strip()
        elif word == "/exit":
            return Reply("", ends=True)
        elif word == "/clear":
            self.session, self.strategies, self._before = replace(self.session, said=(), runs=()), (), None
            return Reply("forgotten; runs stay as they are")
        elif word == "/plan" and not rest:
            return _planned(self.strategies)
        elif word == "/request" or (word == "request" and (not rest or rest.isdecimal())):
            return self._request(rest.strip())
        elif word.startswith("/") and word != "/plan":
            raise ChatError(f"there is no {word}; say one of {', '.join(COMMANDS)}", field=word)
        return self._understood(rest if word == "/plan" else text)

    def _understood(self, text: str) -> Reply:
        self.agent = replace(self.agent)  # which reads the state anew: a chat outlives many changes
        if self._before is None and self.session.said:
            self._before = self.agent.understand(self.session.said[-1])
        asked = self.agent.understand(text, self._before)
        self._before = asked
        if asked.kind != Kind.NONE:
            self.session = replace(self.session, said=(*self.session.said, text))
        if asked.kind == Kind.CHANGE and not asked.intent.startswith("agent."):
            corrected = self.agent.understand(text) != asked
            self.strategies = self.agent.plan(asked.operations if corrected else text)
            self.session = replace(
                self.session, runs=tuple(each.stages[0].run for each in self.strategies if each.stages)
            )
            return replace(_planned(self.strategies), intent=asked.intent)
        if asked.kind == Kind.CHANGE:
            what, run = asked.intent.partition(".")[2], next(iter(asked.subjects), "ID")
            return Reply(f"a person does that: sophia agent {what} {run}", Kind.NONE, asked.intent)
        found = self.agent.answer(asked)
        return Reply(found.text, asked.kind, asked.intent, found.data)

    def _request(self, number: str) -> Reply:
        """Ask for approval of a strategy; where the level of autonomy gives it, it is carried out."""
        from sophia_infra.agent.execution import State
        from sophia_infra.agent.execution.telling import body_of, next_of

        runs, at = self.session.runs, int(number or 1) if number.isdecimal() or not number else 0
        if not 0 < at <= len(runs) or not runs[at - 1]:
            told = f"there is no plan {number}".strip() + " that could be carried out; say what is to be changed first"
            raise ChatError(told, code="no-plan-said", value=number)
        run = self.agent.request(runs[at - 1]).wait()
        following = next_of(run)
        lines = [f"{run}: {run.state}{run.why and f': {run.why}'}", *([f"next: {following}"] if following else [])]
        waits = run.id if run.state is State.WAITING else ""
        return Reply("\n".join(lines), Kind.CHANGE, "agent.request", {"run": body_of(run)}, waits)


def _planned(strategies: "Sequence[Strategy]") -> Reply:
    from sophia_infra.codec import encode

    if not strategies:
        raise ChatError("there is no plan; say what is to be changed", code="no-plan-said")
    lines = [line for each in strategies for line in _told(each)]
    lines.append("nothing is changed; say `request`, or `request 2`, to ask for approval")
    return Reply("\n".join(lines), Kind.CHANGE, data={"strategies": encode(strategies)})


def _told(strategy: "Strategy") -> Iterator[str]:
    yield f"strategy {strategy.number}: {strategy.title}; exposure {strategy.exposure}, advice {strategy.standing}"
    for stage in strategy.stages:
        wait = f", after {stage.wait} s" if stage.wait else ""
        yield f"  {stage.title}{wait}{f', run {stage.run}' if stage.run else ''}"
        yield from (f"    {line}" for line in stage.diff.splitlines())
    yield from (f"  {note}" for note in strategy.notes)
    yield from (f"  not done: {each}" for each in strategy.not_done)
