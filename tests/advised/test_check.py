"""The walk through `check`, with a resource that plans what it is told to."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sophia_infra.advice import approval
from sophia_infra.advice.consult import FixedAdvisor
from sophia_infra.advice.model import Advice, Edit, Verdict
from sophia_infra.advised import About, BeyondLimitsError, FixedResource, Plan, check, walk
from sophia_infra.changes import BaseMovedError, Changes, Exposure, Limits
from sophia_infra.changes.overrides import Override
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal
from sophia_infra.reporter import Reporter
from tests.support.refusals import refused

EDIT = Edit("replace", "www A", "www 300 A 192.0.2.1", "www 300 A 192.0.2.2", "proposed", "moved")
PLAN = Plan(Changes(creates=1, before=3, after=4, base="b" * 64), "d" * 64, inputs={"text": "x"})


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path)


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda run: monkeypatch.setenv("SOPHIA_RUN", run)


def advised(verdict: Verdict, *edits: Edit) -> FixedAdvisor:
    return FixedAdvisor(Advice("", "fixed", verdict, "because", edits=edits))


def test_what_the_plan_publishes_stands_beside_its_changes_and_its_advice(journal: Journal) -> None:
    inputs = check(FixedResource(PLAN), journal)
    assert inputs == {"text": "x", "changes": PLAN.changes.as_inputs(), "advice": inputs["advice"]}
    assert inputs["advice"]["verdict"] == "approve"


@pytest.mark.parametrize("verdict", [Verdict.APPROVE, Verdict.CAUTION])
def test_only_a_verdict_to_block_refuses(journal: Journal, verdict: Verdict) -> None:
    assert check(FixedResource(replace(PLAN, advisor=advised(verdict))), journal)["advice"]["verdict"] == str(verdict)
    blocked = replace(PLAN, digest="", facts={"why": ["other"]}, advisor=advised(Verdict.BLOCK))
    with refused(BeyondLimitsError, field="max_verdict", value="block"):
        check(FixedResource(blocked), journal)


def test_a_plan_beyond_the_limits_is_refused_with_the_number_and_the_way_out(journal: Journal) -> None:
    about = About("certificate", "shop.example", "here", unit="objects", limits=Limits(max_deletes=1))
    with refused(BeyondLimitsError, field="max_deletes", value="2") as caught:
        check(FixedResource(Plan(Changes(deletes=2, before=9)), about), journal)
    [advice] = journal.newest(Advice, 2)
    assert str(caught.value) == (
        "certificate shop.example: 2 to delete of 9 objects, exposure none; nothing was changed, because it is beyond "
        "the limits:\n  - 2 objects deleted; max_deletes is 1\n"
        f"what is advised: sophia advice show {advice.key[:12]}\n"
        "if it is meant, for this run only: SOPHIA_ACCEPT='certificate shop.example: max_deletes=2' pulumi up"
    )


def test_exposure_beyond_the_ceiling_is_refused(journal: Journal) -> None:
    reason = "critical shop.example certificate revoke: it is served"
    grave = Changes(updates=1, before=1, exposure=Exposure.CRITICAL, reasons=(reason,))
    told = "it is served; max_exposure is high"
    with refused(BeyondLimitsError, field="max_exposure", subject="shop.example certificate", says=told):
        check(FixedResource(Plan(grave)), journal)


def test_an_override_lets_the_exposure_pass_that_it_names_and_says_so_in_the_inputs(journal: Journal) -> None:
    subject = "shop.example certificate"
    grave = Changes(
        updates=1, before=1, exposure=Exposure.CRITICAL, reasons=(f"critical {subject} revoke: it is served",)
    )
    override = Override((subject,), datetime.max.replace(tzinfo=UTC), "the key leaked")
    about = About("certificate", "shop.example", "here", overrides=(override,))
    assert check(FixedResource(Plan(grave), about), journal)["changes"]["accepted"] == [subject]


def test_where_nothing_is_proposed_nobody_asks_who_approved_it(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(walk, "plan_of_run", lambda location, *_: asked.append(location))
    check(FixedResource(PLAN), journal)
    assert asked == []
    check(FixedResource(replace(PLAN, facts={"why": ["other"]}, advisor=advised(Verdict.CAUTION, EDIT))), journal)
    assert len(asked) == 1


def test_approved_edits_are_planned_again_on_the_same_world(journal: Journal) -> None:
    plan = replace(PLAN, advisor=advised(Verdict.APPROVE, EDIT))
    advice = approval.find(journal, check(FixedResource(plan), journal)["advice"]["id"])
    approval.approve(journal, advice, approval.proposed(advice))
    resource = FixedResource(plan)
    check(resource, journal)
    assert resource.asked == [(), (EDIT,)]


def test_edits_of_the_last_run_are_planned_from_the_start(journal: Journal) -> None:
    resource = FixedResource(PLAN, About("certificate", "shop.example", "here", edits=(EDIT,)))
    check(resource, journal)
    assert resource.asked == [(EDIT,)]


def test_a_base_that_moved_since_the_preview_of_this_run_is_refused(
    journal: Journal, begin: Callable[[str], None]
) -> None:
    moved = replace(PLAN, changes=replace(PLAN.changes, base="c" * 64))
    begin("1")
    check(FixedResource(PLAN), journal)
    with pytest.raises(BaseMovedError):
        check(FixedResource(moved), journal)
    begin("2")
    check(FixedResource(moved), journal)


def test_a_rival_is_looked_for_once_the_plan_is_journaled(journal: Journal) -> None:
    class Rivalled(FixedResource):
        def refuse_rivals(self, journal: Journal) -> None:
            raise SophiaError(value=journal.verify().rows)

    with refused(SophiaError, value=3):  # request, advice, plan
        check(Rivalled(PLAN), journal)


def test_each_step_leaves_a_line_for_debugging(journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="sophia_infra"):
        check(FixedResource(PLAN), journal)
    assert [record.message.partition(": ")[2].split()[0] for record in caplog.records] == [
        "planned",
        "advice",
        "within",
    ]


def test_reasons_that_weigh_more_than_low_are_told_five_beside_the_first(
    journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    reasons = (*(f"high app{n} A delete: why" for n in range(8)), "low www A update: why")
    changes = Changes(updates=9, before=40, after=40, exposure=Exposure.HIGH, reasons=reasons)
    check(FixedResource(Plan(changes)), journal, Reporter())
    told = capsys.readouterr().err
    assert [f"app{n} A delete: why" in told for n in range(8)] == [True] * 6 + [False] * 2
    assert "and 2 more such reasons; see: sophia advice show " in told
    assert "www A update" not in told


def test_what_nothing_else_shows_stands_in_the_changes(journal: Journal) -> None:
    published = check(FixedResource(Plan(Changes(creates=1), details=("+ a",))), journal)
    assert published["changes"]["details"] == ["+ a"]
