"""Which run of the engine this provider process serves: preview and apply of one `pulumi up` are the same run.

Which resource it asks about (`urn` of its requests), and which saved plan a check belongs to: the engine sends the seed
that the plan keeps for the resource, and a new one where there is no plan (`CheckRequest.randomSeed` in pulumi's
provider.proto). The SDK keeps the request to itself, so it is looked for among those who called.
"""

import hashlib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from inspect import currentframe
from pathlib import Path
from traceback import walk_stack
from typing import Any, TypeVar
from weakref import WeakSet

T = TypeVar("T")
VARIABLE = "SOPHIA_RUN"
_OPTION = "PULUMI_OPTION_"
"""How variables begin that stand for options of the engine's command."""
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What a check publishes in place of a value that is not known yet; it is `pulumi.runtime.rpc.UNKNOWN`."""
OURS = "pulumi-python:dynamic/sophia:"
"""How the types of this library's own resources begin, as the engine has them."""
_PARENT, _START = 1, 19
_PREVIEWS = {"preview", "pre", "up", "update"}
_OTHERS = {"destroy", "down", "dn", "refresh", "import", "watch"}
_PARTS = re.compile(r"--(target|exclude)|-[A-Za-z]*[tx]")
"""Options by which a command leaves resources out: `--target`, `-t`, `--exclude`, `-x`, and short ones in a row."""


def engine_run() -> str | None:
    """Return a name for the run, or None where it can't be told (systems without /proc).

    The engine starts providers anew for the preview and for the apply, through a shell script: what both phases
    share is the grandparent process, told apart from a later one with the same number by its start time, counted from
    the boot of this machine: another one may have the same numbers, and the same journal.

    The environment variable SOPHIA_RUN names it for tests and rehearsals; where it is empty, it can't be told.
    """
    named = os.environ.get(VARIABLE)
    return _run_above(os.getppid()) if named is None else named or None


_connections: "WeakSet[Any]" = WeakSet()
_begun = [0]


def program_run() -> int:
    """Return how many programs this process has begun to run so far, as far as this function was asked in each.

    The Automation API runs one inline after the other, each with a connection to an engine of its own.
    """
    settings = getattr(sys.modules.get("pulumi.runtime.settings"), "SETTINGS", None)
    connection = getattr(settings, "monitor", None)  # in a thread, that of the first program
    if connection is not None and connection not in _connections:
        _begun[0] += 1
        _connections.add(connection)
    return _begun[0]


def run_above(parent: int, proc: Path = Path("/proc")) -> str | None:
    """Name the run whose engine is the parent of the process `parent`."""
    try:
        engine = _stat(proc, parent)[_PARENT]
        start = _stat(proc, int(engine))[_START]
    except OSError:
        return None
    try:
        boot = (proc / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        boot = ""
    return f"{engine}@{start}@{boot}"


def checks_all(proc: Path = Path("/proc")) -> bool:
    """Whether a preview that runs this program checks all that it registers, as far as the engine's command tells.

    False where it can't be told: where another process than `pulumi` runs the program, and on systems without /proc.
    """
    try:
        engine = _stat(proc, os.getppid())[_PARENT]
        called, *words = (proc / engine / "cmdline").read_text().split("\0")
    except (OSError, UnicodeDecodeError):
        return False
    if not Path(called).name.startswith("pulumi") or not _PREVIEWS.intersection(words) or _OTHERS.intersection(words):
        return False
    options = [f"--{name.removeprefix(_OPTION).lower()}" for name in os.environ if name.startswith(_OPTION)]
    return not any(map(_PARTS.match, [*words, *options]))


_run_above = lru_cache(maxsize=1)(run_above)
"""It stays the same for as long as this process has the same parent, and each zone asks for it."""


def _stat(proc: Path, process: int) -> list[str]:
    """The fields of /proc/<process>/stat after the command's name, which may hold anything (proc(5))."""
    return (proc / str(process) / "stat").read_text().rpartition(")")[2].split()


def callers() -> Iterator[Mapping[str, Any]]:
    """Yield the local names of whoever called, innermost first: there the SDK holds what it hands on to nobody."""
    return (frame.f_locals for frame, _ in walk_stack(currentframe()))


def asked_by(variable: str, *names: str) -> set[int | None]:
    """Return what a variable of this run asks of what goes by some names, `SOPHIA_RENEW=shop.example,b.example@3`.

    That is the generation it is asked of, as 3 of `b.example`; None for whichever stands.
    """
    found = set[int | None]()
    for each in map(str.strip, os.environ.get(variable, "").split(",")):
        name, _, number = each.rpartition("@")
        if each in names:
            found.add(None)
        elif name in names and number.isdecimal():
            found.add(int(number))
    return found


def plan_seed() -> str:
    """Return what one resource's check in a preview, and in the apply of the plan that it saved, have in common.

    It is the hash of the engine's seed; empty outside of a check, or where an engine sends none. Before a replacement
    the engine asks twice with one seed, the second time without the old inputs: that is another one here.
    """
    seed, again = _asked("randomSeed", bytes), b"" if _asked("olds", object) else b" anew"
    return hashlib.sha256(seed + again).hexdigest() if seed else ""


def resource_urn() -> str:
    """Return the URN of the resource that the engine asks about; empty outside of a request."""
    return _asked("urn", str) or ""


def _asked(field: str, kind: type[T]) -> T | None:
    """The field of the request that is being answered."""
    found = (getattr(names.get("request"), field, None) for names in callers())
    return next((value for value in found if value and isinstance(value, kind)), None)
