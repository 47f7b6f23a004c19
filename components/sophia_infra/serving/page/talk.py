"""A conversation as a page shows it: numbered events, and the picture of plan, approval and runs."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

from anyio import to_thread

from sophia_infra.advice.redaction import line
from sophia_infra.agent.chat import Chat, Reply, Session
from sophia_infra.agent.execution.view import next_of, what_of
from sophia_infra.agent.sophia import SophiaInfrastructureAgent
from sophia_infra.errors import SophiaError
from sophia_infra.serving.http import in_background
from sophia_infra.serving.results import bounded, of_run, of_strategy

_KEPT = 500
PICTURE = "picture"
_RUNS = 5
_LOOKS = 1.0
"""Seconds between two looks at the runs, which other commands may take a step on."""


class Feed:
    """Events in their order; a browser that was away gets those of the newest 500 that it missed."""

    def __init__(self) -> None:
        self._events: deque[tuple[int, str, str]] = deque(maxlen=_KEPT)
        self._more = asyncio.Event()
        self._last = 0

    def put(self, name: str, **data: Any) -> None:
        """Add an event, in the loop's own thread."""
        self._last += 1
        if name == PICTURE:  # an older one is of no use to anybody
            self._events = deque((each for each in self._events if each[1] != PICTURE), _KEPT)
        self._events.append((self._last, name, f"id: {self._last}\nevent: {name}\ndata: {json.dumps(data)}\n\n"))
        self._more.set()
        self._more = asyncio.Event()

    async def since(self, last: int) -> AsyncIterator[str]:
        """Yield the events after a number, as Server-sent events have them, and those to come."""
        while True:
            more = self._more
            for number, _, text in tuple(self._events):
                if number > last:
                    last = number
                    yield text
            await more.wait()


class Talk:
    """One conversation, one sentence at a time; `is_busy` while a reply is being worked on."""

    def __init__(self, agent: SophiaInfrastructureAgent, session: Session) -> None:
        self.feed = Feed()
        self.chat = Chat(replace(agent, tell=self._tell), session)
        self.is_busy = False
        self._picture: dict[str, Any] = {}

    def say(self, text: str) -> bool:
        """Begin to say something; what is replied goes into the feed. False while something else is being said."""
        if self.is_busy:
            return False
        self.is_busy, self._loop = True, asyncio.get_running_loop()
        self._put("you", text)
        self.feed.put("ready", ready=False)
        in_background(lambda: self._reply(text), "chat").add_done_callback(partial(self._later, self._replied))
        return True

    def _replied(self, job: Future[Reply]) -> None:
        self.is_busy = False
        try:
            reply = job.result()
            self._put("ended" if reply.ends else "reply", reply.text, str(reply.kind))
        except (SophiaError, OSError) as error:
            self._put("failed", str(error))
        except Exception:
            self._put("failed", "this failed as nobody expected; why is told where sophia chat runs")
            raise
        finally:
            self.feed.put("ready", ready=True)

    def _reply(self, text: str) -> Reply:
        reply = self.chat.say(text)
        self.chat.session.keep()
        return reply

    def _put(self, name: str, text: str, kind: str = "") -> None:
        self.feed.put(name, **bounded({"lines": text.splitlines(), "kind": kind}))

    async def watch(self) -> None:
        """Put the picture into the feed whenever it is another one."""
        while True:
            picture = await to_thread.run_sync(self._look)
            if picture != self._picture:
                self._picture = picture
                self.feed.put(PICTURE, **picture)
            await asyncio.sleep(_LOOKS)

    def _look(self) -> dict[str, Any]:
        """The picture; each run and strategy is bounded by itself, so that a long one cuts no other."""
        agent = self.chat.agent
        try:
            runs = [
                bounded(of_run(run) | {"summary": what_of(run), "next": next_of(run)})
                for run in islice(agent.runs.of_stack(agent.stack), _RUNS)
            ]
            strategies = [bounded(of_strategy(each)) for each in self.chat.strategies]
        except Exception as error:  # whatever it is, the next look may be better
            expected = isinstance(error, SophiaError | OSError)
            return self._picture | {"problem": line(str(error) if expected else type(error).__name__)}
        return {"stack": line(agent.stack), "strategies": strategies, "runs": runs}

    def _tell(self, text: str) -> None:
        """Tell what takes its time, from the thread of a reply."""
        self._later(partial(self.feed.put, "working", text=line(text)))

    def _later(self, call: Callable[..., None], *given: Any) -> None:
        """Call something in the loop's own thread; nobody does once the page is gone."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *given)
