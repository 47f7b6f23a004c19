"""An engine in a session of its own: it outlives who started it, keeps the lease, and how it ended is read from files.

A script stands in for `pulumi`: tests/engine/test_agent.py has the real one.
"""

import json
import os
import signal
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from sophia_infra.agent.execution.lease import LeaseError, leased
from sophia_infra.engine_process.engine import EVENTS, PROCESS, Ended, Engine, EngineError, error_of
from sophia_infra.engine_process.locks import held
from sophia_infra.journal import Journal
from tests.support.workspace import wait_until

SCRIPT = """\
#!/bin/sh
while [ "$1" != --event-log ]; do shift; done
trap 'echo interrupted; exit 1' INT
: > ready
while [ -e hold ]; do sleep 0.02; done
[ -e summary ] && cat summary > "$2.new" && mv "$2.new" "$2"
while [ -e linger ]; do sleep 0.02; done
exit "$(cat code)"
"""
SUMMARY = {"sequence": 1, "timestamp": 1, "summaryEvent": {"result": "succeeded", "resourceChanges": {}}}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text(SCRIPT)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    project = tmp_path / "project"
    project.mkdir()
    (project / "code").write_text("0")
    return project


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(tmp_path / "engine")


@pytest.mark.parametrize(("code", "ended"), [("0", Ended.SUCCEEDED), ("255", Ended.FAILED)])
def test_it_ends_as_its_exit_code_says(folder: Path, engine: Engine, code: str, ended: Ended) -> None:
    (folder / "code").write_text(code)
    assert not engine.began
    engine.begin(folder, ["up"])
    assert (engine.wait(), engine.began, engine.alive) == (ended, True, False)


def test_the_lease_lasts_as_long_as_the_engine_and_no_longer(folder: Path, engine: Engine) -> None:
    hold = folder / "hold"
    hold.touch()
    with leased("shop/dev", Journal.open()) as locks:
        engine.begin(folder, ["up"], *locks)
    with pytest.raises(LeaseError), leased("shop/dev", Journal.open()):
        pass
    with leased("shop/prod", Journal.open()):
        pass
    hold.unlink()
    engine.wait()
    with leased("shop/dev", Journal.open()):
        pass


@pytest.mark.parametrize(("summary", "ended"), [(SUMMARY, Ended.SUCCEEDED), (None, Ended.LOST)])
def test_where_nobody_is_left_to_write_the_exit_code_the_last_event_says(
    folder: Path, engine: Engine, summary: object, ended: Ended
) -> None:
    linger = folder / "linger"
    linger.touch()
    if summary:
        (folder / "summary").write_text(json.dumps(summary) + "\n")
    engine.begin(folder, ["up"])
    wait_until((engine.folder / PROCESS).exists, "the engine to begin")
    if summary:
        wait_until((engine.folder / EVENTS).exists, "its last event")
    process = int((engine.folder / PROCESS).read_text())
    supervisor = os.getsid(process)
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.getsid(int(entry.name)) == supervisor and int(entry.name) != process:
                os.kill(int(entry.name), signal.SIGKILL)
    assert engine.alive
    linger.unlink()
    assert engine.wait() is ended


def test_it_is_interrupted_by_one_signal_that_its_supervisor_survives(folder: Path, engine: Engine) -> None:
    hold = folder / "hold"
    hold.touch()
    engine.begin(folder, ["up"])
    wait_until((folder / "ready").exists, "the engine to hear signals")
    engine.interrupt()
    engine.interrupt()  # and is not signalled again
    assert engine.wait() is Ended.FAILED
    assert engine.said.count("interrupted") == 1
    engine.interrupt()  # it is gone: there is nothing to signal


def test_it_is_asked_to_stop_even_before_its_process_is_known(folder: Path, engine: Engine) -> None:
    (folder / "hold").touch()
    engine.begin(folder, ["up"])
    engine.interrupt()
    assert engine.wait() is not Ended.SUCCEEDED  # it may not have set its handler up by then


def test_it_begins_with_its_lock_however_many_look_at_it(folder: Path, engine: Engine) -> None:
    engine.folder.mkdir()
    hold = folder / "hold"
    hold.touch()
    beginning = threading.Thread(target=engine.begin, args=(folder, ["up"]))
    with held(engine.folder / "running"):
        beginning.start()
        beginning.join(0.5)
    beginning.join()
    assert engine.alive
    hold.unlink()
    assert engine.wait() is Ended.SUCCEEDED


def test_half_a_line_of_an_engine_that_was_killed_is_no_event(engine: Engine) -> None:
    engine.folder.mkdir()
    (engine.folder / "events").write_text(json.dumps(SUMMARY) + '\n{"sequence": 2, "diagn')
    assert engine.events.result == "succeeded"
    (engine.folder / "events").write_bytes(json.dumps(SUMMARY).encode() + b'\n{"diagn\xc3')
    assert engine.events.result == "succeeded"


def test_of_a_long_error_the_beginning_and_the_end_are_told(engine: Engine) -> None:
    engine.folder.mkdir()
    said = {"sequence": 1, "diagnosticEvent": {"severity": "error", "message": f"it began{'.' * 10**6}it ended"}}
    (engine.folder / "events").write_text(json.dumps(said) + "\n")
    told = error_of(engine)
    assert (told[:8], told[-8:], len(told) < 2_100) == ("it began", "it ended", True)


def test_without_pulumi_nothing_begins(
    folder: Path, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError):
        engine.begin(folder, ["up"])
    assert not engine.began
