"""Advice as a few lines for people: the engine shows a provider's stderr under its diagnostics."""

import sys
import threading
from collections.abc import Iterable, Iterator

from sophia_infra.advice.model import Advice, Level, Verdict
from sophia_infra.advice.redaction import printable

MAX_LINES = 5
DOCS = "docs/rules.md"

_said: set[str] = set()
_lock = threading.Lock()


def lines(name: str, advice: Advice) -> Iterator[str]:
    """Yield what is worth reading: nothing when the verdict is approve and there is no error and no
    warning.

    `name` says what was judged: `zone shop.example`.
    """
    grave = [finding for finding in advice.findings if finding.level is not Level.INFO]
    if advice.verdict is Verdict.APPROVE and not grave:
        return
    yield f"{name}: {advice.verdict}, {advice.summary} ({DOCS})"
    for one in grave[:MAX_LINES]:
        yield f"  {one.level} {one.code} {one.subject}: {one.message} -> {one.fix}"
    if len(grave) > MAX_LINES:
        yield f"  and {len(grave) - MAX_LINES} more"
    if proposed := sum(edit.state == "proposed" for edit in advice.edits):
        yield f"  {proposed} {'edit' if proposed == 1 else 'edits'} proposed; see: sophia advice show {advice.id[:12]}"


def tell(name: str, advice: Advice) -> None:
    """Write the lines to stderr in one piece, so that those of several threads don't mix."""
    text = "".join(f"{printable(line)}\n" for line in lines(name, advice))
    if text:
        sys.stderr.write(text)


def say_each(name: str, lines: Iterable[str]) -> None:
    """Write lines about one resource to stderr, each once in the life of the process."""
    for line in lines:
        say_once(f"{name}: {line}")


def say_once(line: str) -> None:
    """Write a line to stderr, once in the life of the process."""
    with _lock:
        if line not in _said:
            _said.add(line)
            sys.stderr.write(f"sophia: {printable(line)}\n")
