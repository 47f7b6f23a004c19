"""The seam to what remembers where to go on after a kill: four verbs, so that another engine can stand behind them.

The journal stays the record of what was decided and done. This says what was begun and has not come to its end.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sophia_infra.changes import fingerprint
from sophia_infra.errors import SophiaError
from sophia_infra.home import make_private, project_folder

PROTOCOL = "1"
"""The version of what is remembered. It is pinned: a release that can't go on with what one before began, raises it."""
Phases = Mapping[str, Callable[[str], str]]
"""What can be run, by name: each takes a key, and returns a word on how it ended. Neither may hold a secret.

A phase MUST be such that it may begin anew where it was killed.
"""


def folder_of(stack: str) -> Path:
    """Return the folder in which the loop of a stack, `project/stack`, keeps what is its own; it is made."""
    make_private(project_folder())
    folder = project_folder() / "agent" / f"loop-{fingerprint(stack)[:12]}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


class DurableError(SophiaError):
    """What remembers where to go on is not installed, or can't be used."""

    code = "durable"


class Durable(Protocol):
    """What remembers what was begun. Whoever calls it holds the loop's lock, so nobody else is at work.

    Raises:
        DurableError: from every verb: it can't be used. What a phase raises passes.
    """

    def run(self, phase: str, key: str) -> str:
        """Run a phase to its end and return its word. One that waits, or that was cut off, is gone on with."""

    def wait(self, phase: str, key: str) -> None:
        """Remember a phase that waits for a person's word. Nothing is held meanwhile; `run` begins it."""

    def schedule(self, phase: str) -> datetime | None:
        """Return when a phase was begun last, None for never: from that follows when it is next.

        What ended before that is forgotten, so that this costs as much after years as on the first day.
        """

    def resume(self) -> tuple[str, ...]:
        """Go on with whatever was cut off, and return its words."""

    def close(self) -> None:
        """Let go of threads and connections until the next verb."""
