"""The engine as a process of its own session, which outlives us: its streams, events and exit code are files.

A driver that is killed leaves an engine that goes on and saves its state; whoever comes next reads the same files.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from sophia_infra.engine_process import orphans, supervisor
from sophia_infra.engine_process.locks import held, is_held
from sophia_infra.errors import SophiaError
from sophia_infra.home import write_whole

if TYPE_CHECKING:
    from sophia_infra.report.document import Preview

EVENTS, EXIT, PROCESS, ASKED = "events", "exit", "process", "asked"
_RUNNING = "running"
"""The file whose lock the engine holds while it, or anything that it started, runs."""
_POLL = 0.1
"""Seconds between two looks at an engine that runs: the end of another process is told by nothing of ours."""
_SHOWN = 2_000
"""Characters of what an engine said last that an error shows."""


class EngineError(SophiaError):
    """An engine that can't be started, or that ended otherwise than it should have."""

    code = "engine"


class Ended(StrEnum):
    """How an engine ended; `lost` is one that was killed, or whose machine went away, before it said so."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Engine:
    """One command of the engine, by the folder of its files; `variables` are its environment, None for ours."""

    folder: Path
    variables: Mapping[str, str] | None = None

    def begin(self, project: Path, words: Sequence[str], *locks: int) -> None:
        """Start `pulumi` with some words in a project's folder. It inherits the locks, and goes on without us.

        Raises:
            EngineError: there is no pulumi on PATH.
            OSError, SubprocessError: its files can't be written, or no process be started.
        """
        program = shutil.which("pulumi")
        if program is None:
            raise EngineError("there is no pulumi on PATH; see: sophia doctor", field="PATH")
        environment = os.environ if self.variables is None else self.variables
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        common = ("--non-interactive", "--color", "never", "--event-log", str(self.folder / EVENTS))
        write_whole(self.folder / "command.json", json.dumps([program, *words, *common]))
        with held(self.folder / _RUNNING, wait=True) as running:  # whoever looks at it has it for an instant
            self.forget()  # a preview before
            inherited = [lock for lock in (running, *locks) if lock is not None]
            subprocess.run(  # noqa: S603  # our own interpreter, and a file of ours, which goes on by itself
                [sys.executable, "-I", "-S", supervisor.__file__, str(self.folder), *map(str, inherited)],
                cwd=project,
                env={**environment, "PULUMI_DEBUG_COMMANDS": "true"},  # without it `--event-log` is no option
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=inherited,
                check=True,
            )

    def forget(self) -> None:
        """Forget how it ended, as if it had never begun; killed over it, that it ended is forgotten last."""
        for name in (EVENTS, PROCESS, ASKED, EXIT):
            (self.folder / name).unlink(missing_ok=True)

    @property
    def began(self) -> bool:
        """Whether it was ever started: else it can't have changed anything."""
        return self.alive or any((self.folder / name).exists() for name in (PROCESS, EVENTS, EXIT))

    @property
    def alive(self) -> bool:
        """Whether it runs, or anything that it started."""
        return is_held(self.folder / _RUNNING)

    def interrupt(self) -> None:
        """Ask it to stop by one SIGINT, however often: it ends what it is at, saves the state, lets go of its lock.

        A second signal would cut it off. One that has not begun to run is waited for.
        """
        asked = self.folder / ASKED
        while self.alive and not (self.folder / EXIT).exists() and not asked.exists():
            with suppress(FileNotFoundError, ProcessLookupError):
                os.kill(self.process, signal.SIGINT)
                asked.touch()
            time.sleep(_POLL)

    def wait(self, tell: Callable[[str], None] = lambda _: None, what: str = "") -> Ended:
        """Wait for its end, whoever started it, and return how it ended.

        `tell` is told what it is at, such as `applying: 12 events`, each time that this has doubled.
        """
        events = 1
        while self.alive:
            if what and (now := self._events) >= events:
                tell(f"{what}: {now} {'event' if now == 1 else 'events'}")
                events = 2 * now
            time.sleep(_POLL)
            if self._is_killed:
                orphans.end(self.folder / _RUNNING)
        return self.ended

    @property
    def process(self) -> int:
        """The number of its process; OSError or ValueError where it has none yet."""
        return int((self.folder / PROCESS).read_text("ascii"))

    @property
    def is_gone(self) -> bool:
        """Whether its process was there, and is no more."""
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return True
        except (OSError, ValueError):
            pass
        return False

    @property
    def _is_killed(self) -> bool:
        """Whether the command is gone, and did not end by itself, or there is nobody left to write that it did."""
        if not self.is_gone or is_held(self.folder / supervisor.SUPERVISED):
            return False  # its parent is about to write how it ended
        return self.ended is Ended.LOST or not (self.folder / EXIT).exists()

    @property
    def ended(self) -> Ended:
        """How it ended: by its exit code, and where nobody was left to write that, by its last event."""
        with suppress(OSError, ValueError):
            code = int((self.folder / EXIT).read_text("ascii"))
            return Ended.LOST if code < 0 else Ended.FAILED if code else Ended.SUCCEEDED  # below 0: by a signal
        result = self.events.result
        return Ended(result) if result in list(Ended) else Ended.LOST

    @property
    def ended_at(self) -> datetime:
        """When it had ended; OSError where nobody was left to write that it did."""
        return datetime.fromtimestamp((self.folder / EXIT).stat().st_mtime, UTC)

    @property
    def events(self) -> "Preview":
        """What it said and did, as far as it came.

        Raises:
            ReportError: its file of events can't be read.
        """
        from sophia_infra.report.document import read_log  # whoever asks for a run's state reads no events

        text = ""
        with suppress(FileNotFoundError):
            text = (self.folder / EVENTS).read_text("utf-8", "replace")  # it may be cut within a character
        return read_log(text, str(self.folder / EVENTS))

    @property
    def said(self) -> str:
        """The end of what it printed, for people."""
        streams = []
        for name in ("stderr", "stdout"):
            with suppress(OSError):
                streams.append((self.folder / name).read_text("utf-8", "replace").strip())
        return "\n".join(filter(None, streams))[-_SHOWN:]

    @property
    def _events(self) -> int:
        with suppress(OSError):
            return (self.folder / EVENTS).read_bytes().count(b"\n")
        return 0


def error_of(engine: Engine) -> str:
    """Return what an engine says went wrong, first of all; of a long text its beginning and its end."""
    errors = [line.text for line in engine.events.said if line.is_error]
    told = errors[0] if errors else engine.said or "the engine failed and said nothing"
    return told if len(told) <= _SHOWN else f"{told[: _SHOWN // 2]} ... {told[-_SHOWN // 2 :]}"
