"""Fixtures that every room may use."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from engine.provide import find
from tests.support import no_model
from tests.support.canaries import WATCH
from tests.support.workspace import Workspace

# No test is about time, and machines are shared. `make test` draws the same examples each time;
# `make soak` explores, prints how to draw again what it finds, and that becomes an example of its test.
settings.register_profile("steady", deadline=None, derandomize=True, database=None)
settings.register_profile("explore", deadline=None, print_blob=True, database=None)
settings.load_profile("steady")

# Many a test moves the clock and applies; that neither is done unless a variable says so is shown in their own tests.
os.environ["SOPHIA_REHEARSAL"] = "apply"

# Most tests start processes of ours: each would compile every module again, which is an eighth of what an `up` costs.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A shell that runs the tests in its background ignores Ctrl-C, and all that tests start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# This user's own key stays what it is; the processes that tests start have the same.
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="sophia-state-")
no_model.BAN.install(os.environ)

LOOP = asyncio.new_event_loop()
"""The one that the SDK runs mocked programs in. Closing it would end threads of the SDK that have loops."""

REQUIRE = "SOPHIA_REQUIRE_ENGINE"
HINT = "no Pulumi engine: run `make setup`, or name a folder that holds one in SOPHIA_ENGINE_BIN"


@pytest.fixture(scope="session")
def engine() -> Path:
    """The folder that holds `pulumi` and its language host; without one, skips or fails."""
    if named := os.environ.get("SOPHIA_ENGINE_BIN"):
        return Path(named)
    in_venv = sys.prefix != sys.base_prefix
    if in_venv and (found := find(Path(sys.prefix))):
        return found
    if os.environ.get(REQUIRE):
        pytest.fail(HINT)
    pytest.skip(HINT)


@pytest.fixture
def workspace(tmp_path: Path, engine: Path) -> Workspace:
    """An empty Pulumi project with its own backend; nothing of it outlives the test."""
    return Workspace(tmp_path / "project", engine)


@pytest.fixture(autouse=True)
def _a_current_loop() -> None:
    """Give each test a current event loop, as a program has: `asyncio.run` in a test before it took that away."""
    asyncio.set_event_loop(LOOP)


@pytest.fixture(autouse=True)
def _no_real_model(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that asked a real model, whatever became of it."""
    yield
    no_model.BAN.settle(request.node.nodeid)


@pytest.fixture(autouse=True)
def _nothing_said() -> None:
    """Let each test hear what another one heard before: a process says every line once."""
    if reporter := sys.modules.get("sophia_infra.reporter"):
        reporter.STDERR.forget()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that let a secret out, while its folder is there to look into."""
    report = yield
    if call.when == "call":
        if folder := getattr(item, "funcargs", {}).get("tmp_path"):
            WATCH.look(folder)
        WATCH.hear("captured output", report.capstdout + report.capstderr + report.caplog)
        found = WATCH.settled()
        if found and report.passed and item.get_closest_marker("plants_canaries") is None:
            report.outcome, report.longrepr = "failed", f"a secret got out:\n{found}"
    return report


@pytest.fixture(scope="session", autouse=True)
def _shared_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Look into what tests share as well, once nobody needs it any more."""
    yield
    WATCH.settled()
    made = {folder for folder in tmp_path_factory.getbasetemp().iterdir() if not folder.is_symlink()}
    for folder in made - WATCH.looked:
        WATCH.look(folder)
    if found := WATCH.settled():
        pytest.fail(f"a secret got out of a test, or of what tests share:\n{found}", pytrace=False)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests count, from whichever process: `record_property("figure", ...)`."""
    told = (told for report in terminalreporter.getreports("passed") for told in report.user_properties)
    for line in (str(value) for name, value in told if name == "figure"):
        terminalreporter.write_line(line)
