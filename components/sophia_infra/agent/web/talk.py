"""A conversation as a page shows it: numbered events, and the picture of plan, approval and runs."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

from anyio import from_thread, to_thread

from sophia_infra.agent.chat import Chat, Session
from sophia_infra.agent.execution.telling import body_of, lines_of, next_of
from sophia_infra.agent.results import bounded, of_strategy
from sophia_infra.agent.sophia import SophiaInfrastructureAgent
from sophia_infra.errors import SophiaError

_KEPT = 500
_RUNS = 5
_LOOKS = 1.0
"""Seconds between two looks at the runs, which other commands may take a step on."""


class Feed:
    """Events in their order; a browser that was away gets those of the newest 500 that it missed."""

    def __init__(self) -> None:
        self._events: deque[tuple[int, str]] = deque(maxlen=_KEPT)
        self._more = asyncio.Event()
        self._last = 0

    def put(self, name: str, **data: Any) -> None:
        """Add an event, in the loop's own thread."""
        self._last += 1
        text = f"id: {self._last}\nevent: {name}\ndata: {json.dumps(bounded(data))}\n\n"
        self._events.append((self._last, text))
        self._more.set()
        self._more = asyncio.Event()

    async def since(self, last: int) -> AsyncIterator[str]:
        """Yield the events after a number, as Server-sent events have them, and those to come."""
        while True:
            more = self._more
            for number, text in tuple(self._events):
                if number > last:
                    last = number
                    yield text
            await more.wait()


class Talk:
    """One conversation, one sentence at a time."""

    def __init__(self, agent: SophiaInfrastructureAgent, session: Session) -> None:
        self.feed = Feed()
        self.chat = Chat(replace(agent, tell=self._tell), session)
        self._picture: dict[str, Any] = {}
        self._saying: asyncio.Task[None] | None = None

    def say(self, text: str) -> bool:
        """Begin to say something; what is replied goes into the feed. False while something else is being said."""
        if self._saying and not self._saying.done():
            return False
        self._saying = asyncio.create_task(self._say(text))
        return True

    async def _say(self, text: str) -> None:
        self.feed.put("you", lines=text.splitlines())
        self.feed.put("ready", ready=False)
        try:
            reply = await to_thread.run_sync(self.chat.say, text)
            await to_thread.run_sync(self.chat.session.keep)
            self.feed.put("ended" if reply.ends else "reply", lines=reply.text.splitlines(), kind=str(reply.kind))
        except (SophiaError, OSError) as error:
            self.feed.put("failed", lines=str(error).splitlines())
        except Exception:
            self.feed.put("failed", lines=["this failed as nobody expected; why is told where sophia chat runs"])
            raise
        finally:
            self.feed.put("ready", ready=True)

    async def watch(self) -> None:
        """Put the picture into the feed whenever it is another one."""
        while True:
            picture = await to_thread.run_sync(self._look)
            if picture != self._picture:
                self._picture = picture
                self.feed.put("picture", **picture)
            await asyncio.sleep(_LOOKS)

    def _look(self) -> dict[str, Any]:
        agent = self.chat.agent
        try:
            newest = islice(agent.runs.of_stack(agent.stack), _RUNS)
            runs = [
                body_of(run) | {"summary": run.advice.summary, "next": next_of(run), "lines": [*lines_of(run)]}
                for run in newest
            ]
        except (SophiaError, OSError) as error:
            return self._picture | {"problem": str(error)}
        return {"stack": agent.stack, "strategies": [of_strategy(each) for each in self.chat.strategies], "runs": runs}

    def _tell(self, line: str) -> None:
        from_thread.run_sync(partial(self.feed.put, "working", text=line))
