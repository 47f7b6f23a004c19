"""Whole runs of the real engine: a large zone against a resource that only carries its text, and against itself."""

import os
import sys
from pathlib import Path

from bench.figures import Compare, Figure
from bench.timing import in_turn, variables
from bench.zones import versions
from engine.provide import find
from tests.support.workspace import Workspace

UP_RATIO, ADVICE_SHARE = 1.5, 0.05
CHANGED = 10

ZONE = """
from sophia_infra import IntelligentDnsZone

IntelligentDnsZone("big", {"domain": "big.example", "zone_file": "big.zone"})
"""
UNADVISED = "import bench.programs.unadvised\n" + ZONE
BARE = """
from pathlib import Path

from bench.programs.bare import Text

Text("big", Path("big.zone").read_text())
"""


class EngineMissingError(RuntimeError):
    """No Pulumi engine: `make bench` gets one."""


def engine() -> Path:
    """Return the folder of the engine that `make bench` provides."""
    named = os.environ.get("SOPHIA_ENGINE_BIN")
    found = Path(named) if named else find(Path(sys.prefix))
    if not found:
        raise EngineMissingError("no Pulumi engine: run `make bench`, or name its folder in SOPHIA_ENGINE_BIN")
    return found


def stack(folder: Path, name: str, program: str) -> Workspace:
    """Return a project of its own with this program, not yet run."""
    made = Workspace(folder / name, engine(), project=name)
    made.env = variables(folder / "cache")
    made.program(program)
    return made


class Growing:
    """A stack whose zone file is another version at every `up`: no plan and no advice is met twice."""

    def __init__(self, workspace: Workspace, versions: list[str]) -> None:
        self._workspace = workspace
        self._versions = iter(versions)
        self.up()

    def up(self) -> None:
        (self._workspace.root / "big.zone").write_text(next(self._versions))
        self._workspace.up()

    def preview(self) -> None:
        self._workspace.pulumi("preview")


def up(folder: Path, size: int, rounds: int) -> list[Figure]:
    """`pulumi up --skip-preview` with ten changed record sets, and a preview in which nothing changed."""
    texts = versions(size, CHANGED, rounds + 2)
    ours, bare = (Growing(stack(folder, name, program), texts) for name, program in (("zone", ZONE), ("bare", BARE)))
    changed, bare_changed = in_turn(ours.up, bare.up, rounds)
    idle, bare_idle = in_turn(ours.preview, bare.preview, rounds)
    against = f"{size} records against a bare resource"
    return [
        Figure(
            f"up, {CHANGED} sets changed, {against}",
            "s",
            changed.wall,
            bare_changed.wall,
            Compare.RATIO,
            UP_RATIO,
            (changed.cpu, bare_changed.cpu),
        ),
        Figure(
            f"preview, nothing changed, {against}",
            "s",
            idle.wall,
            bare_idle.wall,
            Compare.RATIO,
            cpu=(idle.cpu, bare_idle.cpu),
        ),
    ]


def advice(folder: Path, size: int, rounds: int) -> list[Figure]:
    """A preview in which nothing changed, with the advisor and without it; small zones have the smallest previews."""
    return [_advised(folder, records, rounds) for records in (size, 30)]


def _advised(folder: Path, size: int, rounds: int) -> Figure:
    texts = versions(size, CHANGED, 1)
    advised, silent = (
        Growing(stack(folder, f"{name}-{size}", program), texts)
        for name, program in (("advised", ZONE), ("silent", UNADVISED))
    )
    ours, other = in_turn(advised.preview, silent.preview, 2 * rounds)
    name = f"advice in a preview, nothing changed, {size} records"
    return Figure(name, "s", ours.wall, other.wall, Compare.SHARE, ADVICE_SHARE, (ours.cpu, other.cpu))
