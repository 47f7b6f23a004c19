"""Stacks that many tests begin with: the engine makes each once, and every test gets it back as it was made.

All tests have a stack in one folder, each after the other: the state and the journal name files by their whole path.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.certificates import certificate_program
from tests.engine.zones import zone_program
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


def _made(program: Callable[[Workspace], None], name: str, factory: pytest.TempPathFactory, engine: Path) -> Made:
    folder = factory.mktemp(name)
    workspace = Workspace(folder / "project", engine)
    program(workspace)
    return Made(workspace, folder / "copy")


@pytest.fixture(scope="session")
def _zone(tmp_path_factory: pytest.TempPathFactory, engine: Path) -> Made:
    return _made(zone_program, "standing", tmp_path_factory, engine)


@pytest.fixture
def standing(_zone: Made) -> Workspace:
    """The usual zone after its first `up`: state, journal and master file."""
    return _zone.again()


@pytest.fixture(scope="session")
def _certificate(tmp_path_factory: pytest.TempPathFactory, engine: Path) -> Made:
    return _made(certificate_program, "certified", tmp_path_factory, engine)


@pytest.fixture
def certified(_certificate: Made) -> Workspace:
    """The usual certificate after its first `up`: state, journal and CA."""
    return _certificate.again()
