"""Locks and other state that all processes of one user share, whichever project they run for."""

import contextlib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from sophia_infra import home
from sophia_infra.dns.backends.base import BackendError, unusable
from sophia_infra.home import VARIABLE, make_user_folder, user_folder

WAIT = 600.0
"""Seconds for which a run waits at most while another one writes to the same location, or counts an account's requests.

Without a limit a stuck run, or one that waits for an answer at its terminal, would hold up all others for good.
"""


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the lock of a location or an account; whoever asks for it meanwhile waits.

    Raises:
        BackendError: the lock's file can't be made, or another run held it for all of `WAIT`.
    """
    with contextlib.ExitStack() as held:
        with opened(name, "lock") as path:
            hold(held, path, name)
        yield


def hold(held: contextlib.ExitStack, path: Path, name: str) -> None:
    """Take the lock file at `path`, for as long as `held` is open.

    Raises:
        BackendError: another run held it for all of `WAIT`.
        OSError: it can't be made.
    """
    try:
        held.enter_context(home.locked(path, WAIT, name))
    except TimeoutError:
        raise BackendError(
            f"{name} is in use by another run: its lock {path} was not free for {WAIT:g} s; let that run end, or end "
            "it where it hangs, and run again (the lock goes with its process: the file needs no deleting)",
            code="locked",
            subject=name,
            limit=WAIT,
        ) from None


@contextlib.contextmanager
def opened(name: str, ending: str) -> Iterator[Path]:
    """Yield a name's file in `home.user_folder`, for use within the block: the folder is there, errors are explained.

    Raises:
        BackendError: the file, or its folder, can't be used.
    """
    path = user_folder() / f"{sha256(name.encode()).hexdigest()[:32]}.{ending}"
    try:
        make_user_folder(path.parent)
        yield path
    except OSError as error:
        way_out = f"check its permissions and free space, or name another folder in {VARIABLE}"
        raise unusable(f"{path.parent} can't be used", error, way_out, str(path.parent)) from None
