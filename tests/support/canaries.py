"""No secret reaches a journal, a state, a log, a report, a prompt or a terminal, whichever test it is that runs.

A secret of a test begins with `canary-`, and a private key says what it is. After each test what it wrote and heard is
searched for both; a test that finds one fails by name, whatever else it asserts. What holds secrets by its nature is
left out: programs, zone files, a CA's own folder, key files, and commands that were asked to show secrets.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

MARKS = (b"canary-", b"PRIVATE KEY-----")
SUFFIXES = (".db", ".db-journal", ".log", ".html", ".sql")
"""Journals and their archives, logs and reports."""
STATES = (".pulumi", "acme")
"""Folders in which every file is looked at: the engine's states with their histories, and what ACME left behind."""
SHOWN = "--show-secrets"


class Watch:
    """What was found since the last test ended, a line each, and the folders that were looked into."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.looked: set[Path] = set()

    def hear(self, where: str, text: str | bytes) -> None:
        """Search what was said or sent somewhere."""
        content = text if isinstance(text, bytes) else text.encode(errors="replace")
        for mark in MARKS:
            if (at := content.find(mark)) >= 0:
                self.found.append(f"{where}: {content[max(at - 60, 0) : at + 40]!r}")

    def command(self, command: Iterable[str], said: str) -> None:
        """Search what a command said, unless it was asked for secrets."""
        if SHOWN not in (words := list(command)):
            self.hear(" ".join(words[:6]), said)

    def look(self, folder: Path) -> None:
        """Search the files below a folder that must hold no secret."""
        self.looked.add(folder)
        for path in _files(folder):
            self.hear(str(path.relative_to(folder)), path.read_bytes())

    def settled(self) -> str:
        """Return what was found, and begin anew."""
        found, self.found = self.found, []
        return "\n".join(dict.fromkeys(found))


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        is_state = any(name in path.parts for name in STATES)
        if (is_state or path.name.endswith(SUFFIXES)) and path.is_file() and not path.is_symlink():
            yield path


WATCH = Watch()
