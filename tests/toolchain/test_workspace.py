from __future__ import annotations

import pytest

from tests.support.workspace import CommandError, Workspace

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
