"""Two agents on one stack, a stop in mid-write, an upgrade meanwhile: on the real engine, the lease in PostgreSQL."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from sophia_infra.agent.execution import Run, State
from sophia_infra.agent.execution.bound import ApprovalMovedError
from sophia_infra.agent.execution.lease import LeaseError
from sophia_infra.agent.execution.runs import APPLY
from sophia_infra.engine_process.engine import ASKED, PROCESS
from sophia_infra.journal.postgresql import VARIABLE
from tests.engine.agent_site import HOLD, Site, entered
from tests.engine.test_agent import FILE, agree
from tests.engine.test_agent_kills import Change, _site, site, working
from tests.support.workspace import REPO, Workspace, alive_in, wait_until

__all__ = ["_site", "site"]
pytestmark = pytest.mark.engine
FROZEN = """
import os, signal
from sophia_infra.engine_process import engine
from sophia_infra.cli import main

def frozen(*given, begin=engine.Engine.begin):
    os.kill(os.getpid(), signal.SIGSTOP)
    begin(*given)

engine.Engine.begin = frozen
raise SystemExit(main())
"""
"""The command `sophia`, which freezes just before it starts an engine."""


class Elsewhere:
    """The stack as another machine has it: its own checkout and locks, while state and journal are shared."""

    def __init__(self, site: Site, folder: Path) -> None:
        here = site.workspace
        shutil.copytree(here.root, folder, ignore=shutil.ignore_patterns(".sophia", ".state", ".home", HOLD))
        there = Workspace(folder, here.engine)
        kept = here.environment()
        there.env.update({name: kept[name] for name in ("PULUMI_BACKEND_URL", "PULUMI_HOME", VARIABLE)})
        self.site = replace(site, workspace=there)

    @contextmanager
    def at(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
        """For a block: be there."""
        with monkeypatch.context() as moved:
            moved.setenv("XDG_STATE_HOME", str(self.site.workspace.root / ".user"))
            with entered(self.site, moved) as site:
                yield site


@contextmanager
def frozen_with_its_engine(change: Change, run: Run) -> Iterator[subprocess.Popen[bytes]]:
    """For a block: a machine in its apply that is suspended; it is thawed afterwards."""
    change.site.hold(HOLD)
    driver = change.started("resume", run.id)
    engine = working(run, APPLY)
    wait_until(lambda: bool(change.site.locks), "the engine to lock the stack")
    sessions = [driver.pid, os.getsid(int((engine.folder / PROCESS).read_text()))]
    processes = [process for session in sessions for process in alive_in(session)]
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield driver
    finally:
        change.site.let_go()
        for process in processes:
            os.kill(process, signal.SIGCONT)


@contextmanager
def frozen_before_its_engine(run: Run) -> Iterator[subprocess.Popen[bytes]]:
    """For a block: a command that has the lease and has seen that nothing moved, before it starts its engine."""
    command = [sys.executable, "-c", FROZEN, "agent", "resume", run.id, "--stack", "test"]
    driver = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        stat = Path(f"/proc/{driver.pid}/stat")
        wait_until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", "the command to freeze")
        yield driver
    finally:
        driver.send_signal(signal.SIGCONT)


def end_the_lease() -> None:
    """End the session that holds it, as the server does about a minute after a machine is gone."""
    with psycopg.connect(os.environ[VARIABLE], autocommit=True) as db:
        held = "FROM pg_locks WHERE locktype = 'advisory' AND granted"
        assert db.execute(f"SELECT pg_terminate_backend(pid) {held}").rowcount > 0


def test_an_agent_that_is_frozen_in_its_apply_past_its_lease_applies_once_and_another_one_meanwhile_nothing(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, written, there = Change(site), len(site.updates), Elsewhere(site, tmp_path / "project")
    mine = change.approved()
    with there.at(monkeypatch) as other:
        theirs = Change(other).approved()
    with frozen_with_its_engine(change, mine) as driver:
        end_the_lease()
        with there.at(monkeypatch) as other, pytest.raises(LeaseError):
            other.driver.go_on(theirs)
    assert driver.wait(120) == 0
    with there.at(monkeypatch) as other, pytest.raises(ApprovalMovedError):
        other.driver.go_on(other.runs.at(theirs.id))
    assert (site.runs.at(mine.id).state, len(site.updates) - written) == (State.DONE, 1)
    site.refuse_leftovers()


@pytest.mark.soak
def test_an_agent_that_is_frozen_before_its_engine_applies_nothing_over_what_another_one_did_meanwhile(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, written, there = Change(site), len(site.updates), Elsewhere(site, tmp_path / "project")
    mine = change.approved()
    with frozen_before_its_engine(mine) as driver:
        end_the_lease()
        with there.at(monkeypatch) as other:
            assert Change(other).go_on(Change(other).approved()).state is State.DONE
    assert driver.wait(120) == 1
    assert (site.runs.at(mine.id).state, len(site.updates) - written) == (State.FAILED, 1)
    site.refuse_leftovers()
    site.workspace.write(FILE, there.site.declared)  # as people pull what another has changed


def test_stop_in_mid_write_is_said_once_that_has_ended_and_no_write_arrives_afterwards(site: Site) -> None:
    change, written = Change(site), len(site.updates)
    run = change.approved()
    site.gate.clear()
    driver = change.started("resume", run.id)
    wait_until(lambda: len(site.updates) > written, "the write to begin")
    stop = change.started("stop", run.id)
    wait_until((run.engine(APPLY).folder / ASKED).exists, "the engine to be asked")
    assert stop.poll() is None
    site.gate.set()
    assert (stop.wait(60), driver.wait(60)) == (0, 1)
    stopped = site.runs.at(run.id)
    assert (stopped.state, run.engine(APPLY).alive, len(site.updates)) == (State.STOPPED, False, written + 1)
    site.refuse_leftovers()


@pytest.mark.soak
def test_stop_before_the_write_is_said_once_the_engine_is_gone_and_nothing_is_written(site: Site) -> None:
    change, written = Change(site), len(site.updates)
    run = change.approved()
    site.hold(HOLD)
    driver = change.started("resume", run.id)
    engine = working(run, APPLY)
    assert change.started("stop", run.id).wait(60) == 0
    stopped = site.runs.at(run.id)
    assert (stopped.state, engine.alive, driver.wait(60)) == (State.STOPPED, False, 1)
    site.let_go()
    assert len(site.updates) == written
    assert site.driver.roll_back(stopped, agree).state is State.ROLLED_BACK


def test_an_approval_that_waits_while_the_package_is_upgraded_holds_no_more_and_nothing_is_written(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, declared, written = Change(site), site.declared, len(site.updates)
    run = change.approved()
    newer = tmp_path / "newer"
    shutil.copytree(REPO / "components", newer, ignore=shutil.ignore_patterns("__pycache__"))
    (newer / "sophia_infra/version.py").write_text('VERSION = "99.0.0"\n')
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(newer), str(REPO)]))
    assert change.started("resume", run.id).wait(120) == 1
    stopped = site.runs.at(run.id)
    assert (stopped.state, "became 99.0.0" in stopped.why) == (State.STOPPED, True)
    assert (site.declared, len(site.updates)) == (declared, written)
