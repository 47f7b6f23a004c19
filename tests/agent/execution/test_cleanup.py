"""Of runs that have ended only the newest keep their files, and a run that goes on keeps them for good."""

import os
from pathlib import Path

import pytest

from sophia_infra.agent.execution import Runs, cleanup, decline, request
from sophia_infra.agent.execution.runs import COPY, PREVIEW
from sophia_infra.engine_process.engine import EXIT
from sophia_infra.engine_process.locks import held
from sophia_infra.journal import Journal
from sophia_infra.settings import Settings
from tests.agent.execution.proposals import proposed


def test_the_files_of_ended_runs_go_but_for_the_newest_and_those_of_no_other_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = Runs(Journal.open(tmp_path), Settings())
    folder = tmp_path / "agent"
    ended, waiting = ["00000001", "00000002", "00000003"], "00000004"
    for at, key in enumerate([*ended, waiting, "unknown0"]):
        (folder / key).mkdir(parents=True)
        os.utime(folder / key, (at, at))
        if key != "unknown0":
            asked, _ = request(runs, proposed(runs, key))
            if key in ended:
                decline(runs, asked)
    monkeypatch.setattr(cleanup, "KEPT", 0)
    cleanup.tidy(runs, folder)
    assert sorted(path.name for path in folder.iterdir()) == [waiting, "unknown0"]


def test_what_a_killed_plan_left_goes_and_nothing_of_one_that_is_at_work_or_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, folder = Runs(Journal.open(tmp_path), Settings()), tmp_path / "agent"
    killed, working, known, loop = "0000000a", "0000000b", "0000000c", "loop-0a1b"
    for name in (killed, working, known, loop):
        (folder / name / COPY).mkdir(parents=True)
        (folder / name / PREVIEW).mkdir()
        (folder / name / PREVIEW / EXIT).touch()
    proposed(runs, known)
    with held(folder / working / PREVIEW / "running"):
        cleanup.tidy(runs, folder)
        assert {copy.parent.name for copy in folder.glob(f"*/{COPY}")} == {working, known, loop}
        monkeypatch.setattr(cleanup, "KEPT", 0)
        cleanup.tidy(runs, folder)
    assert {path.name for path in folder.iterdir()} == {working, loop}


def test_the_newest_folders_are_kept_whatever_became_of_their_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = Runs(Journal.open(tmp_path), Settings())
    folder = tmp_path / "agent"
    for at, key in enumerate(["00000001", "00000002"]):
        (folder / key).mkdir(parents=True)
        os.utime(folder / key, (at, at))
        decline(runs, request(runs, proposed(runs, key))[0])
    monkeypatch.setattr(cleanup, "KEPT", 1)
    cleanup.tidy(runs, folder)
    assert [path.name for path in folder.iterdir()] == ["00000002"]


def test_proposals_that_nobody_asked_for_go_as_well_and_what_another_process_removes_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, folder, there = Runs(Journal.open(tmp_path), Settings()), tmp_path / "agent", Path.iterdir
    for key in ("00000001", "00000002"):
        proposed(runs, key)
    (folder / "00000001").mkdir(parents=True)
    monkeypatch.setattr(cleanup, "KEPT", 0)
    monkeypatch.setattr(Path, "iterdir", lambda path: iter([*there(path), folder / "00000002"]))
    cleanup.tidy(runs, folder)
    assert not (folder / "00000001").exists()
