"""A round of probes: all targets at once, within one budget of time."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import NamedTuple, TypeVar

AT_ONCE = 32
"""How many tasks, such as probes of targets, run at the same time."""
BUDGET = 5.0
"""Seconds that all probes of a round may take together; what is not known by then is not told."""


@dataclass(frozen=True, slots=True)
class Check:
    """How a target shows that it is healthy.

    Attributes:
        kind: `tcp`, `http`, `https` or `dns`; see `kinds`.
        port: where the target listens.
        host: the name that is asked for: in HTTP's `Host`, in TLS, and of DNS the zone.
        path: what HTTP asks for.
        status: the HTTP statuses that are well.
        body: text that the first 64 KiB of an HTTP answer hold; empty for any answer.
        timeout: seconds for one target.
    """

    kind: str
    port: int
    host: str
    path: str
    status: tuple[int, ...]
    body: str
    timeout: float


class Probe(NamedTuple):
    """One target to probe; `key` names it among all of a round."""

    key: str
    target: str
    check: Check


Run = Callable[[str, Check], str]
Answers = dict[str, str]
"""What was wrong with each target that was probed in time, by its key; empty where nothing was."""
_Key = TypeVar("_Key")
_Found = TypeVar("_Found")


def words(error: Exception, seconds: float) -> str:
    """Return in a few words why a probe of so many seconds has failed."""
    if isinstance(error, TimeoutError):
        return f"no answer within {seconds:g} s"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def probe_all(probes: Sequence[Probe], budget: float = BUDGET, run: Run | None = None) -> Answers:
    """Probe targets, and return what is known of them when the budget is spent."""
    from sophia_infra.probes.kinds import probe  # loads http and ssl, which most zones need not

    run = run or probe
    return at_once({key: partial(run, target, check) for key, target, check in probes}, budget)


def at_once(tasks: Mapping[_Key, Callable[[], _Found]], budget: float, width: int = AT_ONCE) -> dict[_Key, _Found]:
    """Do tasks at the same time, `width` at most, and return what came of them when the budget is spent."""
    deadline = time.monotonic() + budget
    waiting: SimpleQueue[_Key] = SimpleQueue()
    done: SimpleQueue[tuple[_Key, _Found]] = SimpleQueue()
    for key in tasks:
        waiting.put(key)

    def work() -> None:
        while time.monotonic() < deadline:
            try:
                key = waiting.get_nowait()
            except Empty:
                return
            done.put((key, tasks[key]()))

    for _ in range(min(width, len(tasks))):
        # Daemons: a look-up of a host's address can't be cut off, and must not hold the engine up.
        threading.Thread(target=work, name="probe", daemon=True).start()
    in_time = []
    with suppress(Empty):
        for _ in tasks:
            in_time.append(done.get(timeout=max(0.0, deadline - time.monotonic())))
    return dict(in_time)
