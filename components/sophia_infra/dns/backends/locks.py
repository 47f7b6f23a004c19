"""Locks and other state that all processes of one user share, whichever project they run for."""

import contextlib
import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from sophia_infra.advice.journal import VARIABLE
from sophia_infra.dns.backends.base import BackendError

try:
    import fcntl
except ImportError:  # no advisory locks here: two runs at once are then told apart by the base alone
    fcntl = None  # type: ignore[assignment]  # the module is absent on Windows

_MODE = 0o700


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the lock of a place or an account; whoever asks for it meanwhile waits.

    Raises:
        BackendError: the lock's file can't be made.
    """
    with opened(name, "lock") as path:
        lock = path.open("w")
    with lock:
        if fcntl:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def opened(name: str, ending: str) -> Iterator[Path]:
    """Yield the file that belongs to a name, for use within the block: its folder is there, and errors are explained.

    The folder is `$SOPHIA_HOME`, else `$XDG_STATE_HOME/sophia`, else `~/.local/state/sophia`.

    Raises:
        BackendError: the file, or its folder, can't be used.
    """
    path = _folder() / f"{sha256(name.encode()).hexdigest()[:32]}.{ending}"
    try:
        path.parent.mkdir(mode=_MODE, parents=True, exist_ok=True)
        yield path
    except OSError as error:
        reason = error.strerror or str(error)
        way_out = f"check its permissions and free space, or name another folder in {VARIABLE}"
        raise BackendError(f"{path.parent} can't be used: {reason}; {way_out}") from None


def _folder() -> Path:
    if home := os.environ.get(VARIABLE):
        return Path(home).expanduser().absolute() / "state"
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser().absolute() / "sophia"
