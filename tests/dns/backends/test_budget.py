import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sophia_infra.dns.backends import BackendError
from sophia_infra.dns.backends.budget import Budget, Window
from tests.support.refusals import refused

PROGRAM = """
import sys
from sophia_infra.dns.backends.budget import Budget, Window
waits = []
budget = Budget("ops", (Window(30, 60),), patience=10_000, sleep=waits.append)
for _ in range(60):
    budget.spend()
print(sum(wait > 1 for wait in waits))
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path))
    return tmp_path


def waits(budget: Budget, requests: int) -> list[float]:
    slept: list[float] = []
    for _ in range(requests):
        Budget(budget.account, budget.windows, budget.patience, slept.append).spend()
    return slept


def test_requests_within_the_window_go_at_once_and_the_next_one_waits() -> None:
    slept = waits(Budget("ops", (Window(3, 60),)), 5)
    assert slept[:3] == [0, 0, 0]
    assert 59 < slept[3] <= 60.001
    assert 59 < slept[4] <= 60.001


def test_places_that_others_took_ahead_count() -> None:
    slept = waits(Budget("ops", (Window(2, 60),), patience=200), 6)
    assert [round(wait, -1) for wait in slept] == [0, 0, 60, 60, 120, 120]


def test_a_wait_beyond_patience_is_refused_and_says_when_it_goes_on() -> None:
    budget = Budget("ops", (Window(20, 60), Window(2, 3600)))
    waits(budget, 2)
    says = r"has used its 2 requests in 3600 seconds; it goes on at 20\d\d-.* UTC"
    with refused(BackendError, "throttled", subject="ops", limit=90, says=says):
        budget.spend()
    with pytest.raises(BackendError):  # a refused request took no place
        budget.spend()


def test_requests_that_go_together_wait_together() -> None:
    slept: list[float] = []
    budget = Budget("ops", (Window(3, 60),), sleep=slept.append)
    budget.spend(2)
    budget.spend(2)
    budget.spend()
    assert slept[0] == 0
    assert 59 < slept[1] <= 60.001, "times are kept in milliseconds"
    assert 59 < slept[2] <= 60.001
    Budget("robot", (Window(1, 60),), sleep=slept.append).spend(2)
    assert slept[3] == 0


def test_another_account_has_its_own() -> None:
    waits(Budget("ops", (Window(1, 3600),)), 1)
    assert waits(Budget("robot", (Window(1, 3600),)), 1) == [0]


def test_processes_that_run_at_once_share_it(home: Path) -> None:
    command = [sys.executable, "-c", PROGRAM]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(3)]
    late = [int(run.communicate(timeout=60)[0]) for run in runs]
    assert sum(late) == 180 - 30


def test_times_far_ahead_from_before_the_clock_was_set_back_are_forgotten(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = Budget("ops", (Window(1, 60),), patience=0)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 10_000)
    budget.spend()
    monkeypatch.setattr(time, "time", lambda: now)
    budget.spend()


def test_a_folder_that_can_t_be_used_says_which_and_the_way_out(home: Path) -> None:
    (home / "state").write_text("")
    with refused(BackendError, "unusable", subject=str(home / "state"), says="SOPHIA_HOME"):
        Budget("ops", (Window(1, 60),)).spend()
