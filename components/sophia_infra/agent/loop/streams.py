"""Redis between loops on several machines: each step of a run is told in a stream, and wakes one of them at once.

The journal is the record. A step is told after its row, under the row's number as its id, which Redis takes once. So
what is lost with Redis, or told by two loops, costs nothing: whoever is not woken sees the journal's new row.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from sophia_infra import installation
from sophia_infra.agent.execution import Run
from sophia_infra.agent.loop.durable import DurableError

if TYPE_CHECKING:
    import redis

T = TypeVar("T")
_GROUP = "loops"
_MOST = 10_000
"""So many steps a stream keeps, at least."""
_AGAIN = 30.0
"""Seconds until a server that failed is tried again."""
_SECONDS = 2.0


@dataclass(slots=True)
class Streams:
    """The stream of one stack. `tell` is told when the server fails; without a `url` there is none."""

    stack: str
    url: str
    tell: Callable[[str], None]
    name: str = field(default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}")
    _server: Any = field(default=None, init=False)
    _again: float = field(default=0.0, init=False)

    def wait(self, seconds: float, stopping: threading.Event) -> bool:
        """Wait for so long, or until a step is told here that no other loop has taken; return whether one was.

        A step is acknowledged at once: it says where to look, and the journal what to do.
        """
        woken = self._asked(lambda server: self._read(server, seconds))
        if woken is None:
            stopping.wait(seconds)
        return bool(woken)

    def publish(self, runs: Iterable[Run]) -> None:
        """Tell the steps of some runs that were not told yet, in their order."""
        if not self.url:
            return
        steps = sorted((step.sequence, run.id, str(step.row.word)) for run in runs for step in run.steps)
        self._asked(lambda server: self._told(server, steps))

    @property
    def _stream(self) -> str:
        return f"sophia:agent:{self.stack}"

    def _read(self, server: "redis.Redis", seconds: float) -> bool:
        told: Any = server.xreadgroup(_GROUP, self.name, {self._stream: ">"}, _MOST, int(seconds * 1000))
        ids = [each for _, entries in told for each, _ in entries]
        if ids:
            server.xack(self._stream, _GROUP, *ids)
        return bool(ids)

    def _told(self, server: "redis.Redis", steps: Iterable[tuple[int, str, str]]) -> None:
        import redis

        found: Any = server.xinfo_stream(self._stream)
        last = int(found["last-generated-id"].partition("-")[0])
        for sequence, run, word in steps:
            if sequence > last:
                with suppress(redis.ResponseError):  # another loop told it in between
                    server.xadd(self._stream, {"run": run, "word": word}, f"{sequence}-1", _MOST)

    def _asked(self, ask: "Callable[[redis.Redis], T]") -> T | None:
        """Ask the server; None where it can't be asked, which is told, and is tried again after a while."""
        if not self.url or time.monotonic() < self._again:
            return None
        try:
            import redis
        except ImportError:
            told = f"sophia:agent.redis needs redis-py: {installation.command('redis')}"
            raise DurableError(told, field="sophia:agent.redis") from None
        try:
            self._server = self._server or self._connected()
            return ask(self._server)
        except (redis.RedisError, OSError, ValueError) as error:
            self._server, self._again = None, time.monotonic() + _AGAIN
            self.tell(f"Redis can't be asked ({type(error).__name__}), and it goes on without")
            return None

    def _connected(self) -> "redis.Redis":
        import redis

        limits: dict[str, Any] = {"socket_connect_timeout": _SECONDS, "socket_timeout": 2 * _SECONDS, "retry": None}
        server = redis.Redis.from_url(self.url, decode_responses=True, **limits)
        with suppress(redis.ResponseError):  # it is there
            server.xgroup_create(self._stream, _GROUP, "$", mkstream=True)
        return server
