"""Says on stderr what a long step is doing, and for how long."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class Progress:
    """One long step. `note` may be set at any time by the work itself, for example to a count.

    A terminal gets one line that is rewritten every second; a log gets a line every `quiet` seconds.
    """

    def __init__(self, title: str, stream: TextIO | None = None, quiet: float = 15.0) -> None:
        self.note = ""
        self._title = title
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._interval = 1.0 if self._live else quiet
        self._started = time.monotonic()
        self._ended = threading.Event()

    def line(self) -> str:
        """The step as one line: its title, the time so far, and the note."""
        minutes, seconds = divmod(int(time.monotonic() - self._started), 60)
        note = f", {self.note}" if self.note else ""
        return f"{self._title} ({minutes}:{seconds:02d}{note})"

    def _show(self, end: str = "") -> None:
        self._stream.write(f"\r\x1b[K{self.line()}{end}" if self._live else f"{self.line()}{end or chr(10)}")
        self._stream.flush()

    def _tick(self) -> None:
        while not self._ended.wait(self._interval):
            self._show()

    def _run(self) -> threading.Thread:
        ticker = threading.Thread(target=self._tick, daemon=True)
        self._show()
        ticker.start()
        return ticker

    def _stop(self, ticker: threading.Thread, outcome: str) -> None:
        self._ended.set()
        ticker.join()
        self._show(f": {outcome}\n")


@contextmanager
def progress(title: str, stream: TextIO | None = None, quiet: float = 15.0) -> Iterator[Progress]:
    """Show a step from its start to its end, however it ends."""
    step = Progress(title, stream, quiet)
    ticker = step._run()
    outcome = "not done"
    try:
        yield step
        outcome = "done"
    finally:
        step._stop(ticker, outcome)


def say(line: str) -> None:
    """One line on stderr; stdout belongs to the answer."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
