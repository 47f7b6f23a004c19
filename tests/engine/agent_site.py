"""A stack that stands, as the agent's tests on the engine work on it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sophia_infra import settings
from sophia_infra.agent.editing import Places
from sophia_infra.agent.execution import Driver, Run, Runs, Schedule, approve, plan, request
from sophia_infra.agent.operations import Operation
from sophia_infra.doctor.stack import Stack
from sophia_infra.journal import Journal
from tests.support import knot
from tests.support.primary import FRAME, SECRET, Primary
from tests.support.workspace import Workspace

HOLD = "hold"
"""A file: as long as it is there, the stack's program waits in an apply."""
AT_ONCE = Schedule(count=1, interval=0, failure_limit=0, inconclusive_limit=0)


@dataclass(frozen=True, slots=True)
class Site:
    """A stack that stands, and the server that serves its zone, if one does."""

    workspace: Workspace
    file: str
    primary: Primary | None = None

    @property
    def runs(self) -> Runs:
        found = Stack.read(self.workspace.root / "Pulumi.test.yaml")
        return Runs(Journal.open(), settings.read(found.get))

    @property
    def driver(self) -> Driver:
        return Driver(self.runs, Places(self.workspace.root, "test"), AT_ONCE)

    def planned(self, *operations: Operation, checks: tuple[str, ...] = ()) -> Run:
        places = Places(self.workspace.root, "test")
        return plan(self.runs, places, "demo/test", operations, checks, lambda _: None)

    def approved(self, *operations: Operation, checks: tuple[str, ...] = ()) -> Run:
        run, why = request(self.runs, self.planned(*operations, checks=checks))
        assert why
        return approve(self.runs, run, why="a test's word")

    @property
    def server(self) -> Primary:
        assert self.primary
        return self.primary

    def serves(self, record: str) -> bool:
        return record in self.server.records()

    @property
    def declared(self) -> str:
        return (self.workspace.root / self.file).read_text()

    def sophia(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "sophia_infra", "agent", *arguments, "--stack", "test"]
        return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


@contextmanager
def served(folder: Path, engine: Path, file: str, declared: str, program: str) -> Iterator[Site]:
    """A stack whose zone a real Knot serves; in the program's text `%r` stands for the settings of its backend."""
    if not knot.installed():
        pytest.skip("knot is not installed; python -m engine.debian gets it")
    with knot.updatable(folder / "server", FRAME.replace("provider", "dns")) as primary:
        workspace = Workspace((folder / "project").resolve(), engine)
        workspace.config("sophia:tsigSecret", SECRET, secret=True)
        workspace.write(file, declared)
        workspace.program(program % primary.settings)
        workspace.up()
        yield Site(workspace, file, primary)


@contextmanager
def entered(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A stack as a command sees it that is given in its folder; nothing holds its program up afterwards."""
    monkeypatch.chdir(site.workspace.root)
    for name in [name for name in os.environ if name.startswith("PULUMI_")]:
        monkeypatch.delenv(name)
    for name, value in site.workspace.environment().items():
        monkeypatch.setenv(name, value)
    yield site
    (site.workspace.root / HOLD).unlink(missing_ok=True)
