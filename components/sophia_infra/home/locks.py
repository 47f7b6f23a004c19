"""Locks on files, held by one thread of one process at a time. The system lets go of a killed holder's lock."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

FOREVER = -1.0


@contextlib.contextmanager
def locked(path: Path, seconds: float = FOREVER) -> Iterator[None]:
    """Hold the lock file at `path`; whoever asks for it meanwhile waits, for at most so many seconds.

    The file stays when the lock is released: a waiter may have it open.

    Raises:
        TimeoutError: another holder had it for longer than that.
        OSError: the file can't be made, or its file system has no locks.
    """
    from filelock import FileLock, Timeout  # most commands lock nothing

    # A soft lock would outlive its killed holder: better an error where the file system has no other.
    lock = FileLock(path, timeout=seconds, fallback_to_soft=False, preserve_lock_file=True)
    try:
        lock.acquire()
    except Timeout:
        raise TimeoutError(f"{path} was held for {seconds:g} s") from None
    try:
        yield
    finally:
        lock.release()
