"""Whatever is killed in whatever phase of a run: one outcome for one intent, and no write twice, on the real engine.

The journal is in a PostgreSQL, so the lease is one among machines; the updates that reach the server are counted.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sophia_infra.agent.execution import Run, State, approve, request
from sophia_infra.agent.execution.rows import Word
from sophia_infra.agent.execution.runs import APPLY, EMPTY, ROLLBACK
from sophia_infra.agent.operations import SetRecords
from sophia_infra.engine_process.engine import PROCESS, Engine
from sophia_infra.journal import Entry, Kind
from tests.engine.agent_site import CHECK, HOLD, HOLD_CHECK, HOLD_PREVIEW, Site, entered, served
from tests.engine.test_agent import DECLARED, FILE, PROGRAM, ZONE, agree
from tests.support import postgresql
from tests.support.workspace import kill_session, wait_until

pytestmark = pytest.mark.engine
_ADDRESSES = iter(range(10, 250))


@pytest.fixture(scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory, engine: Path) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("killed")
    with postgresql.anywhere() as journal, served(folder, engine, FILE, DECLARED, PROGRAM, journal) as site:
        yield site


@pytest.fixture
def site(_site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with entered(_site, monkeypatch) as site:
        yield site


@dataclass(slots=True)
class Begun:
    """A phase that is held up: the command that is at it, its engine if one is at work, and what comes next."""

    driver: subprocess.Popen[bytes]
    engine: Engine | None
    next: Callable[[], Run]

    def kill(self, who: str) -> None:
        """Kill the driver, the engine, both, or all that runs of either, as a machine that is lost."""
        if who in ("driver", "both"):
            self.driver.kill()
        with suppress(ProcessLookupError):  # it may be at its end
            engine = int((self.engine.folder / PROCESS).read_text()) if self.engine else 0
            session = os.getsid(engine) if engine else 0
            if who in ("engine", "both"):
                os.kill(engine, signal.SIGKILL)
            if who == "machine" and session:
                kill_session(session)
        if who == "machine":
            kill_session(self.driver.pid)


@dataclass(slots=True)
class Change:
    """A change of one address, and the commands of people who are at it."""

    site: Site
    last: int = field(default_factory=lambda: next(_ADDRESSES))

    @property
    def operation(self) -> SetRecords:
        return SetRecords(ZONE, "mail", "A", (f"192.0.2.{self.last}",))

    def approved(self, *checks: str) -> Run:
        return self.site.approved(self.operation, checks=checks)

    def go_on(self, run: Run) -> Run:
        return self.site.driver.go_on(self.site.runs.at(run.id))

    def go_back(self, run: Run) -> Run:
        """Go on; where the way back was stopped, since its engine was killed, begin another."""
        run = self.go_on(run)
        if run.state is State.STOPPED:
            self.site.refuse_leftovers()
            run = self.site.driver.roll_back(run, agree)
        return run

    def planning(self) -> Begun:
        self.site.hold(HOLD_PREVIEW)
        before, operations = self._previews, json.dumps([self.operation.to_body()])
        driver = self.started("plan", "--operations", "-", text=f"{operations}\n\x04")
        wait_until(lambda: self._previews != before, "the preview to begin")
        (process,) = self._previews - before
        return Begun(driver, Engine(process.parent), lambda: self.go_on(self.approved()))

    def waiting(self) -> Begun:
        run, _ = request(self.site.runs, self.site.planned(self.operation))
        driver = self.started("approve", run.id)
        wait_until(lambda: b"[y/N]" in self._said.read_bytes(), "the question")

        def word() -> Run:
            assert self.site.runs.at(run.id).state is State.WAITING
            return self.go_on(approve(self.site.runs, run))

        return Begun(driver, None, word)

    def applying(self) -> Begun:
        run = self.approved()
        self.site.hold(HOLD)
        driver = self.started("resume", run.id)
        return Begun(driver, working(run, APPLY), lambda: self.go_on(run))

    def writing(self) -> Begun:
        """The write has left the engine, and arrives once that is gone."""
        run, written = self.approved(), len(self.site.updates)
        self.site.gate.clear()
        driver = self.started("resume", run.id)
        wait_until(lambda: len(self.site.updates) > written, "the write to begin")
        return Begun(driver, run.engine(APPLY), lambda: self.go_on(run))

    def written(self) -> Begun:
        """The journal has the outcome, and the state may not."""
        run, before = self.approved(), self._outcome
        driver = self.started("resume", run.id)
        wait_until(lambda: self._outcome != before, "the outcome")
        return Begun(driver, run.engine(APPLY), lambda: self.go_on(run))

    def verifying(self) -> Begun:
        run = self.approved(CHECK)
        self.site.hold(HOLD_CHECK)
        driver = self.started("resume", run.id)
        wait_until(lambda: self.site.runs.at(run.id).state is State.VERIFYING, "the apply to end")
        return Begun(driver, None, lambda: self.go_on(run))

    def rolling_back(self) -> Begun:
        run = self.go_on(self.approved())
        self.site.hold(HOLD)
        driver = self.started("rollback", run.id, text="y\n")
        return Begun(driver, working(self.site.runs.at(run.id), ROLLBACK), lambda: self.go_back(run))

    def verifying_rollback(self) -> Begun:
        begun = self.rolling_back()
        assert begun.engine
        self.site.hold(HOLD_PREVIEW)
        (self.site.workspace.root / HOLD).unlink()
        (run, *_) = self.site.runs.of_stack("demo/test")
        return Begun(begun.driver, working_in(run.engine(EMPTY).folder), lambda: self.go_on(run))

    @property
    def _outcome(self) -> list[Entry]:
        return self.site.runs.journal.entries(Kind.OUTCOME, None, 1)

    @property
    def _previews(self) -> set[Path]:
        return set((self.site.workspace.root / ".sophia/agent").glob("*/preview/process"))

    @property
    def _said(self) -> Path:
        return self.site.workspace.root / ".holds/said"

    def started(self, *words: str, text: str = "") -> subprocess.Popen[bytes]:
        """Start a command in a session of its own, whose standard input is a terminal at which a text is typed."""
        ours, theirs = os.openpty()
        os.write(ours, text.encode())
        with self._said.open("wb") as said:
            command = [sys.executable, "-m", "sophia_infra", "agent", *words, "--stack", "test"]
            return subprocess.Popen(command, stdin=theirs, stdout=said, stderr=said, start_new_session=True)


def working(run: Run, name: str) -> Engine:
    """An engine of a run once it is at work."""
    return working_in(run.engine(name).folder)


def working_in(folder: Path) -> Engine:
    wait_until((folder / PROCESS).exists, "the engine to begin")
    return Engine(folder)


PHASES = {
    "planning": Change.planning,
    "waiting": Change.waiting,
    "applying": Change.applying,
    "writing": Change.writing,
    "written": Change.written,
    "verifying": Change.verifying,
    "rolling back": Change.rolling_back,
    "verifying the way back": Change.verifying_rollback,
}
WITHOUT_ENGINE = ("waiting", "verifying")
SHORT = ("planning-both", "writing-machine", "verifying-machine")


def cells() -> Iterator[object]:
    for phase in PHASES:
        for who in ("driver", "machine") if phase in WITHOUT_ENGINE else ("driver", "engine", "both", "machine"):
            marks = () if f"{phase}-{who}" in SHORT else pytest.mark.soak
            yield pytest.param(phase, who, marks=marks, id=f"{phase}-{who}")


@pytest.mark.parametrize(("phase", "who"), list(cells()))
def test_whatever_is_killed_in_whatever_phase_it_ends_once_as_it_would_have(site: Site, phase: str, who: str) -> None:
    change, before, written = Change(site), site.server.records(), len(site.updates)
    begun = PHASES[phase](change)
    begun.kill(who)
    site.let_go()
    begun.driver.wait(60)
    run = begun.next()
    is_back = phase in ("rolling back", "verifying the way back")
    assert (run.state, run.why) == (State.ROLLED_BACK if is_back else State.DONE, "")
    assert [step.row.word for step in run.steps].count(Word.APPLYING) == 1
    assert len(site.updates) - written == (2 if is_back else 1)
    assert (site.server.records() == before) is is_back
    assert site.serves(f"mail 3600 A 192.0.2.{change.last}") is not is_back
    site.refuse_leftovers()
