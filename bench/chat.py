"""A question of a script's: `sophia chat -p` from the start of the process to its answer, on a state in a file."""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from bench.figures import Compare, Figure
from bench.timing import in_turn, variables

MILLISECONDS = 500
_STATE = Path(__file__).parents[1] / "tests" / "fixtures" / "release_0_1" / "rfc2136" / "state.json"
_ASKED = "what does www point to?"
_ANSWER = "www.shop.example"


def figures(folder: Path, _size: int, rounds: int) -> list[Figure]:
    """Start Python in turn for an answer and for nothing."""
    project = folder / "chat"
    env = os.environ | variables(folder / "cache") | _stack(project)
    said = f"import sys; from sophia_infra.cli import main; sys.exit(main(['chat', '-p', {_ASKED!r}]))"
    ours, other = in_turn(partial(_run, project, env, said, _ANSWER), partial(_run, project, env, "pass", ""), rounds)
    walls = [tuple(seconds * 1000 for seconds in side.wall) for side in (ours, other)]
    name = "sophia chat -p of a question, on top of Python"
    return [Figure(name, "ms", walls[0], walls[1], Compare.EXTRA, MILLISECONDS, (ours.cpu, other.cpu))]


def _stack(project: Path) -> dict[str, str]:
    """Write a project and its state as the engine keeps it in files; return what makes that the one that is asked."""
    states = project / ".pulumi" / "stacks" / "shop"
    states.mkdir(parents=True)
    (project / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    deployment = json.loads(_STATE.read_text())["deployment"]
    (states / "dev.json").write_text(json.dumps({"version": 3, "checkpoint": {"latest": deployment}}))
    return {"PULUMI_BACKEND_URL": project.as_uri(), "PULUMI_STACK": "dev", "SOPHIA_HOME": str(project / ".sophia")}


def _run(project: Path, env: dict[str, str], source: str, expected: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", source], cwd=project, env=env, check=True, stdout=subprocess.PIPE, text=True
    )
    if expected not in ran.stdout:
        raise RuntimeError(f"the answer to {_ASKED!r} is {ran.stdout!r}")
