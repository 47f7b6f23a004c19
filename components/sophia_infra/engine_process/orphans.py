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
    for process in Path("/proc").glob("[0-9]*"):
        if any(_writes(descriptor, name) for descriptor in _descriptors(process)):
            yield int(process.name)


def _descriptors(process: Path) -> list[Path]:
    """Those that a process has open; none of one that ends meanwhile, as any may, or is somebody else's."""
    with suppress(OSError):
        return list((process / "fd").iterdir())
    return []


def _writes(descriptor: Path, name: str) -> bool:
    with suppress(OSError, ValueError, StopIteration):
        if os.readlink(descriptor) == name:
            lines = (descriptor.parent.parent / "fdinfo" / descriptor.name).read_text("ascii").splitlines()
            flags = next(line.split()[1] for line in lines if line.startswith("flags:"))
            return int(flags, 8) & os.O_ACCMODE == os.O_RDWR
    return False
