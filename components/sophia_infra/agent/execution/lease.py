"""Locks that a process we start inherits: they last as long as it, and whatever it starts, not as long as we do.

A lock of flock(2) belongs to an open file. Who inherits the descriptor keeps it after its parent is killed, and the
system lets go of it once the last of them has ended. So nobody closes one by LOCK_UN, which would take it from all.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sophia_infra.changes import fingerprint
from sophia_infra.errors import SophiaError
from sophia_infra.home import make_user_folder, user_folder
from sophia_infra.journal import Journal, JournalError

FOLDER = "leases"
_SOON, _LONG = 2.0, 3600.0
"""Seconds to wait for a holder that is gone, whose locks go one by one, and for one that comes to its end."""
_POLL = 0.05


class LeaseError(SophiaError):
    """A stack that another run is at work on."""

    code = "stack-busy"


@contextmanager
def leased(stack: str, journal: Journal, *, wait: bool = False) -> Iterator[tuple[int, ...]]:
    """Hold the one lease of a stack, `project/name`; it gives the descriptors to hand on.

    It is a lock of this user on this machine, and one of the journal where machines share that. With `wait` it is
    waited for: whoever has it is known to come to its end.

    Raises:
        LeaseError: another run of the agent has it, or an engine that one began.
        OSError: its file can't be made.
    """
    make_user_folder(user_folder())
    folder = user_folder() / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    with held(folder / fingerprint(stack)[:16], wait=wait, patience=_SOON) as descriptor:
        if descriptor is None:
            raise _busy(stack)
        with ExitStack() as shared:
            try:
                more = shared.enter_context(journal.inherited(f"agent lease {stack}", _LONG if wait else _SOON))
            except JournalError as error:
                raise (_busy(stack) if error.code == "journal-locked" else error) from None
            yield (descriptor, *more)


def _busy(stack: str) -> LeaseError:
    told = f"another run of the agent is at work on {stack} (sophia agent status); after it: sophia agent resume ID"
    return LeaseError(told, field="STACK", subject=stack)


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
