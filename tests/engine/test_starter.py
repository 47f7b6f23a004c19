"""What `sophia init` writes is a stack, in an environment that has nothing but what its commands install."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from sophia_infra.starter import next_steps
from tests.support.workspace import REPO, Workspace

pytestmark = pytest.mark.engine

README_LINE = "pip install '.[policies]'"


def checkout(folder: Path) -> Path:
    """A copy of what the package is made of: pip builds in the folder it is given."""
    for name in ("components", "examples", "policies"):
        shutil.copytree(REPO / name, folder / name, symlinks=True, ignore=shutil.ignore_patterns("*.egg-info"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPO / name, folder / name)
    return folder


def test_a_strangers_stack_works_in_a_clean_environment(workspace: Workspace, tmp_path: Path) -> None:
    for readme in ("README.md", "policies/blast_radius/README.md"):
        assert README_LINE in (REPO / readme).read_text()
    venv.create(tmp_path / "clean", symlinks=True)
    programs = tmp_path / "clean" / "bin"
    env = workspace.environment() | {"PYTHONPATH": "", "PULUMI_PYTHON_CMD": str(programs / "python")}
    env["PATH"] = os.pathsep.join([str(programs), env["PATH"]])

    def run(folder: Path, command: str) -> str:
        pip = f"{sys.executable} -m pip --python {programs / 'python'}"
        command = command.replace("python -m pip", pip).replace("pip install", "pip install --quiet --no-compile")
        done = subprocess.run(["bash", "-c", command], cwd=folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(checkout(tmp_path / "checkout"), f"python -m {README_LINE}")
    run(tmp_path, "sophia init dns --domain foo.example")
    folder = tmp_path / "dns"
    install, stack, preview, up = next_steps()
    run(folder, install)
    run(folder, stack)
    assert "sophia-blast-radius" in run(folder, preview)
    run(folder, up.replace("pulumi up", "pulumi up --yes"))
    assert "192.0.2.10" in (folder / "zones" / "db.foo.example").read_text()
    run(folder, "./report.sh policies/blast_radius policies/blast_radius/prod.json --stack prod --expect-no-changes")
    assert "Nothing changes." in (folder / "preview.html").read_text()
    listed = run(folder, "python -m pip list").replace("_", "-")
    assert {"psycopg", "pulumi-policy"} <= {line.split()[0] for line in listed.splitlines() if line}
    assert "sophia-policy-kit" not in listed, "the library brings it, and nothing else does"
