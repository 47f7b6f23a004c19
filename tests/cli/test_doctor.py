"""`sophia doctor`: what each check finds wrong, and what the command makes of it."""

import shutil
from pathlib import Path

import pytest

from sophia_infra import doctor
from sophia_infra.doctor import CHECKS, Result, Stack, Status, examine
from sophia_infra.journal import Journal, Kind
from tests.cli.conftest import Sophia, Write
from tests.support.workspace import REPO


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an engine that answers, and no journal."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("pulumi", "pulumi-language-python"):
        (programs / name).write_text('#!/bin/sh\n[ "$1" = version ] && echo v3.300.0 || echo anna\n')
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SOPHIA_NOW", raising=False)
    return programs


def _status(check: str, stack: Stack | None = None) -> tuple[Status, str]:
    found = CHECKS[check](stack or Stack())
    assert found.check == check
    assert bool(found.way_out) is (found.status != Status.OK)
    return found.status, found.message


def test_a_fit_machine_exits_with_0(sophia: Sophia, write: Write) -> None:
    file = write("Pulumi.dev.yaml", "config:\n  sophia:limits: {max_deletes: 3}\n  sophia:tsigSecret: {secure: v1:x}\n")
    ran = sophia("doctor", "--stack", file, "--json")
    assert ran.code == 0
    assert [(found["check"], found["status"]) for found in ran.json("doctor")["checks"]] == [
        (name, "ok") for name in CHECKS
    ]


def test_a_problem_exits_with_1_and_names_what_mends_it(sophia: Sophia, machine: Path) -> None:
    (machine / "pulumi").write_text("#!/bin/sh\n[ $1 = version ] && echo v3.300.0\n")
    ran = sophia("doctor")
    assert ran.code == 1
    assert (
        "problem  login: pulumi is not logged in, or can't reach its states; to mend it: pulumi login"
        in ran.out.splitlines()
    )
    assert not sophia("doctor", "--json").json("doctor")["ok"]


def test_a_warning_exits_with_0(sophia: Sophia, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_NOW", "2026-11-23T12:00:00+00:00")
    ran = sophia("doctor")
    assert ran.code == 0
    assert "warning  clock: " in ran.out


def test_a_time_that_is_none_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_NOW", "tomorrow")
    assert _status("clock")[0] == Status.PROBLEM


@pytest.mark.parametrize("missing", ["pulumi", "pulumi-language-python"])
def test_an_engine_that_is_not_whole_is_a_problem(machine: Path, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setenv("PATH", str(machine))
    (machine / missing).unlink()
    status, message = _status("engine")
    assert status == Status.PROBLEM
    assert missing in message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("config: {sophia:autonmy: apply}", "sophia:autonmy"),
        ("config: {sophia:autonomy: always}", "sophia:autonomy"),
        ("config: {sophia:limits: {max_deletes: -1}}", "max_deletes"),
        ("config: {sophia:tsigSecret-inside: hunter2}", "for all to read"),
        ("- hunter2", "not the YAML of a stack"),
        ("config: hunter2", "not the YAML of a stack"),
        ("config: [hunter2", "not the YAML of a stack"),
    ],
)
def test_settings_that_a_run_would_refuse_are_a_problem(write: Write, text: str, told: str) -> None:
    status, message = _status("configuration", Stack.read(Path(write("Pulumi.dev.yaml", text))))
    assert status == Status.PROBLEM
    assert told in message
    assert "hunter2" not in message


def test_a_stack_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    assert _status("configuration", Stack.read(tmp_path / "Pulumi.none.yaml"))[0] == Status.PROBLEM


def test_a_journal_whose_end_is_gone_is_a_problem() -> None:
    journal = Journal.open()
    journal.storage.append(Kind.OUTCOME, "zone", {"n": 1})
    assert _status("journal")[0] == Status.OK
    pin = Path(journal.name).with_suffix(".head")
    pin.write_text(f"2:{'0' * 64}\n")
    assert _status("journal")[0] == Status.PROBLEM
    pin.unlink()
    assert _status("journal")[0] == Status.PROBLEM


def test_a_journal_whose_place_is_secret_is_not_mistaken_for_the_one_here() -> None:
    assert _status("journal", Stack(secret=frozenset({"sophia:journal"})))[0] == Status.WARNING


def test_a_journal_that_is_none_is_a_problem_and_the_stack_says_where_it_is(write: Write) -> None:
    file = write("other.db", "no journal" * 100)
    assert _status("journal", Stack(values={"sophia:journal": file}))[0] == Status.PROBLEM


def test_a_check_without_an_answer_is_a_problem() -> None:
    found = examine(budget=0.0, checks={"clock": CHECKS["clock"]})
    assert [(result.check, result.status) for result in found] == [("clock", Status.PROBLEM)]
    assert isinstance(found[0], Result)
    assert doctor.BUDGET > 0


def test_looking_at_a_journal_of_an_older_release_does_not_upgrade_it(tmp_path: Path) -> None:
    for name in ("journal.db", "journal.head"):
        shutil.copy(REPO / "tests" / "fixtures" / "release_0_1" / name, tmp_path / name)
    before = (tmp_path / "journal.db").read_bytes()
    assert _status("journal", Stack(values={"sophia:journal": str(tmp_path / "journal.db")}))[0] != Status.PROBLEM
    assert (tmp_path / "journal.db").read_bytes() == before


def test_a_journal_that_can_not_be_written_to_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal.open()
    journal.storage.append(Kind.OUTCOME, "zone", {"n": 1})
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != Path(journal.name))  # root may write anywhere
    status, message = _status("journal")
    assert (status, message) == (Status.PROBLEM, f"{journal.name} can't be written to")
