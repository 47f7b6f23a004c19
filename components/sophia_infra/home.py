"""Files of our own on this machine: where they are, who may use them at once, and that each is whole.

SOPHIA_HOME is read here alone.

- Of a project, with journal, CA and backups: `$SOPHIA_HOME`, else `.sophia` beside the nearest `Pulumi.yaml`.
- Of a user, with locks and request budgets: `$SOPHIA_HOME/state`, else `$XDG_STATE_HOME/sophia`, else
  `~/.local/state/sophia`.
"""

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from sophia_infra.reporter import STDERR

VARIABLE = "SOPHIA_HOME"
FOLDER = ".sophia"
PRIVATE = 0o700
FRESH = "journals.sealed"
"""The file that marks a folder in which no release without seals was at work: see `journal/takeover.py`."""
MOST_OCTETS = 2**16
"""Of a file with a secret."""
FOREVER = -1.0
TOLD_AFTER = 2.0
"""Seconds of waiting for a lock after which whoever waits is told for whom."""


def home() -> Path | None:
    """Return the folder that SOPHIA_HOME names, None where it is not set."""
    given = os.environ.get(VARIABLE)
    return Path(given).expanduser().absolute() if given else None


def project_folder(chosen: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of what belongs to a project: `chosen` if given, else as said above."""
    return Path(chosen).expanduser().absolute() if chosen else home() or project() / FOLDER


def user_folder() -> Path:
    """Return the folder of what all processes of one user share, whichever project they run for."""
    if chosen := home():
        return chosen / "state"
    return state_folder()


def state_folder() -> Path:
    """Return the folder of what one user has on this machine, wherever SOPHIA_HOME puts the rest."""
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser().absolute() / "sophia"


def make_user_folder(folder: Path) -> None:
    """Make a folder of what one user has on this machine, if there is none; OSError where that fails.

    One in which nothing is yet gets its mark before anything else: what has none is of a release before.
    """
    folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        (folder / FRESH).write_text("No journal of this user here is older than its seals: docs/journal.md\n", "ascii")


def make_private(folder: Path) -> None:
    """Make a folder, if there is none, that only its user may enter and git ignores; OSError where that fails."""
    if not folder.is_dir():
        folder.mkdir(parents=True, mode=PRIVATE, exist_ok=True)
        (folder / ".gitignore").write_text("*\n", encoding="ascii")


@contextlib.contextmanager
def locked(path: Path, seconds: float = FOREVER, what: str = "", *, keep: bool = True) -> Iterator[None]:
    """Hold the lock file at `path`, one thread of one process at a time; who asks meanwhile waits, at most so long.

    After two seconds stderr says for whom; `what` is locked, in its words. The system lets go of a killed holder's
    lock. The file stays when it is released, unless it is one of many that nobody asks for again.

    Raises:
        TimeoutError: another holder had it for longer than that.
        OSError: the file can't be made, or its file system has no locks.
    """
    from filelock import FileLock, Timeout  # most commands lock nothing

    # A soft lock would outlive its killed holder: better an error where the file system has no other.
    lock = FileLock(path, timeout=seconds, fallback_to_soft=False, preserve_lock_file=keep)
    try:
        try:
            lock.acquire(TOLD_AFTER if seconds == FOREVER else min(seconds, TOLD_AFTER))
        except Timeout:
            if 0 <= seconds <= TOLD_AFTER:
                raise
            tell_wait(what or str(path), _holder(path))
            lock.acquire(seconds if seconds == FOREVER else seconds - TOLD_AFTER)
    except Timeout:
        raise TimeoutError(f"{path} was held for {seconds:g} s") from None
    try:
        yield
    finally:
        lock.release()


def tell_wait(what: str, holder: str) -> None:
    """Say on stderr what this process waits for, and who holds it."""
    STDERR.say(f"waits for {what}, which {holder} uses")


def _holder(path: Path) -> str:
    """Who holds a lock file, as far as this system tells: /proc/locks names the file's inode, see proc(5)."""
    try:
        inode = str(path.stat().st_ino)
        held = [line.split() for line in Path("/proc/locks").read_text(encoding="ascii").splitlines()]
        process = next(fields[4] for fields in held if fields[1] == "FLOCK" and fields[5].split(":")[-1] == inode)
        if int(process) == os.getpid():
            return "another resource of this run"
        return f"process {process} in {os.readlink(f'/proc/{process}/cwd')}"
    except (OSError, StopIteration, ValueError, IndexError):
        return "another process"


def write_whole(
    path: Path, text: str | Iterable[str], *, prefix: str | None = None, prepare: Callable[[str], None] | None = None
) -> None:
    """Replace a file in one step; it is on disk, and there under its name, when this returns.

    Args:
        path: the file; its folder is there.
        text: what it is to hold, in UTF-8; in parts where it is too large for memory.
        prefix: how the name of the draft beside it begins, for whoever tidies up after a kill.
        prepare: is given the draft's name before it takes the file's place: to set its mode or owner. Without it only
            the user may read the file.

    Raises:
        OSError: it can't be written, and it names the file; the old file stands and no draft is left.
    """
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=prefix or f".{path.name[:100]}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines([text] if isinstance(text, str) else text)
            file.flush()
            os.fsync(file.fileno())
        if prepare:
            prepare(draft)
        os.replace(draft, path)
    except BaseException as error:
        Path(draft).unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)
        raise
    sync(path.parent)


class ExposedError(OSError):
    """A file with a secret that every user of this machine may read or write; `mode` is such as `0644`."""

    def __init__(self, path: str, mode: int) -> None:
        self.mode = f"{mode & 0o777:04o}"
        told = f"every user of this machine may read or write it (mode {self.mode}): chmod o= {path}"
        super().__init__(errno.EPERM, told)


def read_secret(path: str) -> bytes:
    """Return what a file with a secret holds. A pipe that nobody writes to is not waited for.

    Raises:
        ExposedError: every user may read or write it.
        OSError: it can't be read, is no regular file, or has more than `MOST_OCTETS`; `strerror` says which.
    """
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "that is no regular file")
        if mode & (stat.S_IROTH | stat.S_IWOTH):
            raise ExposedError(path, mode)
        found = file.read(MOST_OCTETS + 1)
    if len(found) > MOST_OCTETS:
        raise OSError(errno.EFBIG, f"it has more than {MOST_OCTETS:,} octets, so it is no credential")
    return found


def sync(folder: Path) -> None:
    """Bring a folder's names to disk: until then a power cut may undo the renaming (fsync(2))."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def project() -> Path:
    """Return the folder of the Pulumi project here, else the current one."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "Pulumi.yaml").exists()), here)
