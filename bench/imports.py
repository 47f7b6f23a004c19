"""What `import sophia_infra`, with all it offers in use, adds to `import pulumi`, and an environment to a program."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from bench.figures import Compare, Figure
from bench.timing import in_turn, variables

MILLISECONDS = 150
OF_AN_ENVIRONMENT = 30
_FOLDER = Path(__file__).parents[1] / "esc"
_OURS = "import pulumi, sophia_infra\nfrom sophia_infra import BlastRadius, IntelligentDnsZone, SelfHealingCert"


def figures(folder: Path, _size: int, rounds: int) -> list[Figure]:
    """Start Python in turn with and without the library."""
    name = "import sophia_infra, on top of import pulumi"
    return [_beyond(name, _OURS, "import pulumi", folder, rounds, MILLISECONDS)]


def environment(folder: Path, _size: int, rounds: int) -> list[Figure]:
    """Start the imports of a program in turn with and without an environment that it opens."""
    opens = f"{_OURS}\nfrom sophia_infra.esc import Environment\nEnvironment.open('sophia/dev', {str(_FOLDER)!r})"
    return [_beyond("Environment.open, on top of a program", opens, _OURS, folder, rounds, OF_AN_ENVIRONMENT)]


def _beyond(name: str, source: str, base: str, folder: Path, rounds: int, limit: float) -> Figure:
    """What one program takes beyond another; twice the rounds, since each takes half a second."""
    ours, other = in_turn(partial(_run, folder, source), partial(_run, folder, base), 2 * rounds)
    walls = [tuple(seconds * 1000 for seconds in side.wall) for side in (ours, other)]
    return Figure(name, "ms", walls[0], walls[1], Compare.EXTRA, limit, (ours.cpu, other.cpu))


def _run(folder: Path, source: str) -> None:
    subprocess.run([sys.executable, "-c", source], env=os.environ | variables(folder / "cache"), check=True)
