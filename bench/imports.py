"""What `import sophia_infra`, with all it offers in use, adds to `import pulumi`."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from bench.figures import Compare, Figure
from bench.timing import in_turn, variables

MILLISECONDS = 150
_OURS = "import pulumi, sophia_infra\nfrom sophia_infra import BlastRadius, IntelligentDnsZone, SelfHealingCert"


def figures(folder: Path, _size: int, rounds: int) -> list[Figure]:
    """Start Python in turn with and without the library; twice the rounds, since one takes half a second."""
    ours, other = in_turn(partial(_run, folder, _OURS), partial(_run, folder, "import pulumi"), 2 * rounds)
    walls = [tuple(seconds * 1000 for seconds in side.wall) for side in (ours, other)]
    name = "import sophia_infra, on top of import pulumi"
    return [Figure(name, "ms", walls[0], walls[1], Compare.EXTRA, MILLISECONDS, (ours.cpu, other.cpu))]


def _run(folder: Path, source: str) -> None:
    subprocess.run([sys.executable, "-c", source], env=os.environ | variables(folder / "cache"), check=True)
