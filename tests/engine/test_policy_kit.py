"""How the kit comes to a pack, on the engine: beside it, in it, or not at all; and a second pack that uses it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.policies.resource import changes
from tests.support.files_stack import FilesStack
from tests.support.workspace import REPO, Finished, Workspace

pytestmark = pytest.mark.engine

POLICIES = REPO / "policies"
BEYOND = changes(deletes=30, exposure="critical", reasons=["critical @ MX delete: mail has nowhere to go"])
PROGRAM = """
import pulumi

class File(pulumi.CustomResource):
    def __init__(self, name, **inputs):
        super().__init__("files:index:File", name, {{"folder": {folder!r}, **inputs}})

File('zone', changes={changes}, tags={tags})
"""


@pytest.fixture
def stack(workspace: Workspace, tmp_path: Path) -> FilesStack:
    """A stack whose Python has what an index gives, and nothing of this repository."""
    venv.create(tmp_path / "python")
    python = tmp_path / "python" / "bin" / "python"
    site = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"],
        capture_output=True,
        text=True,
        check=True,
    )
    installed = Path(site.stdout.strip())
    # A path in a .pth file is searched, and the .pth files in it are not read: no editable install comes along.
    (installed / "index.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    workspace.env |= {"PYTHONPATH": "", "PULUMI_PYTHON_CMD": str(python)}
    return FilesStack(workspace)


def run(stack: FilesStack, *command: str, packs: list[Path], tags: dict[str, str] | None = None) -> Finished:
    options = [option for pack in packs for option in ("--policy-pack", str(pack))]
    stack.workspace.program(PROGRAM.format(folder=str(stack.folder), changes=BEYOND, tags=tags or {}))
    return stack.workspace.pulumi(*command, *options, check=False)


def copied(stack: FilesStack, *folders: str) -> Path:
    """What people copy beside a stack of theirs."""
    for folder in folders:
        shutil.copytree(POLICIES / folder, stack.workspace.root / "policies" / folder)
    return stack.workspace.root / "policies"


def install_kit(stack: FilesStack, kit: Path) -> None:
    """What `pip install --editable` does, without an index for the build's own tools."""
    [index] = Path(stack.workspace.env["PULUMI_PYTHON_CMD"]).parents[1].glob("lib/*/site-packages/index.pth")
    index.with_name("kit.pth").write_text(f"{kit}\n")


def own_pack(stack: FilesStack) -> Path:
    """The pack of the kit's README."""
    [source] = re.findall(r"^```python\n(.*?)^```$", (POLICIES / "kit" / "README.md").read_text(), re.M | re.S)
    stack.workspace.write("own/PulumiPolicy.yaml", json.dumps({"runtime": "python"}))
    return stack.workspace.write("own/__main__.py", source).parent


@pytest.mark.parametrize(
    "command", [pytest.param(("preview",), marks=pytest.mark.soak), ("up", "--yes", "--skip-preview")]
)
def test_without_the_kit_the_run_fails_and_says_what_to_install(stack: FilesStack, command: tuple[str, ...]) -> None:
    policies = copied(stack, "kit", "blast_radius")
    stopped = run(stack, *command, packs=[policies / "blast_radius"])
    assert stopped.returncode != 0
    python = stack.workspace.env["PULUMI_PYTHON_CMD"]
    assert f"{python} -m pip install {policies / 'kit'}" in stopped.text.replace("\n", " ")
    assert stack.on_disk == {}


def test_copied_together_and_installed_the_pack_judges(stack: FilesStack) -> None:
    policies = copied(stack, "kit", "blast_radius")
    install_kit(stack, policies / "kit")
    stopped = run(stack, "preview", packs=[policies / "blast_radius"])
    assert stopped.returncode != 0
    assert "[mandatory]  deletes  (files:index:File: zone)" in stopped.text


def test_the_pack_that_is_made_for_publishing_judges_with_nothing_beside_it(stack: FilesStack, tmp_path: Path) -> None:
    [commands] = re.findall(r"```sh\n(pack=.*?)```", (POLICIES / "blast_radius" / "README.md").read_text(), re.S)
    made = commands.replace("pulumi policy publish ORGANIZATION", "pwd")
    done = subprocess.run(
        ["bash", "-euc", made],
        cwd=REPO,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    stopped = run(stack, "preview", packs=[Path(done.stdout.strip())])
    assert stopped.returncode != 0
    assert "[mandatory]  deletes  (files:index:File: zone)" in stopped.text


def test_a_second_pack_shares_the_kit_and_each_has_its_own_verdict(stack: FilesStack) -> None:
    policies = copied(stack, "kit", "blast_radius")
    install_kit(stack, policies / "kit")
    packs = [own_pack(stack), policies / "blast_radius"]
    stopped = run(stack, "preview", packs=packs, tags={"team": "sales"})
    assert stopped.returncode != 0
    assert "the team is 'sales'; teams are infra" in stopped.text
    assert "nothing may hang on a change of this stack" in stopped.text
    assert "[mandatory]  exposure-ceiling" in stopped.text
    assert "[mandatory]  owned" in run(stack, "preview", packs=packs[:1]).text, "tags without a team are refused"
