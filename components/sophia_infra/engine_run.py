"""Which run of the engine this provider process serves: preview and apply of one `pulumi up` are the same run."""

import os
from pathlib import Path


def engine_run() -> str | None:
    """Return a name for the run, or None where it can't be told (systems without /proc).

    The engine starts providers anew for the preview and for the apply, through a shell script: what both phases
    share is the grandparent process, told apart from a later one with the same number by its start time, counted from
    the boot of this machine: another one may have the same numbers, and the same journal.
    """
    parent = _stat(os.getppid())
    engine = _stat(int(parent[_PARENT])) if parent else None
    return f"{parent[_PARENT]}@{engine[_START]}@{_boot()}" if parent and engine else None


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


_PARENT = 1
_START = 19


def _stat(process: int) -> list[str] | None:
    """The fields of /proc/<process>/stat after the command's name, which may hold anything (proc(5))."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
