"""A stack that the engine makes once, and that every test gets back as it was made."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.workspace import Workspace


class Made:
    """A stack after its first `up`, and a copy of all its files."""

    def __init__(self, workspace: Workspace, copy: Path) -> None:
        self._workspace = workspace
        workspace.up()
        self._copy = shutil.copytree(workspace.root, copy)

    def again(self) -> Workspace:
        """The stack as it was after that, whatever became of it since."""
        shutil.rmtree(self._workspace.root)
        shutil.copytree(self._copy, self._workspace.root)
        self._workspace.env.clear()
        return self._workspace


def made(program: Callable[[Workspace], None], name: str, factory: pytest.TempPathFactory, engine: Path) -> Made:
    folder = factory.mktemp(name)
    workspace = Workspace(folder / "project", engine)
    program(workspace)
    return Made(workspace, folder / "copy")
