"""The workflow that people copy."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "policy-in-ci"
WORKFLOW = EXAMPLE / ".github" / "workflows" / "preview.yaml"


def workflow() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text())
    return parsed


def test_the_workflow_may_do_nothing_but_read() -> None:
    assert workflow()["permissions"] == {}
    assert [job["permissions"] for job in workflow()["jobs"].values()] == [{"contents": "read"}]


def test_every_action_is_pinned_by_commit_and_says_its_version() -> None:
    uses = re.findall(r"uses: (.*)", WORKFLOW.read_text())
    assert len(uses) == 3
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+.*", use) for use in uses)


def test_no_expression_reaches_a_shell() -> None:
    steps = [step for job in workflow()["jobs"].values() for step in job["steps"]]
    assert not [step["run"] for step in steps if "${{" in step.get("run", "")]
