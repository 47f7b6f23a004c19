"""The rules' own score as it is committed: it may only rise."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from evaluation.cases import HERE
from evaluation.score import Score

FILE = HERE / "score.json"
RAISE = 'make eval ARGS="--write"'


def read(file: Path = FILE) -> dict[str, Any]:
    """Return the committed score: the counts, the misses by case, and the names of all cases."""
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def write(score: Score, names: Iterable[str], file: Path = FILE) -> None:
    """Commit a score."""
    file.write_text(json.dumps({**score.as_dict(), "names": sorted(names)}, indent=1) + "\n")


def fallen(score: Score, committed: Mapping[str, Any]) -> list[str]:
    """Return what is missed now in cases that were right of it when the score was committed."""
    before = {name: set(misses) for name, misses in committed["misses"].items()}
    return [
        f"{name}: {miss}"
        for name, misses in score.misses.items()
        if name in committed["names"]
        for miss in misses
        if miss not in before.get(name, ())
    ]


def risen(score: Score, committed: Mapping[str, Any]) -> list[str]:
    """Return what was missed when the score was committed and is right now."""
    return [
        f"{name}: {miss}"
        for name, misses in committed["misses"].items()
        for miss in misses
        if miss not in score.misses.get(name, ())
    ]
