"""A run goes ahead on a person's word, on that of a reviewed file, or within the numbers of a level."""

import subprocess
import sys
from dataclasses import replace
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from sophia_infra import clock
from sophia_infra.advice import approval
from sophia_infra.advice.approvals_file import append, read
from sophia_infra.advice.autonomy import Bounds
from sophia_infra.advice.model import Autonomy
from sophia_infra.agent.editing import FileEdit
from sophia_infra.agent.execution import RunError, Runs, State, approve, decline, levels, request
from sophia_infra.agent.execution.rows import Answers, Word
from sophia_infra.agent.execution.view import lines_of
from sophia_infra.agent.operations import SetSetting
from sophia_infra.changes import Exposure
from sophia_infra.journal import Journal
from sophia_infra.settings import Settings
from tests.agent.execution import proposals
from tests.agent.execution.proposals import REMOVE, SET, proposed


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    monkeypatch.chdir(tmp_path)
    return Runs(Journal.open(), Settings())


def test_nobody_s_word_is_no_word_and_a_person_s_ends(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    run = proposed(runs)
    with pytest.raises(RunError):
        approve(runs, run)  # it asks for nothing so far
    run, why = request(runs, run)
    assert (run.state, why) == (State.WAITING, "sophia:autonomy is suggest")
    assert approve(runs, run).state is State.APPROVED
    monkeypatch.setenv(clock.VARIABLE, "2036-01-01T00:00:00+00:00")
    assert runs.at(run.id).state is State.WAITING


def test_a_no_ends_the_run_whatever_is_said_later(runs: Runs) -> None:
    run, _ = request(runs, proposed(runs))
    assert decline(runs, run, "not now").state is State.DECLINED
    said = approval.approved(runs.journal, run.advice, run.row.bound.digest)
    assert [no.why for no in said.rejected.values()] == ["not now"]  # which `sophia advice show` tells as well
    with pytest.raises(RunError) as refused:
        approve(runs, run)
    assert (refused.value.code, refused.value.value) == ("wrong-state", "declined")
    approval.approve(runs.journal, run.advice, run.advice.edits)
    assert runs.at(run.id).state is State.DECLINED


def test_a_no_by_the_command_of_advice_holds_as_well(runs: Runs) -> None:
    run, _ = request(runs, proposed(runs))
    approve(runs, run)
    approval.reject(runs.journal, run.advice, run.advice.edits)
    assert runs.at(run.id).state is State.DECLINED


def test_an_approval_of_something_else_holds_for_nothing(runs: Runs) -> None:
    run, _ = request(runs, proposed(runs))
    given = approve(runs, run)
    moved = replace(run.row, bound=replace(run.row.bound, plan="another"))
    runs.journal.write(run.id, moved)
    assert (given.state, runs.at(run.id).state) == (State.APPROVED, State.WAITING)


def test_a_reviewed_file_may_hold_the_word(runs: Runs, tmp_path: Path) -> None:
    run, _ = request(runs, proposed(runs))
    asked = approval.request_of(runs.journal, run.advice).row
    file = tmp_path / "approvals.yaml"
    append(
        file, asked, run.advice, run.advice.edits, approval.approval_of(asked, run.advice.edits, approval.ends(), "x")
    )
    filed = Runs(runs.journal, Settings(approvals=read(str(file))))
    assert filed.at(run.id).state is State.APPROVED
    assert levels.holds(filed, run)  # it is a person's word
    assert runs.at(run.id).state is State.WAITING


def becomes(before: str, after: str) -> Answers:
    return Answers("shop.example", {}, *(f"www 300 A {text}\n" if text else "" for text in (before, after)))


ONE_OF_TWO = becomes("192.0.2.1\nwww 300 A 192.0.2.2", "192.0.2.2")
NEW, OTHER = becomes("", "192.0.2.2"), becomes("192.0.2.1", "192.0.2.2")
SAME = "$ORIGIN eu.shop.example.\nwww IN A {}\n$ORIGIN us.shop.example.\nwww IN A {}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (SAME.format("192.0.2.1", "192.0.2.2"), SAME.format("192.0.2.2", "192.0.2.1")),
        (
            SAME.format("192.0.2.1", "192.0.2.1"),
            "$ORIGIN eu.shop.example.\n$ORIGIN us.shop.example.\nwww IN A 192.0.2.1",
        ),
        ("www IN A 192.0.2.1\n IN A 192.0.2.9\napi IN A 192.0.2.9", "www IN A 192.0.2.1\napi IN A 192.0.2.9"),
    ],
)
def test_a_person_is_shown_each_line_that_goes_and_comes_though_it_stands_elsewhere_too(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, before: str, after: str
) -> None:
    monkeypatch.setattr(proposals, "EDIT", FileEdit("zone", before, after))
    lines = [*lines_of(proposed(runs))]
    assert [line[2:] for line in lines if line[0] != "+"] == ["zone", *before.split("\n")]
    assert [line[2:] for line in lines if line[0] != "-"] == ["zone", *after.split("\n")]


@pytest.mark.parametrize(
    ("level", "bounds", "values", "why"),
    [
        (Autonomy.LIMITED, Bounds(), {}, ""),
        (Autonomy.LIMITED, Bounds(), {"operations": (REMOVE,)}, "kinds"),
        (Autonomy.LIMITED, Bounds(), {"answers": (ONE_OF_TWO,)}, "remove"),
        (Autonomy.LIMITED, Bounds(), {"answers": (NEW,)}, "add"),
        (Autonomy.LIMITED, Bounds(), {"answers": (OTHER,)}, ""),
        (Autonomy.FULL, Bounds(), {"operations": (REMOVE,)}, ""),
        (Autonomy.FULL, Bounds(), {"operations": (SetSetting("sophia:probe", "off").to_body(),)}, "person"),
        (Autonomy.LIMITED, Bounds(), {"exposure": "high"}, "max_exposure"),
        (Autonomy.LIMITED, Bounds(max_exposure=Exposure.HIGH), {"exposure": "high"}, ""),
        (Autonomy.LIMITED, Bounds(per_run=1), {"operations": (SET, SET)}, "per_run"),
        (Autonomy.LIMITED, Bounds(per_day=1), {"operations": (SET, SET)}, "per_day"),
        (Autonomy.FULL, Bounds(), {"standing": "caution"}, "caution"),
        (Autonomy.FULL, Bounds(), {"beyond": ("shop.example blog A",)}, "take along what others changed"),
        (Autonomy.FULL, Bounds(), {"deletes": ("urn:a",)}, "deleted"),
        (Autonomy.FULL, Bounds(), {"operations": ({"op": "approve-edit"},)}, "person"),
        (Autonomy.ANALYSIS, Bounds(), {}, "analysis"),
    ],
)
def test_a_level_lets_pass_what_its_numbers_allow_and_leaves_the_rest_to_a_person(
    runs: Runs, level: Autonomy, bounds: Bounds, values: dict[str, Any], why: str
) -> None:
    run, left = request(Runs(runs.journal, Settings(level, bounds=bounds)), proposed(runs, **values))
    assert why in left
    assert run.state is (State.WAITING if why else State.APPROVED)


def test_a_level_lets_pass_within_its_hours_alone_and_what_it_lets_pass_ends_with_them(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    able = Runs(runs.journal, Settings(Autonomy.LIMITED, bounds=Bounds(hours=(time(8), time(18)))))
    monkeypatch.setenv(clock.VARIABLE, "2036-01-01T07:59:00+00:00")
    _, why = request(able, proposed(able, "00000001"))
    assert "hours" in why
    monkeypatch.setenv(clock.VARIABLE, "2036-01-01T17:59:00+00:00")
    run, why = request(able, proposed(able, "00000002"))
    assert (run.state, why) == (State.APPROVED, "")
    monkeypatch.setenv(clock.VARIABLE, "2036-01-01T18:01:00+00:00")
    assert able.at(run.id).state is State.WAITING


def test_a_run_that_is_left_to_a_person_takes_none_of_the_day_s_edits(runs: Runs) -> None:
    able = Runs(runs.journal, Settings(Autonomy.LIMITED, bounds=Bounds(per_day=2)))
    _, why = request(able, proposed(able, "00000001", operations=(SET, SET, SET)))
    assert "per_day" in why
    _, why = request(able, proposed(able, "00000002", operations=(SET, SET)))
    assert why == ""


def test_of_two_runs_that_take_the_day_s_last_edits_at_once_one_is_left_to_a_person(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    able = Runs(runs.journal, Settings(Autonomy.LIMITED, bounds=Bounds(per_day=1)))
    monkeypatch.setattr(levels, "free", lambda *_: 2)  # as it was before the other one
    run, why = request(able, proposed(able, operations=(SET, SET)))
    assert (run.state, "per_day" in why) == (State.WAITING, True)


def test_no_level_gives_a_word_by_a_moved_clock(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    run = proposed(runs)
    with monkeypatch.context() as moved:
        moved.setenv(clock.VARIABLE, "2036-01-01T00:00:00+00:00")
        moved.delenv(clock.REHEARSAL)
        with pytest.raises(clock.MovedError):
            request(Runs(runs.journal, Settings(Autonomy.FULL)), run)
    assert runs.at(run.id).state is State.WAITING


@pytest.mark.parametrize(("level", "after"), [(Autonomy.FULL, Autonomy.LIMITED), (Autonomy.LIMITED, Autonomy.SUGGEST)])
def test_a_run_that_a_level_let_pass_and_that_fails_costs_it(runs: Runs, level: Autonomy, after: Autonomy) -> None:
    able = Runs(runs.journal, Settings(level))
    run, _ = request(able, proposed(able))
    assert levels.holds(able, run)
    lost = levels.lose(able, run, "www answers otherwise")
    assert lost.startswith(f"www answers otherwise; shop/dev goes by {after} now")
    assert lost.endswith("sophia advice raise shop/dev")
    assert not levels.holds(able, run)
    assert levels.in_force(able, "shop/dev") is after
    assert levels.undoes(able, run)  # though it is lost by then
    other = approve(runs, request(runs, proposed(runs, "4e5f6a7b"))[0])
    assert levels.lose(able, other, "a person's") == "a person's"
    assert levels.holds(able, other)
    assert levels.in_force(able, "shop/dev") is after


@pytest.mark.parametrize("standing", ["block", "stopped"])
def test_what_a_limit_a_policy_or_the_advice_stops_can_not_be_asked_for(runs: Runs, standing: str) -> None:
    with pytest.raises(RunError) as refused:
        request(runs, proposed(runs, standing=standing))
    assert refused.value.code == "run-refused"


def test_of_two_who_take_one_step_one_is_refused(runs: Runs) -> None:
    run, _ = request(runs, proposed(runs))
    approve(runs, run)
    runs.take(run, Word.APPLYING)
    with pytest.raises(RunError):
        runs.take(run, Word.APPLYING)


def test_no_option_of_a_command_says_yes_to_a_run(runs: Runs) -> None:
    run, _ = request(runs, proposed(runs))
    words = ["advice", "approve", run.advice.id, "--yes"]
    ran = subprocess.run([sys.executable, "-m", "sophia_infra", *words], capture_output=True, text=True, check=False)
    assert (ran.returncode, "approves no run of the agent" in ran.stderr) == (2, True)
    assert runs.at(run.id).state is State.WAITING
