"""The one door to stderr beside the command line's terminal: the engine shows what a provider says there."""

import sys
import threading
from collections.abc import Iterable


class Reporter:
    """Tells people on stderr, a line at a time. Callers of several threads share one."""

    def __init__(self, who: str = "sophia") -> None:
        """Begin with nothing told; each line begins with `who`."""
        self._who = who
        self._told: set[str] = set()
        self._lock = threading.Lock()

    def forget(self) -> None:
        """Begin anew, as a test does: what was told is told again."""
        self._told.clear()

    def say(self, line: str) -> None:
        """Write a line, with what could move a terminal escaped."""
        with self._lock:  # the stream is looked up anew, as the engine's SDK exchanges it
            sys.stderr.write(f"{self._who}: {printable(line)}\n")

    def say_once(self, line: str) -> None:
        """Write a line, once in the life of the reporter."""
        with self._lock:
            is_new = line not in self._told
            self._told.add(line)
        if is_new:
            self.say(line)

    def say_each(self, name: str, lines: Iterable[str]) -> None:
        """Write lines about one resource, each once."""
        for line in lines:
            self.say_once(f"{name}: {line}")


STDERR = Reporter()
"""The reporter of the process: a preview checks many resources, and says once what is true of all of them."""


def printable(value: str) -> str:
    """Return text with control, bidirectional and other invisible characters written as escapes."""
    if value.isprintable():
        return value
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in value)
