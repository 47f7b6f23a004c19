"""What each of the three limits judges and what it can't see: statements of docs/limits.md that no other test holds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.test_policy_pack import BEYOND, judged
from tests.engine.zones import RECORDS, master_file, without, zone_program
from tests.policies.resource import changes
from tests.support.files_stack import FilesStack
from tests.support.workspace import BIN, Workspace

pytestmark = pytest.mark.engine


@pytest.fixture
def stranger(workspace: Workspace) -> FilesStack:
    """A stack of another provider's resources, without `sophia_infra` on its path."""
    workspace.env |= {"PYTHONPATH": "", "PULUMI_PYTHON_CMD": str(BIN / "python")}
    return FilesStack(workspace)


def test_a_zone_beyond_its_limits_is_stopped_without_a_preview_as_well(standing: Workspace) -> None:
    zone_program(standing, without("@ MX"))
    refused = standing.pulumi("up", "--yes", "--skip-preview", check=False)
    assert refused.returncode != 0
    assert "max_exposure is high" in refused.text
    assert " MX " in master_file(standing).read_text()


def test_a_zone_that_deletes_sets_is_one_update_to_the_guard(workspace: Workspace) -> None:
    extra = [{"name": f"n{number}", "type": "A", "values": ["192.0.2.1"]} for number in range(6)]
    guard = "from sophia_infra import BlastRadius\nBlastRadius(max_deletes=0)"
    zone_program(workspace, [*RECORDS, *extra], before=guard)
    workspace.up()
    zone_program(workspace, before=guard)
    workspace.up()
    assert "n0" not in master_file(workspace).read_text()


def test_the_pack_sees_neither_the_delete_of_a_resource_nor_runs_without_it(stranger: FilesStack) -> None:
    judged(stranger, f"File('zone', changes={changes()})", "up", "--yes", "--skip-preview")
    assert "zone-" in stranger.on_disk
    strict = {"deletes": {"maxDeletes": 0}, "protected-names": {"neverDelete": ["@ MX"]}}
    assert judged(stranger, "", "preview", config=strict).returncode == 0
    assert judged(stranger, f"File('zone', changes={BEYOND})", "preview", config=strict).returncode != 0
    assert stranger.workspace.preview().returncode == 0


def test_settings_of_a_policy_that_the_pack_does_not_have_stop_the_run(stranger: FilesStack) -> None:
    stopped = judged(stranger, f"File('zone', changes={changes()})", "preview", config={"delete": {"maxDeletes": 0}})
    assert stopped.returncode != 0
    assert "sophia-blast-radius was not configured; its policies are deletes, updates, " in stopped.text


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"delete": "mandatory"}, "delete is no policy; known are deletes, updates, "),
        ({"deletes": {"maxDelete": 0}}, "deletes.maxDelete is no setting; known are maxDeletes, "),
    ],
)
def test_what_the_pack_does_not_have_stops_the_run_with_what_was_meant(
    stranger: FilesStack, config: dict[str, Any], told: str
) -> None:
    stopped = judged(stranger, f"File('zone', changes={changes()})", "up", "--yes", config=config)
    assert stopped.returncode != 0
    assert told in stopped.text
    assert f"did you mean {'maxDeletes' if 'deletes' in config else 'deletes'}?" in stopped.text
    assert stranger.on_disk == {}


def test_a_level_for_all_policies_is_no_name_of_one(stranger: FilesStack) -> None:
    config = {"all": "advisory"}
    passed = judged(stranger, f"File('zone', changes={BEYOND})", "preview", config=config)
    assert passed.returncode == 0, passed.text
    assert "[advisory]  deletes" in passed.text


def test_a_destroy_of_a_stack_that_never_ran_with_a_guard_is_not_limited(workspace: Workspace) -> None:
    stack = FilesStack(workspace)
    stack.deploy("files(9)")
    destroyed = stack.run("BlastRadius(max_deletes=0)\nfiles(9)", "destroy", "--yes", "--skip-preview")
    assert destroyed.returncode == 0, destroyed.text
    assert stack.on_disk == {}
