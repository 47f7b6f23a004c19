"""The plain shell variant of examples/policy-in-ci, as a CI would run it."""

from __future__ import annotations

import subprocess

import pytest

from tests.policies.resource import changes
from tests.support.files_stack import FilesStack
from tests.support.workspace import BIN, REPO, Workspace

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi

class File(pulumi.CustomResource):
    def __init__(self, name, **inputs):
        super().__init__("files:index:File", name, inputs)

"""


@pytest.fixture
def stack(workspace: Workspace) -> FilesStack:
    workspace.env |= {"PYTHONPATH": "", "PULUMI_PYTHON_CMD": str(BIN / "python")}
    workspace.init()
    return FilesStack(workspace)


def preview(stack: FilesStack, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    stack.workspace.program(PROGRAM + program)
    return subprocess.run(
        [str(REPO / "examples" / "policy-in-ci" / "preview.sh"), *arguments],
        cwd=stack.workspace.root,
        env=stack.workspace.environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_change_within_the_limits_passes_and_one_beyond_fails_the_check(stack: FilesStack) -> None:
    pack = REPO / "policies" / "blast_radius"
    arguments = (str(pack), str(pack / "prod.json"), "--stack", stack.workspace.stack)
    small = changes(deletes=1, exposure="low", reasons=["low old A delete: 1 -> 0 records"])
    passed = preview(stack, f"File('zone', folder='files', changes={small})", *arguments)
    assert passed.returncode == 0, passed.stdout
    failed = preview(stack, f"File('zone', folder='files', changes={changes(deletes=11)})", *arguments)
    assert failed.returncode != 0
    assert "11 deletes of 100 (11%); maxDeleteShare is 10% beyond a floor of 5" in failed.stdout


def test_without_a_pack_the_script_says_how_it_is_used(stack: FilesStack) -> None:
    refused = preview(stack, "")
    assert refused.returncode == 2
    assert "usage: preview.sh PACK CONFIG" in refused.stderr
