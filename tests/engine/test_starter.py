"""What `sophia init` writes is a stack: the commands that it prints run as they stand."""

import subprocess
from pathlib import Path

import pytest

from sophia_infra.starter import Stack, next_steps, place
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine


def test_the_next_steps_end_with_a_served_zone(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "dns"
    place(Stack("foo.example", "sophia-infra").files(), folder)
    install, *steps = next_steps()  # the tests' environment has what the first step installs
    assert install.startswith("python -m pip install -r requirements.txt ")
    for step in [*steps, "pulumi preview --expect-no-changes --stack prod"]:
        command = step.replace("pulumi up", "pulumi up --yes")
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env=workspace.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert "192.0.2.10" in (folder / "zones" / "db.foo.example").read_text()
