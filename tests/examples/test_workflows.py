"""The workflows of this repository, and those that people copy; `tests/engine/test_workflows.py` runs their steps."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.workspace import BIN, REPO

EXAMPLE = REPO / "examples" / "policy-in-ci"
FOLDERS = (REPO / ".github", EXAMPLE / ".github")
WORKFLOWS = [path for folder in FOLDERS for path in sorted(folder.glob("workflows/*.yaml"))]
FILES = [*WORKFLOWS, *EXAMPLE.glob(".github/actions/*/action.yaml")]
MAY = {("comment", "pull-requests"): "write", ("heal", "actions"): "read"}
"""What a job may do beside reading the code."""

each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: str(path.relative_to(REPO)))
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(REPO)))


def read(path: Path) -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load(path.read_text())
    return parsed


def test_all_of_them_are_looked_at() -> None:
    assert {path.stem for path in WORKFLOWS} == {"ci", "preview", "up", "daily"}
    assert len(FILES) == len(WORKFLOWS) + 1


@each_workflow
def test_a_workflow_may_do_nothing_but_what_a_job_names(path: Path) -> None:
    found = read(path)
    assert found["permissions"] == {}
    given = {(job, scope): word for job, its in found["jobs"].items() for scope, word in its["permissions"].items()}
    assert {key: word for key, word in given.items() if key[1] != "contents"}.items() <= MAY.items()
    assert {word for key, word in given.items() if key[1] == "contents"} <= {"read"}
    assert all("timeout-minutes" in job for job in found["jobs"].values())


@each_file
def test_every_action_is_pinned_by_commit_and_says_its_version(path: Path) -> None:
    uses = [use for use in re.findall(r"uses: (.*)", path.read_text()) if not use.startswith("./")]
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use) for use in uses)
    own = re.findall(r"uses: \./\.github/(.*)", path.read_text())
    assert all((path.parents[1] / use / "action.yaml").exists() for use in own)


def test_one_version_of_an_action_is_used_everywhere() -> None:
    uses = {use for path in FILES for use in re.findall(r"uses: (\w.*)", path.read_text())}
    assert len(uses) == len({use.partition("@")[0] for use in uses})


@each_workflow
def test_no_expression_reaches_a_shell(path: Path) -> None:
    steps = [step for job in read(path)["jobs"].values() for step in job["steps"]]
    assert not [step["run"] for step in steps if "${{" in step.get("run", "")]


@each_workflow
def test_what_may_write_runs_nothing_of_the_pull_request(path: Path) -> None:
    for job in read(path)["jobs"].values():
        if "write" in job["permissions"].values():
            uses = [step["uses"] for step in job["steps"] if "uses" in step]
            assert not [use for use in uses if use.startswith(("./", "actions/checkout"))]


def test_a_saved_plan_is_applied_once_people_have_agreed() -> None:
    jobs = read(EXAMPLE / ".github" / "workflows" / "up.yaml")["jobs"]
    assert (jobs["apply"]["environment"], jobs["apply"]["needs"]) == ("production", "plan")
    assert "--plan plan.json" in jobs["apply"]["steps"][-1]["run"]


def test_a_linter_of_workflows_finds_nothing() -> None:
    zizmor = shutil.which("zizmor", path=BIN)
    assert zizmor, "requirements-dev.txt brings it"
    command = [zizmor, "--offline", "--no-progress", "--min-severity", "medium", "--color", "never"]
    linted = subprocess.run([*command, *map(str, FOLDERS)], capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout
