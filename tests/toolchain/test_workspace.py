from __future__ import annotations

import json
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.workspace import CommandError, Workspace, kill_all, wait_until

pytestmark = pytest.mark.engine

GREETING = """
    import pulumi
    pulumi.export("greeting", pulumi.Config().require("greeting"))
    """

PROVIDER = """
    from pulumi.dynamic import Resource, ResourceProvider
    class Slow(ResourceProvider):
        def create(self, props):
            import pathlib, time
            pathlib.Path("up").touch()
            time.sleep(600)
    class Wait(Resource):
        pass
    Wait(Slow(), "slow", {})
    """


def test_a_program_goes_up_and_down(workspace: Workspace) -> None:
    workspace.program(GREETING)
    workspace.config("greeting", "-hello")
    assert "+ pulumi:pulumi:Stack" in workspace.preview().stdout
    workspace.up()
    assert workspace.outputs() == {"greeting": "-hello"}
    workspace.destroy()
    assert workspace.resources() == []


SECRETS = """
    import pulumi
    pulumi.export("plain", {"list": [1, 2.5, None, "text"]})
    pulumi.export("token", pulumi.Output.secret("canary"))
    pulumi.export("deep", {"open": "yes", "closed": [pulumi.Output.secret({"key": "canary"})]})
    """


def test_state_and_outputs_are_read_as_the_engine_shows_them(workspace: Workspace) -> None:
    assert workspace.export() == json.loads(workspace.pulumi("stack", "export").stdout)
    workspace.program(SECRETS)
    workspace.up()
    assert workspace.export() == json.loads(workspace.pulumi("stack", "export").stdout)
    shown = json.loads(workspace.pulumi("stack", "output", "--json").stdout)
    assert workspace.outputs() == shown
    assert (shown["token"], "canary" in str(shown)) == ("[secret]", False)
    assert workspace.outputs(show_secrets=True)["deep"] == {"open": "yes", "closed": [{"key": "canary"}]}


def test_a_failed_command_shows_what_the_program_said(workspace: Workspace) -> None:
    workspace.program("raise SystemExit('the moon is full')")
    with pytest.raises(CommandError, match="the moon is full"):
        workspace.preview()


def test_a_killed_command_leaves_no_process_behind(workspace: Workspace) -> None:
    workspace.program(PROVIDER)
    engine = workspace.start("up", "--yes", "--skip-preview")
    wait_until((workspace.root / "up").exists, "the provider")
    mark = f"PULUMI_HOME={workspace.environment()['PULUMI_HOME']}\0".encode()
    assert len(processes(mark)) > 3, "the engine, the language host, the program and the provider"
    kill_all(engine)
    assert engine.returncode == -signal.SIGKILL
    assert processes(mark) == []


def processes(mark: bytes) -> list[str]:
    """The running processes that have this in their environment, wherever they belong."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # gone by now, or somebody else's
            if mark in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_text())
    return found


def test_what_a_process_compiled_is_kept_for_the_next_one(workspace: Workspace) -> None:
    assert "PYTHONDONTWRITEBYTECODE" not in workspace.environment()


def test_no_file_beside_the_state_can_be_left_half_written(workspace: Workspace) -> None:
    workspace.program("")
    workspace.up()
    assert not list(workspace.state_directory.rglob("*.attrs"))
