"""A saved plan that time has overtaken is refused in words, and one that still fits is not."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.advice import approval
from sophia_infra.advice.consult import FixedAdvisor
from sophia_infra.advice.model import Advice, Edit, Verdict
from sophia_infra.advised import About, DatedRow, FixedResource, Plan, PlanOvertakenError, check, overtaken_plan
from sophia_infra.changes import Changes, Exposure
from sophia_infra.changes.overrides import Override
from sophia_infra.journal import Journal, JournalError
from sophia_infra.reporter import Reporter
from tests.support.refusals import refused

SAVED, LATER = "2026-11-23T12:00:00+00:00", "2026-12-02T12:00:00+00:00"
WAITS, SWITCHES = "@ A: step 2 of 4, waits until 2026-11-24 12:01 UTC", "@ A: step 3 of 4, switches"
MAIL = Plan(
    Changes(updates=1, before=9, after=9, exposure=Exposure.HIGH, reasons=("high @ MX update: why",), base="b" * 64)
)
EDIT = Edit("replace", "www A", "www 300 A 192.0.2.1", "www 300 A 192.0.2.2", "proposed", "moved")
PROPOSES = Advice("", "fixed", Verdict.APPROVE, "because", edits=(EDIT,))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path)


@pytest.fixture(autouse=True)
def one_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overtaken_plan, "plan_seed", lambda: "one")
    monkeypatch.setenv("SOPHIA_RUN", "")  # preview and apply of a saved plan are two runs
    monkeypatch.setenv("SOPHIA_NOW", SAVED)


def checked(plan: Plan, journal: Journal, *overrides: Override) -> dict[str, Any]:
    about = About("zone", "shop.example", "here", unit="record sets", overrides=overrides)
    return check(FixedResource(plan, about), journal)


def refusal(plan: Plan, journal: Journal, *overrides: Override) -> str:
    with refused(PlanOvertakenError, code="plan-overtaken", subject="zone shop.example") as caught:
        checked(plan, journal, *overrides)
    return str(caught.value)


def test_what_became_due_since_is_named_with_what_is_over_and_the_way_on(journal: Journal) -> None:
    waiting, due = (Plan(Changes(), dated=(line,)) for line in (WAITS, SWITCHES))
    checked(waiting, journal)
    checked(waiting, journal)
    assert refusal(due, journal) == (
        f"zone shop.example: the saved plan fits no more. Due since it was saved: {SWITCHES}. Over since it was saved: "
        f"{WAITS}. Nothing was changed; look at a new plan and save it: pulumi preview --save-plan FILE"
    )


@pytest.mark.parametrize("seed", ["", "two"])
def test_another_plan_is_not_held_against_it(journal: Journal, monkeypatch: pytest.MonkeyPatch, seed: str) -> None:
    checked(Plan(Changes(), dated=(WAITS,)), journal)
    monkeypatch.setattr(overtaken_plan, "plan_seed", lambda: seed)
    checked(Plan(Changes(), dated=(SWITCHES,)), journal)


def test_an_override_that_ended_since_is_named(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    override = Override(("@ MX",), datetime(2026, 12, 1, tzinfo=UTC), "mail moves")
    assert checked(MAIL, journal, override)["changes"]["accepted"] == ["@ MX"]
    monkeypatch.setenv("SOPHIA_NOW", LATER)
    assert "Over since it was saved: the override that accepts @ MX." in refusal(MAIL, journal, override)


def test_an_override_that_nothing_rests_on_may_end(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    override = Override(("@ TXT",), datetime(2026, 12, 1, tzinfo=UTC), "mail moves")
    checked(MAIL, journal, override)
    monkeypatch.setenv("SOPHIA_NOW", LATER)
    checked(MAIL, journal, override)


def test_what_comes_late_may_be_accepted_at_the_apply_alone(journal: Journal) -> None:
    override = Override(("@ MX",), datetime(2026, 12, 1, tzinfo=UTC), "mail moves")
    checked(Plan(Changes(pending=("@ MX",), before=9, after=9, base="b" * 64), late=True), journal, override)
    assert checked(MAIL, journal, override)["changes"]["accepted"] == ["@ MX"]


def test_an_approval_that_lapsed_since_is_named(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan(Changes(before=9, after=9, base="b" * 64), advisor=FixedAdvisor(PROPOSES))
    advice = approval.find(journal, checked(plan, journal)["advice"]["id"])
    approval.approve(journal, advice, approval.proposed(advice))
    monkeypatch.setattr(overtaken_plan, "plan_seed", lambda: "two")
    checked(plan, journal)
    monkeypatch.setenv("SOPHIA_NOW", LATER)
    assert f"Over since it was saved: the approval of the edit of www A ({approval.user()})." in refusal(plan, journal)


def test_a_plan_that_no_time_changes_leaves_no_row(journal: Journal) -> None:
    checked(MAIL, journal)
    assert journal.keys(DatedRow, "dated ", 9) == []


def test_a_journal_that_fails_refuses_nothing(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_arguments: Any) -> Any:
        raise JournalError("the disk is full")

    monkeypatch.setattr(Journal, "write_once", fails)
    overtaken_plan.refuse_overtaken("zone shop.example", DatedRow((WAITS,)), journal, Reporter())
    assert "whether time overtakes a saved plan can't be told: the disk is full" in capsys.readouterr().err
