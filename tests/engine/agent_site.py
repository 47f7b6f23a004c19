"""A stack that stands, as the agent's tests on the engine work on it."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sophia_infra import settings
from sophia_infra.agent.editing import Places
from sophia_infra.agent.execution import Driver, Run, Runs, Schedule, approve, plan, request
from sophia_infra.agent.operations import Operation
from sophia_infra.agent.sophia import SophiaInfrastructureAgent
from sophia_infra.doctor.stack import Stack
from sophia_infra.journal import Journal
from sophia_infra.journal.postgresql import VARIABLE
from tests.support import knot
from tests.support.primary import FRAME, SECRET, Primary
from tests.support.relay import counting, is_update, relaying
from tests.support.workspace import Workspace

HOLD, HOLD_PREVIEW, HOLD_CHECK = "hold", ".holds/preview", ".holds/check"
"""Files: as long as one is there, the stack's program waits in an apply, or in a preview, or `CHECK` waits."""
CHECK = f"sh -c 'while [ -e {HOLD_CHECK} ]; do sleep 0.05; done'"
"""A check of a run, which is successful."""
AT_ONCE = Schedule(count=1, interval=0, failure_limit=0, inconclusive_limit=0)


@dataclass(frozen=True, slots=True)
class Site:
    """A stack that stands, and the server that serves its zone, if one does."""

    workspace: Workspace
    file: str
    primary: Primary | None = None
    updates: list[bytes] = field(default_factory=list)
    """The updates that were sent to the server."""
    gate: threading.Event = field(default_factory=threading.Event)
    """Unless it is set, they wait on their way."""

    @property
    def runs(self) -> Runs:
        found = Stack.read(self.workspace.root / "Pulumi.test.yaml")
        return Runs(Journal.open(), settings.read(found.get))

    @property
    def driver(self) -> Driver:
        return Driver(self.runs, Places(self.workspace.root, "test"), AT_ONCE)

    def planned(self, *operations: Operation, checks: tuple[str, ...] = ()) -> Run:
        places = Places(self.workspace.root, "test")
        return plan(SophiaInfrastructureAgent("demo/test", places, self.runs), operations, checks)

    def approved(self, *operations: Operation, checks: tuple[str, ...] = ()) -> Run:
        run, why = request(self.runs, self.planned(*operations, checks=checks))
        assert why
        return approve(self.runs, run, why="a test's word")

    @property
    def server(self) -> Primary:
        assert self.primary
        return self.primary

    def hold(self, name: str) -> None:
        """Have a phase wait until `let_go`."""
        self.workspace.write(name, "")

    def let_go(self) -> None:
        self.gate.set()
        for name in (HOLD, HOLD_PREVIEW, HOLD_CHECK):
            (self.workspace.root / name).unlink(missing_ok=True)

    def serves(self, record: str) -> bool:
        return record in self.server.records()

    @property
    def locks(self) -> list[Path]:
        """The locks of the stack that engines have."""
        return list((self.workspace.state_directory / ".pulumi/locks").rglob("*.json"))

    def refuse_leftovers(self) -> None:
        """Assert that no engine left a lock or an operation, and that what the state says is what is served."""
        assert not self.locks
        assert not self.workspace.export()["deployment"].get("pending_operations")
        (zone,) = self.workspace.resources("ZoneRecords")
        says = {line for line in zone["outputs"]["text"].splitlines() if " SOA " not in line}
        assert says == self.server.records()

    @property
    def declared(self) -> str:
        return (self.workspace.root / self.file).read_text()

    def sophia(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "sophia_infra", "agent", *arguments, "--stack", "test"]
        return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


@contextmanager
def served(folder: Path, engine: Path, file: str, declared: str, program: str, journal: str = "") -> Iterator[Site]:
    """A stack whose zone a real Knot serves; in the program's text `%r` stands for the settings of its backend.

    With the URL of a `journal` it has that one, else a file of the project.
    """
    if not knot.installed():
        pytest.skip("knot is not installed; python -m engine.debian gets it")
    updates, gate = list[bytes](), threading.Event()
    counted = counting(updates)

    def asked(number: int, message: bytes) -> bytes | None:
        passed = counted(number, message)
        if is_update(message):
            gate.wait()
        return passed

    gate.set()
    with (
        knot.updatable(folder / "server", FRAME.replace("provider", "dns")) as primary,
        relaying(primary.port, asked) as port,
    ):
        workspace = Workspace((folder / "project").resolve(), engine)
        workspace.env.update({VARIABLE: journal} if journal else {})
        (workspace.root / HOLD_PREVIEW).parent.mkdir()
        workspace.config("sophia:tsigSecret", SECRET, secret=True)
        workspace.write(file, declared)
        workspace.program(program % (primary.settings | {"port": port}))
        workspace.up()
        yield Site(workspace, file, primary, updates, gate)


@contextmanager
def entered(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A stack as a command sees it that is given in its folder; nothing holds its program up afterwards."""
    monkeypatch.chdir(site.workspace.root)
    for name in [name for name in os.environ if name.startswith("PULUMI_")]:
        monkeypatch.delenv(name)
    for name, value in site.workspace.environment().items():
        monkeypatch.setenv(name, value)
    yield site
    site.let_go()
