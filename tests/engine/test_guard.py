"""What the guard stops, on the engine: each test looks at the files and at the state afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sophia_infra.guard.tally import OVERRIDE
from tests.support.files_stack import FilesStack
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine

EIGHT = {f"f{number}-1": "old" for number in range(8)}
ALIKE = pytest.mark.soak
"""For a further case of a kind: tests/guard counts and refuses each without the engine."""


@pytest.fixture(scope="module")
def eight(tmp_path_factory: pytest.TempPathFactory, engine: Path) -> FilesStack:
    """A stack of eight files. Tests only preview it, or run what is refused."""
    stack = FilesStack(Workspace(tmp_path_factory.mktemp("guard"), engine))
    stack.deploy("BlastRadius()\nfiles(8)")
    return stack


@pytest.fixture
def untouched(eight: FilesStack) -> Iterator[FilesStack]:
    """The same stack, which must be as it was after the test."""
    yield eight
    assert eight.on_disk == EIGHT
    assert {name: one["inputs"]["text"] for name, one in eight.in_state.items()} == {f"f{n}": "old" for n in range(8)}


@pytest.mark.parametrize(
    ("program", "limit", "verb"),
    [
        ("BlastRadius()", "max_deletes is 5", "delete"),
        pytest.param("BlastRadius()\nfiles(8, key='2')", "max_replaces is 5", "replace", marks=ALIKE),
        ("BlastRadius()\nfiles(8, seat='2')", "max_replaces is 5", "replace"),
        pytest.param("BlastRadius(max_updates=3)\nfiles(8, text='new')", "max_updates is 3", "update", marks=ALIKE),
        pytest.param("BlastRadius(max_creates=3)\nfiles(12)", "max_creates is 3", "create", marks=ALIKE),
    ],
    ids=["delete", "replace, create first", "replace, delete first", "update", "create"],
)
def test_an_up_beyond_a_limit_changes_nothing(untouched: FilesStack, program: str, limit: str, verb: str) -> None:
    refused = untouched.run(program, "up", "--yes")
    assert refused.returncode != 0
    assert "Preview failed" in refused.text
    number = int(limit.rpartition(" ")[2]) + 1
    assert f"{limit}, and this run would {verb} at least {number}: " in refused.text
    assert "(files:index:File)" in refused.text
    assert f"{OVERRIDE}={limit.partition(' ')[0]}=<number>" in refused.text
    assert "Traceback" not in refused.text


@pytest.mark.parametrize(
    "program",
    [
        "BlastRadius(max_deletes=8)",
        pytest.param("BlastRadius(max_deletes=0, max_replaces=8)\nfiles(8, key='2')", marks=ALIKE),
        "BlastRadius(max_deletes=0, max_replaces=8)\nfiles(8, seat='2')",
        pytest.param("BlastRadius(max_updates=8)\nfiles(8, text='new')", marks=ALIKE),
        pytest.param("BlastRadius(max_creates=4)\nfiles(12)", marks=ALIKE),
    ],
    ids=["delete", "replace, create first", "replace, delete first", "update", "create"],
)
def test_what_stays_within_the_limits_passes(untouched: FilesStack, program: str) -> None:
    assert untouched.preview(program, check=True).returncode == 0


@pytest.mark.parametrize("pattern", [pytest.param("f3", marks=ALIKE), "files:*", pytest.param("*::f3", marks=ALIKE)])
def test_a_protected_resource_is_refused_within_all_limits(untouched: FilesStack, pattern: str) -> None:
    refused = untouched.run(f"BlastRadius(protect=[{pattern!r}])\nfiles(3)", "up", "--yes")
    assert refused.returncode != 0
    assert f"f3 (files:index:File) would be deleted, and {pattern!r} in BlastRadius(protect=...)" in refused.text


def test_a_limit_can_be_raised_for_one_run_which_says_so(untouched: FilesStack) -> None:
    raised = untouched.preview("BlastRadius()", env={OVERRIDE: "max_deletes=8"}, check=True)
    assert "warning: BlastRadius: SOPHIA_BLAST_RADIUS sets the limits of this run to" in raised.text
    assert "max_deletes=8" in raised.text


@pytest.mark.parametrize(
    ("program", "env", "message"),
    [
        ("BlastRadius()\nBlastRadius(max_deletes=50)\n", {}, "the program has one already"),
        ("BlastRadius(max_deletes=-1)", {}, "max_deletes is -1; use a number from 0"),
        ("BlastRadius()", {OVERRIDE: "max_delete=8"}, "'max_delete=8' is not <limit>=<number or none>"),
    ],
)
def test_a_guard_that_makes_no_sense_stops_the_run_in_one_line(
    untouched: FilesStack, program: str, env: dict[str, str], message: str
) -> None:
    refused = untouched.run(program + "\nfiles(8, text='new')", "up", "--yes", "--skip-preview", env=env)
    assert refused.returncode != 0
    assert message in refused.text
    assert "Traceback" not in refused.text


def test_a_destroy_is_limited_when_it_runs_the_program(untouched: FilesStack) -> None:
    refused = untouched.run("BlastRadius()\nfiles(8)", "destroy", "--yes", "--run-program")
    assert refused.returncode != 0
    assert "max_deletes is 5, and this run would delete at least 6" in refused.text


def test_a_destroy_that_does_not_run_the_program_is_refused_by_the_engine(untouched: FilesStack) -> None:
    refused = untouched.run("BlastRadius(max_deletes=None)\nfiles(8)", "destroy", "--yes", "--skip-preview")
    assert refused.returncode != 0
    assert "--run-program" in refused.text


def test_a_targeted_run_is_limited(untouched: FilesStack) -> None:
    target = "urn:pulumi:test::demo::files:index:File::f0"
    refused = untouched.run("BlastRadius(max_deletes=0)", "up", "--yes", "--skip-preview", "--target", target)
    assert refused.returncode != 0
    assert "max_deletes is 0, and this run would delete at least 1: f0" in refused.text


def test_without_a_preview_each_operation_beyond_the_limit_is_refused(workspace: Workspace) -> None:
    stack = FilesStack(workspace)
    stack.deploy("BlastRadius()\nfiles(8)")
    refused = stack.run("BlastRadius()\nFile('new')", "up", "--yes", "--skip-preview")
    assert refused.returncode != 0
    assert "max_deletes is 5, and this run would delete at least 6" in refused.text
    assert "new-" in stack.on_disk
    assert len(stack.on_disk) == 1 + 3
    assert {f"{name}-1" for name in stack.in_state if name != "new"} == stack.on_disk.keys() - {"new-"}

    left = stack.on_disk
    for command in (("preview",), ("up", "--yes", "--skip-preview"), ("up", "--yes", "--skip-preview")):
        again = stack.run("BlastRadius()\nFile('new')", *command)
        assert again.returncode != 0
        assert "max_deletes is 5, and the run before stopped at it: this one has no new allowance" in again.text
        assert stack.on_disk == left
    replaced = stack.run("BlastRadius()\nFile('new', key='2')", "up", "--yes", "--skip-preview")
    assert replaced.returncode != 0
    assert stack.on_disk.keys() == left.keys() - {"new-"} | {"new-2"}, "replacements go on, and no other delete"
    allowed = {OVERRIDE: "max_deletes=5"}
    stack.run("BlastRadius()\nFile('new')", "up", "--yes", "--skip-preview", env=allowed, check=True)
    assert list(stack.on_disk) == ["new-"]
    stack.run("BlastRadius()", "up", "--yes", "--skip-preview", check=True)
    assert stack.on_disk == {}


def test_a_replacement_refused_half_way_is_finished_by_the_next_up(workspace: Workspace) -> None:
    stack = FilesStack(workspace)
    stack.deploy("BlastRadius()\nfiles(3)")
    refused = stack.run("BlastRadius(max_replaces=1)\nfiles(3, key='2')", "up", "--yes", "--skip-preview")
    assert "max_replaces is 1, and this run would replace at least 2" in refused.text
    new = {"f0-2", "f1-2", "f2-2"}
    assert new < stack.on_disk.keys()
    assert len(stack.on_disk) == 3 + 2
    finished = stack.run("BlastRadius(max_replaces=1)\nfiles(3, key='2')", "up", "--yes")
    assert finished.returncode == 0, finished.text
    assert stack.on_disk.keys() == new
