"""Which run of the engine this provider process serves: preview and apply of one `pulumi up` are the same run."""

import os
from pathlib import Path

VARIABLE = "SOPHIA_RUN"
_PARENT, _START = 1, 19


def engine_run(proc: Path = Path("/proc")) -> str | None:
    """Return a name for the run, or None where it can't be told (systems without /proc).

    The engine starts providers anew for the preview and for the apply, through a shell script: what both phases
    share is the grandparent process, told apart from a later one with the same number by its start time, counted from
    the boot of this machine: another one may have the same numbers, and the same journal.

    The environment variable SOPHIA_RUN names it for tests and rehearsals; where it is empty, it can't be told.
    """
    named = os.environ.get(VARIABLE)
    if named is not None:
        return named or None
    try:
        engine = _stat(proc, os.getppid())[_PARENT]
        start = _stat(proc, int(engine))[_START]
    except OSError:
        return None
    try:
        boot = (proc / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        boot = ""
    return f"{engine}@{start}@{boot}"


def _stat(proc: Path, process: int) -> list[str]:
    """The fields of /proc/<process>/stat after the command's name, which may hold anything (proc(5))."""
    return (proc / str(process) / "stat").read_text().rpartition(")")[2].split()
