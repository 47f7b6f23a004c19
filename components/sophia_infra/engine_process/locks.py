"""Locks that a process we start inherits: they last as long as it, and whatever it starts, not as long as we do.

A lock of flock(2) belongs to an open file. Who inherits the descriptor keeps it after its parent is killed, and the
system lets go of it once the last of them has ended. So nobody closes one by LOCK_UN, which would take it from all.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_POLL = 0.05


@contextmanager
def held(path: Path, *, wait: bool = False, patience: float = 0.0) -> Iterator[int | None]:
    """Hold a lock for the length of a block, and longer where a process inherits it; None where another holds it.

    That is given up after `patience`, in seconds, or with `wait` never.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor if _locks(descriptor, fcntl.LOCK_EX, wait=wait, patience=patience) else None
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Return whether a process holds a lock."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _locks(descriptor, fcntl.LOCK_SH)  # so that two who look do not see each other
    finally:
        os.close(descriptor)


def _locks(descriptor: int, how: int, *, wait: bool = False, patience: float = 0.0) -> bool:
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, how if wait else how | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(_POLL)  # the system tells nobody who waits for a lock for so long only
        else:
            return True
