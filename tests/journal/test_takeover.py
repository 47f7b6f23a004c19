"""A journal of a release without seals: whose rows they are is told safely, or by a person."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from sophia_infra import home
from sophia_infra.journal import Head, Journal, Kind, Row, schema, seal, takeover
from sophia_infra.journal.seal import KEY
from sophia_infra.journal.sqlite import SqliteStorage
from tests.journal.test_upgrade import WAITS
from tests.journal.upgrades import lived_in
from tests.support import foreign
from tests.support.workspace import REPO


@dataclass(frozen=True, slots=True)
class Word(Row):
    KIND: ClassVar = Kind.OUTCOME

    said: str


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of its own, on which nothing of ours ran."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "sophia"


def older(folder: Path, version: int = schema.INDEXED) -> Journal:
    """A journal of a few rows, as a release without seals leaves one."""
    journal = Journal.open(folder)
    assert isinstance(journal.storage, SqliteStorage)
    with foreign.machine():
        for kind, key in ((Kind.PLAN, "x"), (Kind.APPROVAL, "a"), (Kind.INTENT, "x")):
            journal.storage.append(kind, key, {"run": "1", "created": ["x A"]})
        journal.write("x", Word("mine"))
    with closing(sqlite3.connect(journal.storage.path)) as db, db:
        db.execute("DROP TABLE seals")
        db.execute(f"PRAGMA user_version = {version}")
    return journal


def said(journal: Journal) -> str:
    found = journal.last(Word, "x")
    return found.row.said if found else ""


@pytest.mark.parametrize("version", [schema.INDEXED, pytest.param(1, marks=pytest.mark.soak)])
def test_an_upgrade_that_is_killed_at_any_step_is_ended_by_the_next_run(tmp_path: Path, version: int) -> None:
    older(tmp_path / "old", version)
    command = [sys.executable, "-m", "tests.journal.upgrades", str(tmp_path / "old"), str(version)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(REPO), str(REPO / "components")])}
    ran = subprocess.run(command, env=env, cwd=REPO, capture_output=True, text=True, check=True)
    found = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(found) > 20
    assert [each["killed"] for each in found] == [True] * (len(found) - 1) + [False]
    assert any(each["half"] and each["undone"] for each in found), "what was half done was undone, in the file"
    assert {each["version"] for each in found} == {version, schema.VERSION}, "before the commit, and after it"
    for each in found:
        # The approval is given again; the last row is of the run after the kill.
        assert (each["ended"], each["ours"], each["whole"]) == (0, [1, 3, 4, 5], True), each
    left = [each for each in found if each["left"]]
    assert all(each["version"] == schema.VERSION for each in left), "a claim stays but where the commit was done"


def test_a_machine_on_which_the_release_ran_takes_over_its_journals_and_no_copy(tmp_path: Path, state: Path) -> None:
    first, second = older(tmp_path / "first"), older(tmp_path / "second")
    lived_in(state.parent)
    assert said(first) == "mine"
    assert said(second) == "mine", "another project's stood here as well"
    assert not first.entry(2).ours, "approvals are given again"
    copied = older(tmp_path / "copied")
    os.utime(tmp_path / "copied" / "journal.db", (0, 0))
    assert said(copied) == "", "it came here after the key did, whatever its time says"


@pytest.mark.parametrize("projects", [1, 2])
def test_two_processes_that_use_this_release_first_at_once_take_over_what_is_theirs(
    tmp_path: Path, state: Path, projects: int
) -> None:
    journals = [older(tmp_path / f"old {number}") for number in range(projects)]
    lived_in(state.parent)
    pipe = subprocess.PIPE
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(REPO), str(REPO / "components")])}
    command = [sys.executable, "-c", WAITS]
    processes = [
        subprocess.Popen([*command, journal.name], env=env, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        for journal in (journals[0], journals[-1])
    ]
    assert [process.stdout.readline() for process in processes if process.stdout] == [f"{schema.INDEXED}\n"] * 2
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    assert [process.communicate() for process in processes] == [("1\n", "")] * 2
    assert [said(journal) for journal in journals] == ["mine"] * projects
    assert list(state.glob("*.claim")) == []


@pytest.mark.parametrize("before", ["nothing", "a run of another project", "a call of an API", "two projects"])
def test_a_machine_that_starts_empty_takes_over_nothing_whatever_ran_before(
    tmp_path: Path, state: Path, before: str
) -> None:
    """As a CI runner, on which a cache brings the journal first."""
    journal = older(tmp_path / "old")
    if before in ("a call of an API", "two projects"):
        home.make_user_folder(state)
        (state / "0123.requests").touch()
    if before in ("a run of another project", "two projects"):
        Journal.open(tmp_path / "other").write("x", Word("mine"))
        assert seal.made(), "the key is younger than the journal"
    assert said(journal) == ""
    assert [row.row.said for row in journal.back(Word, "x", foreign=True)] == ["mine"]


def test_machines_that_share_a_key_take_over_nothing(
    tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = older(tmp_path / "old")
    lived_in(state.parent)
    path = tmp_path / "old" / "journal.db"
    monkeypatch.setenv(KEY, "s" * 32)
    assert not takeover.is_ours(path)
    assert said(journal) == ""


def test_an_upgrade_to_come_is_told_and_not_made(tmp_path: Path, state: Path) -> None:
    journal = older(tmp_path / "old")
    [told] = journal.verify().foreign
    assert told == (
        "a release without seals wrote it, and nothing shows that it was on this machine: its rows will let nothing "
        "through; look (sophia audit list) and take them on: sophia audit accept"
    )
    lived_in(state.parent)
    found = journal.verify()
    assert found.foreign == ()
    [remark] = found.remarks
    assert remark == (
        "a release without seals wrote it: its first use here takes over all but its approvals, which are given again"
    )
    assert not (state / "journal.key").exists()


def claim(journal: Journal) -> None:
    """Be killed in an upgrade, which changed the file."""
    assert isinstance(journal.storage, SqliteStorage)
    path = journal.storage.path
    with closing(sqlite3.connect(path)) as db:
        newest = db.execute("SELECT sequence, hash FROM entries ORDER BY sequence DESC LIMIT 1").fetchone()
    takeover.claim(path, Head(*newest))
    path.touch()
    assert not takeover.is_ours(path)


def test_what_is_put_in_the_place_of_a_journal_whose_upgrade_was_killed_is_not_taken_over(
    tmp_path: Path, state: Path
) -> None:
    journal, forged = older(tmp_path / "old"), older(tmp_path / "forged")
    lived_in(state.parent)
    claim(journal)
    for name in ("journal.db", "journal.head"):
        shutil.copyfile(tmp_path / "forged" / name, tmp_path / "old" / name)
    assert forged.name != journal.name
    assert said(journal) == ""


def test_rows_that_were_added_since_an_upgrade_was_killed_are_not_taken_over(tmp_path: Path, state: Path) -> None:
    journal = older(tmp_path / "old")
    lived_in(state.parent)
    claim(journal)
    path = tmp_path / "old" / "journal.db"
    with closing(sqlite3.connect(path)) as db, db:  # as the release of before does, which somebody went back to
        db.execute("CREATE TABLE seals (sequence INTEGER PRIMARY KEY, seal BLOB NOT NULL)")
        db.execute(f"PRAGMA user_version = {schema.VERSION}")
    foreign.forge(journal, ("y", Word("since")))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TABLE seals")
        db.execute(f"PRAGMA user_version = {schema.INDEXED}")
    assert said(journal) == "mine"
    assert not journal.entry(5).ours


def test_indexes_that_say_something_else_than_the_rows_are_not_taken_over_by_a_claim(
    tmp_path: Path, state: Path
) -> None:
    journal = older(tmp_path / "old")
    lived_in(state.parent)
    claim(journal)
    with closing(sqlite3.connect(tmp_path / "old" / "journal.db")) as db, db:
        db.execute("INSERT INTO created VALUES ('x', 'mail A')")
    assert said(journal) == ""
