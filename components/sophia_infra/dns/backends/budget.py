"""How many requests a provider allows, kept by all processes of one user together."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from sophia_infra.dns.backends.base import BackendError
from sophia_infra.dns.backends.locks import locked, opened
from sophia_infra.home import write_whole
from sophia_infra.reporter import STDERR

_WORTH_SAYING = 2.0


class Window(NamedTuple):
    """At most so many requests in any so many seconds."""

    requests: int
    seconds: int

    def __str__(self) -> str:
        return f"{self.requests} requests in {self.seconds} seconds"


@dataclass(frozen=True, slots=True)
class Budget:
    """The requests of one account. Threads and processes may spend from it at once.

    Attributes:
        account: names the account for people; no secret.
        windows: what the provider allows.
        patience: so many seconds a request may wait for its turn; one that would wait longer is refused.
    """

    account: str
    windows: tuple[Window, ...]
    patience: float = 90
    sleep: Callable[[float], None] = time.sleep

    def spend(self, requests: int = 1) -> None:
        """Return when so many requests may be sent at once; their places are taken, even if they are never sent.

        Raises:
            BackendError: that is further away than `patience`; the message says when it goes on.
        """
        with locked(self.account), opened(self.account, "requests") as file:
            # The provider's clock, unlike ours, can't be moved by SOPHIA_NOW.
            now = time.time()
            taken = _read(file, now, max(window.seconds for window in self.windows))
            turn, window = self._turn(taken, requests, now)
            if turn - now > self.patience:
                raise BackendError(
                    f"{self.account} has used its {window}; it goes on at {_told(turn)}",
                    code="throttled",
                    subject=self.account,
                    value=turn - now,
                    limit=self.patience,
                )
            write_whole(file, "".join(f"{moment:.3f}\n" for moment in [*taken, *[turn] * requests]))
        if turn - now > _WORTH_SAYING:
            STDERR.say_once(f"{self.account} has used its {window}; going on at {_told(turn)}")
        self.sleep(max(0.0, turn - now))

    def _turn(self, taken: Sequence[float], requests: int, now: float) -> tuple[float, Window]:
        """When so many requests may be sent, and the window that says so."""
        turns = []
        for window in self.windows:
            room = max(window.requests - requests, 0)
            turns.append((taken[-room - 1] + window.seconds if len(taken) > room else now, window))
        turn, window = max(turns)
        return max(turn, now), window


def _read(file: Path, now: float, longest: int) -> list[float]:
    """The times of the requests that still count. One far ahead is from before the clock was set back."""
    lines = file.read_text(encoding="ascii", errors="replace").splitlines() if file.exists() else []
    times = sorted(float(line) for line in lines if line.replace(".", "", 1).isdecimal())
    return [moment for moment in times if now - longest < moment < now + longest]


def _told(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S} UTC"
