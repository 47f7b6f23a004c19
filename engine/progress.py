"""Says on stderr what a long step is doing, and for how long."""

from __future__ import annotations

import sys
import threading
import time
from typing import Self, TextIO


class Progress:
    """One long step, shown from its start to its end, however it ends: `with Progress("building") as step`.

    `note` may be set at any time by the work itself, for example to a count. A terminal gets one line
    that is rewritten every second; a log gets a line every `quiet` seconds.
    """

    def __init__(self, title: str, stream: TextIO | None = None, quiet: float = 15.0) -> None:
        self.note = ""
        self._title = title
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._interval = 1.0 if self._live else quiet
        self._started = time.monotonic()
        self._ended = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Self:
        self._show()
        self._ticker.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._ended.set()
        self._ticker.join()
        self._show(f": {'not done' if kind else 'done'}\n")

    def _tick(self) -> None:
        while not self._ended.wait(self._interval):
            self._show()

    def _show(self, end: str = "") -> None:
        minutes, seconds = divmod(int(time.monotonic() - self._started), 60)
        note = f", {self.note}" if self.note else ""
        line = f"{self._title} ({minutes}:{seconds:02d}{note}){end}"
        self._stream.write(f"\r\x1b[K{line}" if self._live else f"{line.rstrip()}\n")
        self._stream.flush()


def say(line: str) -> None:
    """One line on stderr; stdout belongs to the answer."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
