"""What `import sophia_infra`, with all it offers in use, adds to `import pulumi`, and an environment to a program."""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from subprocess import PIPE

from bench.figures import Compare, Figure
from bench.timing import Sample, Series, in_turn, variables

MILLISECONDS = 150
OF_AN_ENVIRONMENT = 30
_FOLDER = Path(__file__).parents[1] / "esc"
_OURS = "import pulumi, sophia_infra\nfrom sophia_infra import BlastRadius, IntelligentDnsZone, SelfHealingCert"
_PROGRAM = """
import json, time
at = time.perf_counter()
{imports}
before = time.perf_counter() - at, time.process_time()
from sophia_infra.esc import Environment
Environment.open("sophia/dev", {folder!r})
print(json.dumps({{"other": before, "ours": (time.perf_counter() - at, time.process_time())}}))
"""


def figures(folder: Path, _size: int, rounds: int) -> list[Figure]:
    """Start Python in turn with and without the library."""
    name = "import sophia_infra, on top of import pulumi"
    return [_beyond(name, _OURS, "import pulumi", folder, rounds, MILLISECONDS)]


def environment(folder: Path, _size: int, rounds: int) -> list[Figure]:
    """Start programs that tell how long they took before they opened an environment, and after it.

    Both sides are of one process: two of them differ by more than what is measured.
    """
    program = _PROGRAM.format(imports=_OURS, folder=str(_FOLDER))
    _run(folder, program)  # which compiles modules
    taken = [json.loads(_run(folder, program)) for _ in range(2 * rounds)]
    ours, other = (Series(tuple(Sample(*each[side]) for each in taken)) for side in ("ours", "other"))
    return [_figure("Environment.open, on top of a program", ours, other, OF_AN_ENVIRONMENT)]


def _beyond(name: str, source: str, base: str, folder: Path, rounds: int, limit: float) -> Figure:
    """What one program takes beyond another; twice the rounds, since each takes half a second."""
    ours, other = in_turn(partial(_run, folder, source), partial(_run, folder, base), 2 * rounds)
    return _figure(name, ours, other, limit)


def _figure(name: str, ours: Series, other: Series, limit: float) -> Figure:
    walls = [tuple(seconds * 1000 for seconds in side.wall) for side in (ours, other)]
    return Figure(name, "ms", walls[0], walls[1], Compare.EXTRA, limit, (ours.cpu, other.cpu))


def _run(folder: Path, source: str) -> str:
    """Run a program, and return what it prints."""
    command = [sys.executable, "-c", source]
    return subprocess.run(
        command, env=os.environ | variables(folder / "cache"), check=True, stdout=PIPE, text=True
    ).stdout
