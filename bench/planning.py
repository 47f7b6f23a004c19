"""`changes` of a zone against octoDNS's plan of the same zone."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.figures import Compare, Figure
from bench.timing import variables
from bench.zones import versions

TIMES_FASTER, SHARE_OF_MEMORY = 20, 0.5
_PLANS_PER_PROCESS = 5
_MIB = 2**20


def figures(folder: Path, size: int, rounds: int) -> list[Figure]:
    """Plan the next version of a zone, in which one record set in a thousand differs.

    Each side starts from the zone in the form that it works on, objects there and text here; making that form counts
    on neither side. Both must find the same plan. Ours weighs every change as well, which octoDNS does not.
    """
    changed = max(10, size // 1000)
    paths = []
    for name, text in zip(("base", "desired"), versions(size, changed, 2), strict=True):
        path = folder / f"{name}.zone"
        path.write_text(text)
        paths.append(str(path))
    pairs = [(_planned("ours", folder, paths), _planned("octodns", folder, paths)) for _ in range(rounds)]
    for ours, other in pairs:
        if ours["plan"] != other["plan"]:
            raise AssertionError(f"the two plans differ: {ours['plan']} here, {other['plan']} in octoDNS")
    seconds = [tuple(side["seconds"] * 1000 for side in sides) for sides in zip(*pairs, strict=True)]
    peaks = [tuple(side["peak"] / _MIB for side in sides) for sides in zip(*pairs, strict=True)]
    what = f"changes, {size} records, {changed} sets differ"
    return [
        Figure(f"{what}: time", "ms", seconds[0], seconds[1], Compare.FASTER, TIMES_FASTER),
        Figure(f"{what}: peak memory", "MiB", peaks[0], peaks[1], Compare.RATIO, SHARE_OF_MEMORY),
    ]


def _planned(side: str, folder: Path, paths: list[str]) -> dict[str, Any]:
    command = [sys.executable, "-m", f"bench.peers.{side}", *paths, str(_PLANS_PER_PROCESS)]
    done = subprocess.run(
        command, env=os.environ | variables(folder / "cache"), stdout=subprocess.PIPE, check=True, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found
