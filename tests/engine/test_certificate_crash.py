"""A run that is killed between key and certificate loses nothing, and the next one orders nothing twice."""

import json

import pytest

from tests.engine.certificates import (
    CERTIFICATE,
    KEY,
    WITHIN_WINDOW,
    assert_no_plain_key,
    ca_held,
    certificate_program,
    keys_in_state,
    kill_command,
    move_clock,
    orders,
)
from tests.support.workspace import Workspace, kill_all, wait_until

pytestmark = pytest.mark.engine


def killed_before_the_order(workspace: Workspace) -> None:
    """Start an `up`, and kill it once the state holds another key, while the order is still waiting."""
    before = keys_in_state(workspace)
    with ca_held(workspace):
        running = workspace.start("up", "--yes", "--skip-preview")
        try:
            wait_until(lambda: keys_in_state(workspace) not in ([], before), "the key in the state")
        finally:
            kill_all(running)
    workspace.cancel()


def test_a_key_that_was_saved_is_used_by_the_next_run(workspace: Workspace) -> None:
    certificate_program(workspace)
    killed_before_the_order(workspace)
    (saved,) = keys_in_state(workspace)
    assert orders(workspace) == []

    workspace.up()
    assert keys_in_state(workspace) == [saved]
    (order,) = orders(workspace)
    assert saved in order
    assert "4 unchanged" in workspace.preview().text


def test_a_provider_that_outlives_its_killed_run_does_no_harm(workspace: Workspace) -> None:
    certificate_program(workspace)
    with ca_held(workspace):
        running = workspace.start("up", "--yes", "--skip-preview")
        try:
            wait_until(lambda: len(keys_in_state(workspace)) == 1, "the key in the state")
            kill_command(running)
            workspace.cancel()
        except BaseException:
            kill_all(running)
            raise
    try:
        workspace.up()
    finally:
        kill_all(running)
    (key,) = keys_in_state(workspace)
    (order,) = orders(workspace)
    assert key in order
    assert "4 unchanged" in workspace.preview().text


def test_a_renewal_cut_off_keeps_the_old_pair_and_ends_with_one_more_order(certified: Workspace) -> None:
    (old,) = keys_in_state(certified)
    serving = certified.outputs(show_secrets=True)

    move_clock(certified, WITHIN_WINDOW)
    killed_before_the_order(certified)
    (new,) = keys_in_state(certified)
    assert new != old
    assert len(orders(certified)) == 1
    assert certified.outputs(show_secrets=True) == serving, "the old key and certificate still serve"
    (component,) = certified.resources("sophia:index:SelfHealingCert")
    assert component["outputs"]["certificate_pem"] == serving["certificate_pem"]
    said = certified.preview().text
    assert "renewal window reached" in said

    certified.up()
    assert keys_in_state(certified) == [new]
    assert [new in order for order in orders(certified)] == [False, True]
    assert certified.outputs()["certificate_pem"] != serving["certificate_pem"]
    assert "4 unchanged" in certified.preview().text
    assert_no_plain_key(certified, serving["private_key_pem"], said, json.dumps(certified.export()))


def test_an_order_whose_result_never_reached_the_state_is_not_placed_again(certified: Workspace) -> None:
    (placed,) = certified.resources(CERTIFICATE)

    exported = certified.export()
    resources = exported["deployment"]["resources"]
    exported["deployment"]["resources"] = [one for one in resources if not one["type"].endswith(CERTIFICATE)]
    path = certified.write("state.json", json.dumps(exported))
    certified.pulumi("stack", "import", "--file", str(path))
    assert certified.resources(CERTIFICATE) == []

    certified.up()
    (found,) = certified.resources(CERTIFICATE)
    assert found["outputs"]["serial_number"] == placed["outputs"]["serial_number"]
    assert len(orders(certified)) == 1
    assert len(certified.resources(KEY)) == 1
