"""What is replied to a sentence: an answer, a plan, or what to say instead. Nothing that is said here approves."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NoReturn

from sophia_infra.agent.chat.session import Session
from sophia_infra.agent.understanding import Kind, Understood
from sophia_infra.agent.understanding.secrecy import announced
from sophia_infra.agent.understanding.tokens import Kind as Of
from sophia_infra.agent.understanding.tokens import scan
from sophia_infra.errors import SophiaError

if TYPE_CHECKING:
    from sophia_infra.agent.execution import Run
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
        data: the same as JSON values: as `Answer.data`, or the `plan`, or the `run` that was asked for.
        run: the run that was asked for, as it stands.
        ends: whether the chat is over.
    """

    text: str
    kind: Kind = Kind.NONE
    intent: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    run: "Run | None" = None
    ends: bool = False

    @property
    def waits(self) -> str:
        """The id of a run that waits for a person's word; empty where none does."""
        return self.run.id if self.run and self.run.state == "waiting" else ""


class Chat:
    """A conversation about one stack: `no, www2` corrects what was said last, and `request` means the last plan.

    With `goes_on` false it is one sentence alone, after which nothing is kept.
    """

    def __init__(self, agent: "SophiaInfrastructureAgent", session: Session, *, goes_on: bool = True) -> None:
        self.agent = agent
        self.session = session
        self._goes_on = goes_on
        self._before: Understood | None = None

    @property
    def strategies(self) -> "tuple[Strategy, ...]":
        """The strategies of the last plan, best first; none without one."""
        from sophia_infra.agent.strategies import Plans

        return Plans(self.agent.runs).at(self.session.plan).strategies if self.session.plan else ()

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
            self.session, self._before = replace(self.session, said=(), plan=""), None
            return Reply("forgotten; runs stay as they are")
        elif word == "/plan" and not rest:
            return self._planned()
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
        if asked.kind != Kind.NONE and not _tells(text, asked):
            self.session = replace(self.session, said=(*self.session.said, text))
        if asked.kind == Kind.CHANGE and not asked.intent.startswith("agent."):
            self.session = replace(self.session, plan="")  # a plan that fails leaves none to be requested
            self.session = replace(self.session, plan=self.agent.plan(asked)[0].plan)
            return replace(self._planned(), intent=asked.intent)
        if asked.kind == Kind.CHANGE:
            what, run = asked.intent.partition(".")[2], next(iter(asked.subjects), "ID")
            return Reply(f"a person does that: sophia agent {what} {run}", Kind.NONE, asked.intent)
        found = self.agent.answer(asked)
        return Reply(found.text, asked.kind, asked.intent, found.data)

    def _planned(self) -> Reply:
        from sophia_infra.agent.strategies import Plans, view

        plans, plan = Plans(self.agent.runs), self._plan()
        other = ", or `request 2`" if len(self.strategies) > 1 else ""
        ask = [f"to ask for approval say `request`{other}"] if self._goes_on else []
        lines = [*view.lines_of(plans, plan), *ask]
        return Reply("\n".join(lines), Kind.CHANGE, data={"plan": view.body_of(plans, plan)})

    def _plan(self) -> str:
        return self.session.plan or _lacks("there is no plan; say what is to be changed")

    def _request(self, number: str) -> Reply:
        """Ask for approval of a strategy; where the level of autonomy gives it, it is carried out."""
        from sophia_infra.agent.execution.view import body_of, next_of
        from sophia_infra.agent.strategies import Plans, view

        at = int(number or 1) if number.isdecimal() or not number else _lacks(f"{number!r} is no number of a strategy")
        asked = self.agent.request(self._plan(), at)
        run = asked.wait()
        left, following = asked.left and f"left to a person: {asked.left}", next_of(run)
        told = (f"{run}: {run.state}{run.why and f': {run.why}'}", left, following and f"next: {following}")
        lines = [*filter(None, told), *view.told_of(Plans(self.agent.runs), self.session.plan)]
        return Reply("\n".join(lines), Kind.CHANGE, "agent.request", {"run": body_of(run)}, run)


def _tells(text: str, asked: Understood) -> bool:
    """Whether a sentence says a secret, or a question has a name or a quote that it is not about: that is not kept."""
    names = [each.text for each in scan(text) if each.kind in (Of.NAME, Of.QUOTE)]
    other = any(not any(name in each for each in asked.subjects) for name in names)
    return bool(announced(text)) or (asked.kind == Kind.READ and other)


def _lacks(told: str) -> NoReturn:
    raise ChatError(told, code="no-plan-said")
