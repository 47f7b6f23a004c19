"""The pack by its folder, in a stack that knows nothing of this library, on the engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.policies.resource import advice, changes, finding
from tests.support.files_stack import FilesStack
from tests.support.workspace import BIN, REPO, Finished, Workspace

pytestmark = pytest.mark.engine

PACK = REPO / "policies" / "blast_radius"
BEYOND = changes(deletes=30, exposure="critical", reasons=["critical @ MX delete: mail has nowhere to go"])


PRELUDE = """
import pulumi

class File(pulumi.CustomResource):
    def __init__(self, name, **inputs):
        super().__init__("files:index:File", name, {{"folder": {folder!r}, **inputs}})

"""


@pytest.fixture
def stranger(workspace: Workspace) -> FilesStack:
    """A stack of another provider's resources, without `sophia_infra` on its path."""
    workspace.env |= {"PYTHONPATH": "", "PULUMI_PYTHON_CMD": str(BIN / "python")}
    return FilesStack(workspace)


def judged(
    stack: FilesStack, program: str, *command: str, config: Path | dict[str, Any] = PACK / "dev.json"
) -> Finished:
    if isinstance(config, dict):
        config = stack.workspace.write("config.json", json.dumps(config))
    pack = ["--policy-pack", str(PACK), "--policy-pack-config", str(config)]
    stack.workspace.program(PRELUDE.format(folder=str(stack.folder)) + program)
    return stack.workspace.pulumi(*command, *pack, check=False)


def test_an_up_beyond_a_mandatory_limit_changes_nothing(stranger: FilesStack) -> None:
    stopped = judged(stranger, f"File('zone', changes={BEYOND})\nFile('plain')", "up", "--yes")
    assert stopped.returncode != 0
    assert "[mandatory]  deletes  (files:index:File: zone)" in stopped.text
    assert "30 deletes of 100 (30%); maxDeleteShare is 25%" in stopped.text
    assert "[mandatory]  exposure-ceiling  (files:index:File: zone)" in stopped.text
    assert "plain)" not in stopped.text
    assert stranger.on_disk == {}
    assert stranger.in_state == {}


def test_without_a_preview_the_resource_beyond_a_limit_is_not_touched(stranger: FilesStack) -> None:
    stopped = judged(stranger, f"File('zone', changes={BEYOND})", "up", "--yes", "--skip-preview")
    assert stopped.returncode != 0
    assert stranger.on_disk == {}


def test_advice_of_the_levels_asked_for_is_shown_and_stops_nothing(stranger: FilesStack) -> None:
    program = f"File('zone', changes={changes()}, advice={advice(finding())})"
    asked = {"advice": {"levels": ["warning"]}}
    shown = judged(stranger, program, "up", "--yes", "--skip-preview", config=asked)
    assert shown.returncode == 0, shown.text
    assert "[advisory]  advice  (files:index:File: zone)" in shown.text
    assert "warning MX001 @ MX: one exchanger only Fix: add one" in shown.text
    assert "zone-" in stranger.on_disk


def test_what_is_not_known_at_preview_is_refused(stranger: FilesStack) -> None:
    late = "late = File('late').id\n"
    program = f"{late}File('zone', changes={{**{changes()}, 'deletes': late}})"
    stopped = judged(stranger, program, "preview")
    assert stopped.returncode != 0
    assert "[mandatory]  deletes  (files:index:File: zone)" in stopped.text
    assert "changes.deletes is not known at preview" in stopped.text


def test_a_stack_sets_limits_and_levels_of_its_own(stranger: FilesStack) -> None:
    program = f"File('zone', changes={BEYOND}, advice={advice(verdict='block')})"
    config = {"deletes": {"maxDeleteShare": 0.3}, "exposure-ceiling": "advisory", "blocking-advice": "disabled"}
    passed = judged(stranger, program, "preview", config=config)
    assert passed.returncode == 0, passed.text
    assert "[advisory]  exposure-ceiling" in passed.text
    assert "[mandatory]" not in passed.text
    assert "blocking-advice" not in passed.text


def test_production_stops_what_development_lets_through(stranger: FilesStack) -> None:
    program = f"File('zone', changes={changes(deletes=15)})"
    assert judged(stranger, program, "preview").returncode == 0
    stopped = judged(stranger, program, "preview", config=PACK / "prod.json")
    assert stopped.returncode != 0
    assert "maxDeleteShare is 10%" in stopped.text


def test_a_configuration_that_makes_no_sense_stops_the_run(stranger: FilesStack) -> None:
    config = {"deletes": {"maxDeletes": "five"}}
    stopped = judged(stranger, f"File('zone', changes={changes()})", "preview", config=config)
    assert stopped.returncode != 0
    assert "deletes: maxDeletes: Invalid type" in stopped.text
