"""Advice as a few lines for people: the engine shows a provider's stderr under its diagnostics."""

import sys
import threading
from collections.abc import Collection, Iterable, Iterator

from sophia_infra.advice.model import Advice, Edit, Level, Verdict
from sophia_infra.advice.redaction import printable

DOCS = "docs/rules.md"


def lines(advice: Advice, rejected: Collection[Edit] = ()) -> Iterator[str]:
    """Yield what is worth reading: nothing when the verdict is approve and there is no error and no warning.

    Findings of one kind are one line; `sophia advice show` has each. Rejected edits are proposed no more.
    """
    grave = [finding for finding in advice.kinds if finding.level is not Level.INFO]
    if advice.verdict is Verdict.APPROVE and not grave:
        return
    proposed = sum(edit.state == "proposed" and edit not in rejected for edit in advice.edits)
    edits = f", {proposed} {'edit' if proposed == 1 else 'edits'} proposed" if proposed else ""
    yield f"{advice.verdict}, {advice.summary} ({DOCS}){edits}; see: sophia advice show {advice.id[:12]}"
    yield from map(str, grave)


class Reporter:
    """Tells people on stderr. Callers of several threads share one, and the lines of each call stay together."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        self._told: set[str] = set()
        self._lock = threading.Lock()

    def forget(self) -> None:
        """Begin anew, as a test does: what was told is told again."""
        self._told.clear()

    def say_each(self, name: str, lines: Iterable[str]) -> None:
        """Write lines about one resource, each once."""
        for line in lines:
            self.say_once(f"{name}: {line}")

    def say_once(self, line: str) -> None:
        """Write a line, once in the life of the reporter."""
        with self._lock:
            if line not in self._told:
                self._told.add(line)
                sys.stderr.write(f"sophia: {printable(line)}\n")


STDERR = Reporter()
"""The reporter of the process: a preview checks many resources, and says once what is true of all of them."""
