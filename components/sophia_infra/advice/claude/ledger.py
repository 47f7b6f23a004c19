"""What runs use of the model, in a file that all processes of one user share: preview, apply, program and provider."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sophia_infra.advice.claude.lack import Lack, NoAnswerError
from sophia_infra.codec import decode, encode
from sophia_infra.home import PRIVATE, VARIABLE, locked, user_folder, write_whole

FILE = "model.json"
WAIT = 10.0
"""Seconds for which its lock is waited for; whoever holds it does so for a moment."""
KEPT = 2 * 86_400.0
"""Seconds after which a run that asks nothing is forgotten; what its calls took stays in the journal."""

_THREADS = threading.Lock()


@dataclass(slots=True)
class Open:
    """A question under way: when it is given up at the latest, and what it may take."""

    key: str
    until: float
    tokens: int
    cost: float


@dataclass(slots=True)
class Used:
    """What a run has used, and what is under way.

    `seconds` are those in which an answer was waited for, however many at once; `seen` is when they were last counted.
    """

    calls: int = 0
    seconds: float = 0.0
    tokens: int = 0
    cost: float = 0.0
    failures: int = 0
    rests_until: float = 0.0
    seen: float = 0.0
    open: list[Open] = field(default_factory=list)

    def settle(self, now: float) -> None:
        """Count the seconds since it was last looked at, and forget what a killed process has left under way."""
        if self.open:
            self.seconds += max(0.0, min(now, max(each.until for each in self.open)) - self.seen)
        self.seen = now
        self.open = [each for each in self.open if each.until > now]


_ALONE = Used()


@contextmanager
def held(run: str | None, begin: Callable[[], Used]) -> Iterator[Used]:
    """Hand out what a run has used, to this thread alone of all processes; what becomes of it is kept.

    `begin` gives what is known of a run of which nothing is kept. Where runs can't be told apart, a process counts for
    itself.

    Raises:
        NoAnswerError: it can't be counted, so the model is not to be asked.
    """
    with _THREADS:
        if run is None:
            yield _ALONE
            return
        path = user_folder() / FILE
        try:
            path.parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            with locked(path.with_suffix(".lock"), WAIT, "the count of what the model is asked"):
                runs = _read(path)
                runs[run] = runs.get(run) or begin()
                try:
                    yield runs[run]
                finally:
                    write_whole(path, json.dumps({name: encode(used) for name, used in runs.items()}))
        except OSError as error:  # a TimeoutError is one
            told = f"what it uses can't be counted ({error.strerror or error}; set {VARIABLE} to a folder of yours)"
            raise NoAnswerError(Lack.BUDGET, told) from None


@contextmanager
def alone(fingerprint: str, seconds: float) -> Iterator[None]:
    """Hold a request, to this thread alone of all processes of one user; after so many seconds they all go on."""
    path = user_folder() / f"{fingerprint}.asked"
    with ExitStack() as taken:
        with suppress(OSError):  # without a lock both may ask, and the first answer counts
            path.parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            taken.enter_context(locked(path, seconds, "the same question to the model", keep=False))
        yield


def _read(path: Path) -> dict[str, Used]:
    """Read the file; one that is mangled says nothing, and the journal tells what was used."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        runs = {name: _used(each) for name, each in kept.items()}
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
        return {}
    return {name: used for name, used in runs.items() if used.seen > time.time() - KEPT}


def _used(given: dict[str, Any]) -> Used:
    under_way = [Open(**each) for each in given["open"]]
    used: Used = decode(Used, {**given, "open": under_way})
    return used
