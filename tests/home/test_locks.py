"""Locks on files."""

import fcntl
import multiprocessing
import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sophia_infra import home
from sophia_infra.home import locked

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event

PROCESSES = multiprocessing.get_context("spawn")


def test_threads_hold_a_lock_one_at_a_time(tmp_path: Path) -> None:
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(5):
            with locked(tmp_path / "lock"):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_lock_that_another_holds_is_waited_for_and_then_given_up(tmp_path: Path) -> None:
    with locked(tmp_path / "lock"), pytest.raises(TimeoutError), locked(tmp_path / "lock", seconds=0):
        pytest.fail("two hold it")


def test_a_release_that_locks_the_file_itself_is_kept_out(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(TimeoutError), locked(tmp_path / "lock", seconds=0):
            pytest.fail("two hold it")


def hold_until(path: Path, held: "Event", told: "Event") -> None:
    with locked(path):
        held.set()
        told.wait(60)


def test_who_waits_for_long_is_told_for_whom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(home, "TOLD_AFTER", 0.01)
    held, told = PROCESSES.Event(), PROCESSES.Event()
    child = PROCESSES.Process(target=hold_until, args=(tmp_path / "lock", held, told))
    child.start()
    assert held.wait(60)
    with pytest.raises(TimeoutError), locked(tmp_path / "lock", 0.1, "the zone shop.example"):
        pytest.fail("two hold it")
    told.set()
    child.join()
    holder = f"process {child.pid} in {Path.cwd()}"
    assert capsys.readouterr().err == f"sophia: waits for the zone shop.example, which {holder} uses\n"
    with locked(tmp_path / "lock"), pytest.raises(TimeoutError), locked(tmp_path / "lock", 0.1):
        pytest.fail("two hold it")
    assert "another resource of this run" in capsys.readouterr().err


def hold_and_die(path: Path) -> None:
    with locked(path):
        os.kill(os.getpid(), signal.SIGKILL)


def test_the_lock_of_a_killed_holder_is_free(tmp_path: Path) -> None:
    child = PROCESSES.Process(target=hold_and_die, args=(tmp_path / "lock",))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    with locked(tmp_path / "lock", seconds=0):
        assert (tmp_path / "lock").exists()
