"""What the guard adds to each resource of a stack."""

from collections.abc import Mapping
from functools import partial
from itertools import count
from pathlib import Path

from bench.figures import Compare, Figure
from bench.stacks import stack
from bench.timing import Series, in_turn
from tests.support.workspace import Workspace

MILLISECONDS, RESOURCES = 5, 500
_UNWRITTEN = {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}

UNGUARDED = f"""
from pathlib import Path

from bench.programs.bare import Text

version = Path("version").read_text()
for number in range({RESOURCES}):
    Text(f"text-{{number}}", version)
"""
GUARDED = f"""
from sophia_infra import BlastRadius

BlastRadius(max_updates=None)
{UNGUARDED}
"""


class Growing:
    """A stack in which every resource changes before each `up`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._versions = count()

    def preview(self) -> None:
        (self._workspace.root / "version").write_text(str(next(self._versions)))
        self._workspace.pulumi("preview")

    def up(self, settings: Mapping[str, str] | None = None) -> None:
        (self._workspace.root / "version").write_text(str(next(self._versions)))
        self._workspace.up(env=settings)


def figures(folder: Path, _size: int, rounds: int) -> list[Figure]:
    """Preview the making of 500 resources, then change all of them; the guard counts each.

    The engine writes the whole state twice a resource. That takes ten times what the guard can take, so changes are
    measured without it too.
    """
    guarded, bare = Growing(stack(folder, "guarded", GUARDED)), Growing(stack(folder, "unguarded", UNGUARDED))
    previews = in_turn(guarded.preview, bare.preview, rounds)
    ups = in_turn(guarded.up, bare.up, min(rounds, 3))
    unwritten = in_turn(partial(guarded.up, _UNWRITTEN), partial(bare.up, _UNWRITTEN), rounds, warm_up=False)
    return [
        _figure(f"guard, preview of {RESOURCES} new resources, each", *previews),
        _figure(f"guard, up of {RESOURCES} changed resources, each", *ups),
        _figure(f"guard, up of {RESOURCES}, state not written, each", *unwritten),
    ]


def _figure(name: str, ours: Series, other: Series) -> Figure:
    each = [tuple(seconds * 1000 / RESOURCES for seconds in side.wall) for side in (ours, other)]
    return Figure(name, "ms", each[0], each[1], Compare.EXTRA, MILLISECONDS, (ours.cpu, other.cpu))
