"""The loop: the model replies, its tools are called, their results go back, until it answers or a limit ends it."""

import json
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sophia_infra.advice.claude.lack import NoAnswerError
from sophia_infra.agent.runtime.limits import DEFAULT, Limits, Stop, Used
from sophia_infra.agent.runtime.model import Message, Model, Reply, Result, ToolCall
from sophia_infra.agent.runtime.tools import Tool
from sophia_infra.codec import quoted
from sophia_infra.errors import SophiaError
from sophia_infra.values import known_are


class Happened(StrEnum):
    """What an event tells of; a run ends with ANSWERED or STOPPED."""

    ASKED = "asked"
    CALLED = "called"
    RETURNED = "returned"
    ANSWERED = "answered"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a run.

    Attributes:
        text: what was asked, returned, answered, or why the run stopped.
        call: the call, of CALLED and RETURNED.
        failed: whether a call came to nothing; the text says why.
        stop: why the run ended without an answer.
        used: what the run has used, of its last event.
    """

    what: Happened
    text: str = ""
    call: ToolCall | None = None
    failed: bool = False
    stop: Stop | None = None
    used: Used | None = None


@dataclass(frozen=True, slots=True)
class Agent:
    """A model with instructions and tools, within limits.

        agent = Agent("lookup", [names.on(stack)], model, instructions="Find the name that is meant.")
        for event in agent.run("the shop's web server"):
            print(event.what, event.text)

    Attributes:
        name: whom events and journals tell of.
        tools: what it may call; each reads or proposes.
        model: None has every run stop at once.
        limits: of one run.
        instructions: what the model is told ahead of all.
        journal: is handed each event before it is given out.
    """

    name: str
    tools: Sequence[Tool] = ()
    model: Model | None = None
    limits: Limits = DEFAULT
    instructions: str = ""
    journal: Callable[[Event], None] | None = None

    def run(self, text: str) -> Iterator[Event]:
        """Yield what happens, as it happens. Whoever stops reading stops the run."""
        for event in self._events(text):
            if self.journal:
                self.journal(event)
            yield event

    def _events(self, text: str) -> Iterator[Event]:
        yield Event(Happened.ASKED, text)
        used, seen = Used(), set[str]()
        talk: list[Message] = [text]
        tools = {tool.name: tool for tool in self.tools}
        while self.model and not (stop := used.beyond(self.limits)):
            try:
                reply = self.model.reply(self.instructions, talk, self.tools, self.limits.seconds - used.seconds)
            except NoAnswerError as error:
                yield Event(Happened.STOPPED, str(error), stop=Stop.NO_ANSWER, used=used)
                return
            used.add(reply)
            if not reply.calls:
                yield self._answered(reply, used)
                return
            if stop := self._against(reply.calls, used, seen):
                break
            talk += [reply, (yield from self._results(reply.calls, tools, used))]
        yield self._stopped(stop if self.model and stop else Stop.NO_MODEL, used)

    def _answered(self, reply: Reply, used: Used) -> Event:
        if len(reply.text) > self.limits.answer:
            return self._stopped(Stop.ANSWER, used)
        return Event(Happened.ANSWERED, reply.text, used=used)

    def _stopped(self, stop: Stop, used: Used) -> Event:
        told = _TOLD.get(stop) or f"{self.name} is stopped by its limit of {getattr(self.limits, stop)} {stop}"
        return Event(Happened.STOPPED, told, stop=stop, used=used)

    def _against(self, calls: Sequence[ToolCall], used: Used, seen: set[str]) -> Stop | None:
        """Return why calls are not made, and none of them is; None where they are."""
        keys = [f"{call.name} {json.dumps(call.arguments, sort_keys=True)}" for call in calls]
        if len(set(keys)) < len(keys) or seen.intersection(keys):
            return Stop.REPEATED
        if used.calls + len(calls) > self.limits.calls:
            return Stop.CALLS
        seen.update(keys)
        used.calls += len(calls)
        return None

    def _results(
        self, calls: Sequence[ToolCall], tools: Mapping[str, Tool], used: Used
    ) -> Generator[Event, None, Message]:
        results = []
        for call in calls:
            yield Event(Happened.CALLED, call=call)
            results.append(result := self._result(call, tools, used))
            yield Event(Happened.RETURNED, result.text, call, result.failed)
        return tuple(results)

    def _result(self, call: ToolCall, tools: Mapping[str, Tool], used: Used) -> Result:
        if used.seconds >= self.limits.seconds:
            return Result(call, quoted("there is no time left"), failed=True)
        try:
            if tool := tools.get(call.name):
                return Result(call, tool.shown(tool(call.arguments), self.limits.result))
            told = f"there is no such tool; {known_are(str(call.name), list(tools))}"
        except SophiaError as error:
            told = str(error)
        except Exception as error:  # a fault of one tool ends no run, and its text may hold anything
            told = f"the tool failed ({type(error).__name__})"
        return Result(call, quoted(told)[: self.limits.result], failed=True)


_TOLD = {
    Stop.NO_MODEL: "no model is configured",
    Stop.REPEATED: "the model wants the same call again, which has the same result",
}
