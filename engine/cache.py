"""The place outside the checkout where engines are kept, one folder per version and way."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from engine.progress import say

VARIABLE = "SOPHIA_ENGINE_CACHE"


def root(environ: Mapping[str, str] = os.environ) -> Path:
    """`SOPHIA_ENGINE_CACHE`, else `sophia-infra` in the user's cache folder (XDG Base Directory)."""
    if chosen := environ.get(VARIABLE):
        return Path(chosen).absolute()
    base = environ.get("XDG_CACHE_HOME", "")
    home = Path(base) if os.path.isabs(base) else Path.home() / ".cache"
    return home / "sophia-infra" / "engine"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold `path` as a lock between processes; the kernel drops it with the process that holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is at work on the engine; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def publish(target: Path, make: Callable[[Path], None]) -> Path:
    """Have `make` fill a folder, then give it the name `target` in one step.

    Whoever sees `target` sees all of it. A target that exists is left alone. What a killed run left
    behind is swept by the next one, under the lock.
    """
    with locked(target.with_name(f".{target.name}.lock")):
        if target.exists():
            return target
        prefix, suffix = f".{target.name}.", ".part"
        for left_over in target.parent.glob(f"{prefix}*{suffix}"):
            shutil.rmtree(left_over)
        part = Path(tempfile.mkdtemp(suffix, prefix, target.parent))
        try:
            make(part)
            part.chmod(0o755)
            part.rename(target)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
    return target
