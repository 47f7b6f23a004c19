"""What an engine that was killed has left running: its providers wait for it, and would for good."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def end(lock: Path) -> None:
    """Kill whoever has inherited a lock. To them it is a power cut: a write of theirs may be in the world or not.

    Nothing is done where the system does not tell who that is (no /proc).
    """
    for process in _holders(lock):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process, signal.SIGKILL)


def _holders(lock: Path) -> Iterator[int]:
    """The processes that have the file open to write, as who holds the lock has; who only looks at it reads."""
    name = os.path.realpath(lock)
    for link in Path("/proc").glob("[0-9]*/fd/[0-9]*"):
        with suppress(OSError, ValueError, StopIteration):
            if os.readlink(link) == name:
                lines = (link.parent.parent / "fdinfo" / link.name).read_text("ascii").splitlines()
                flags = next(line.split()[1] for line in lines if line.startswith("flags:"))
                if int(flags, 8) & os.O_ACCMODE == os.O_RDWR:
                    yield int(link.parent.parent.name)
