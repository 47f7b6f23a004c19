from __future__ import annotations

import signal
import subprocess
import threading

import pytest

from tests.support.workspace import CommandError, Workspace, kill_all

pytestmark = pytest.mark.engine

GREETING = """
    import pulumi
    pulumi.export("greeting", pulumi.Config().require("greeting"))
    """


def test_a_program_goes_up_and_down(workspace: Workspace) -> None:
    workspace.program(GREETING)
    workspace.config("greeting", "-hello")
    assert "+ pulumi:pulumi:Stack" in workspace.preview().stdout
    workspace.up()
    assert workspace.outputs() == {"greeting": "-hello"}
    workspace.destroy()
    assert workspace.resources() == []


def test_a_failed_command_shows_what_the_program_said(workspace: Workspace) -> None:
    workspace.program("raise SystemExit('the moon is full')")
    with pytest.raises(CommandError, match="the moon is full"):
        workspace.preview()


def test_a_killed_command_leaves_no_process_behind(workspace: Workspace) -> None:
    workspace.program("import pathlib, time; pathlib.Path('up').touch(); time.sleep(600)")
    engine = workspace.start("preview")
    pause = threading.Event()
    assert any((workspace.root / "up").exists() or pause.wait(0.05) for _ in range(1200))
    kill_all(engine)
    assert engine.returncode == -signal.SIGKILL
    sessions = subprocess.check_output(["ps", "-eo", "sid=,stat="], text=True).splitlines()
    assert not [line for line in sessions if line.split()[0] == str(engine.pid) and "Z" not in line.split()[1]]
