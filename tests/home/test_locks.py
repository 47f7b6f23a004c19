"""Locks on files."""

import fcntl
import multiprocessing
import os
import signal
import threading
from pathlib import Path

import pytest

from sophia_infra.home import locked

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
