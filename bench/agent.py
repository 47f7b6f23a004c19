"""What an agent takes beside its model: to construct one, to run it, to run it with a call of a tool, to import it.

Both sides have a model in this process and one tool; ours has its limits, its check of arguments and its journal on.
"""

import json
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.figures import Compare, Figure
from bench.timing import all_in_turn, variables
from sophia_infra.advice.claude.prices import Usage
from sophia_infra.agent.runtime import Agent, Effect, Event, Limits, Message, Reply, Tool, ToolCall, tool

CONSTRUCT, RUN, CALL, IMPORT = 11.2 / 3, 239 / 100, 573 / 200, 449 / 100
"""How many times faster ours is to be: what Agno 3.1.10 took on a quiet machine, in us and ms, against our bounds."""
_ASKED, _CITY = "What is the weather?", {"city": "Tokyo"}
_OURS = "from sophia_infra.agent.runtime import Agent"
_USED = Usage(100, 20)


def weather(city: str) -> str:
    """Return the weather of a city."""
    return f"It is sunny in {city}"


@dataclass
class Mock:
    """Answers at once; where it `calls`, it has the tool called first, and answers with what that returned."""

    calls: tuple[ToolCall, ...]

    def reply(self, instructions: str, talk: Sequence[Message], tools: Sequence[Tool], seconds: float) -> Reply:
        last = talk[-1]
        if isinstance(last, tuple):
            return Reply(json.loads(last[0].text), usage=_USED)
        return Reply(calls=self.calls, usage=_USED) if self.calls else Reply(str(last), usage=_USED)


def figures(folder: Path, _size: int, rounds: int) -> list[Figure]:
    """Construct, run, run with a call and import in turn; a sample is the mean of many."""
    from bench.peers import agno  # its import takes half a second

    arguments = json.dumps(_CITY)
    plain = _made(calls=False), agno.made(weather, arguments, calls=False)
    calling = _made(calls=True), agno.made(weather, arguments, calls=True)
    ran = [(partial(_answer, ours()), partial(agno.answer, other(), _ASKED)) for ours, other in (plain, calling)]
    for sides, answer in zip(ran, (_ASKED, weather(**_CITY)), strict=True):
        if {side() for side in sides} != {answer}:
            raise RuntimeError(f"the two sides do not both answer {answer!r}")
    return [
        _figure("an agent constructed, against Agno", plain, 2_000, rounds, CONSTRUCT),
        _figure("its run, one answer", ran[0], 200, rounds, RUN),
        _figure("its run, with a call of a tool", ran[1], 100, rounds, CALL),
        _import(agno.SOURCE, folder, rounds),
    ]


def _made(*, calls: bool) -> Callable[[], Agent]:
    """Return what constructs an agent with one tool, whose journal keeps the last events."""
    tools, limits, kept = [tool(Effect.READ)(weather)], Limits(), deque[Event](maxlen=100)
    model = Mock((ToolCall("1", "weather", _CITY),) if calls else ())
    return lambda: Agent("bench", tools, model, limits, journal=kept.append)


def _answer(agent: Agent) -> str:
    return [event.text for event in agent.run(_ASKED)][-1]


def _figure(
    name: str, sides: tuple[Callable[[], object], Callable[[], object]], often: int, rounds: int, target: float
) -> Figure:
    pairs = [[_mean(side, often) for side in sides] for _ in range(rounds + 1)]
    ours, other = zip(*pairs[1:], strict=True)  # the first does not count
    return Figure(name, "us", ours, other, Compare.FASTER, target)


def _mean(deed: Callable[[], object], often: int) -> float:
    """The processor time of one deed, in microseconds: what else the machine does says nothing of it."""
    began = time.process_time()
    for _ in range(often):
        deed()
    return (time.process_time() - began) / often * 1e6


def _import(source: str, folder: Path, rounds: int) -> Figure:
    """Start Python in turn with nothing, ours and Agno imported; what nothing takes is taken off."""
    sides = {"bare": "pass", "ours": _OURS, "other": source}
    taken = all_in_turn({name: partial(_start, folder, program) for name, program in sides.items()}, rounds)
    bare, ours, other = (taken[name].wall for name in sides)
    net = [tuple((wall - none) * 1e3 for wall, none in zip(side, bare, strict=True)) for side in (ours, other)]
    return Figure("its import, on top of Python", "ms", net[0], net[1], Compare.FASTER, IMPORT)


def _start(folder: Path, program: str) -> None:
    subprocess.run([sys.executable, "-c", program], env=os.environ | variables(folder / "cache"), check=True)
