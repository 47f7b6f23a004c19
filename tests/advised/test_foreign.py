"""Whoever hands over a journal's file with rows of his own gets no plan through `check` that the rules would stop."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sophia_infra import clock
from sophia_infra.advice.approval import Approval
from sophia_infra.advice.consult import FixedAdvisor
from sophia_infra.advice.model import Advice, Edit, Request, Verdict
from sophia_infra.advised import BeyondLimitsError, FixedResource, Plan, PlanRow, check
from sophia_infra.advised.limits import OverrideRow
from sophia_infra.changes import BaseMovedError, Changes, Limits
from sophia_infra.journal import Journal
from sophia_infra.tls.events import CertificateOutcome
from tests.support import foreign
from tests.support.refusals import refused

EDIT = Edit("replace", "www A", "www 300 A 192.0.2.1", "www 300 A 192.0.2.2", "proposed", "moved")
PLAN = Plan(Changes(creates=1, before=3, after=4, base="b" * 64), "d" * 64, inputs={"text": "x"})
MORE = replace(PLAN, changes=replace(PLAN.changes, base="c" * 64))
KEY = "here all run r1"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path)


@pytest.fixture(autouse=True)
def _run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_RUN", "r1")


def advised(verdict: Verdict, *edits: Edit) -> Plan:
    return replace(PLAN, advisor=FixedAdvisor(Advice("", "fixed", verdict, "because", edits=edits)))


def asked(journal: Journal) -> str:
    """The fingerprint of what was asked last."""
    return journal.newest(Request, 1)[0].key


def planned(base: str, *edits: Edit) -> PlanRow:
    return PlanRow("r1", "here", PLAN.digest, base, tuple(edit.digest for edit in edits), {})


def test_a_verdict_is_no_milder_than_what_the_advisor_says(journal: Journal) -> None:
    with refused(BeyondLimitsError, value="block"):
        check(FixedResource(advised(Verdict.BLOCK)), journal)
    mild = Advice(asked(journal), "rules", Verdict.APPROVE, "no findings")
    foreign.forge(journal, (mild.id, mild))
    with refused(BeyondLimitsError, value="block"):
        check(FixedResource(advised(Verdict.BLOCK)), journal)
    journal.write(mild.id, mild)
    assert check(FixedResource(advised(Verdict.BLOCK)), journal)["advice"]["verdict"] == "approve", "it was asked"


def test_no_edit_is_applied_that_nobody_approved_here_or_that_no_rule_proposed(journal: Journal) -> None:
    evil = replace(EDIT, after="www 300 A 203.0.113.6")
    check(FixedResource(advised(Verdict.APPROVE, EDIT)), journal)
    name, until = asked(journal), clock.now() + timedelta(days=7)
    approval = Approval(PLAN.changes.base, (EDIT.digest, evil.digest), until, "ops")
    given = Advice(name, "rules", Verdict.APPROVE, "", edits=(EDIT, evil))
    foreign.forge(journal, (name, given), (name, approval), (KEY, planned(PLAN.changes.base, EDIT, evil)))
    resource = FixedResource(advised(Verdict.APPROVE, EDIT))
    check(resource, journal)
    assert resource.asked == [()]
    journal.write(name, approval)
    check(resource, journal)
    assert resource.asked[1:] == [(), (EDIT,)], "the advice is ours, and has no other"


def test_a_base_that_moved_is_refused_whatever_was_journaled_in_between(journal: Journal) -> None:
    check(FixedResource(PLAN), journal)
    done = ("here", CertificateOutcome(1, "AB", "2027-01-01", "r1"))
    foreign.forge(journal, (KEY, planned(MORE.changes.base)), done)
    with refused(BaseMovedError):
        check(FixedResource(MORE), journal)
    journal.write(*done)
    check(FixedResource(MORE), journal)


def test_a_row_that_is_not_ours_can_still_refuse(journal: Journal) -> None:
    foreign.forge(journal, (KEY, planned(MORE.changes.base)))
    with refused(BaseMovedError):
        check(FixedResource(PLAN), journal)


def test_an_override_is_journaled_here_whoever_wrote_the_same_elsewhere(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPHIA_ACCEPT", "certificate shop.example: max_deletes=9")
    beyond = FixedResource(Plan(Changes(deletes=2, before=9)))
    beyond.about = replace(beyond.about, limits=Limits(max_deletes=1))
    check(beyond, journal)
    (used,) = journal.newest(OverrideRow, 5)
    foreign.forge(journal, (used.key, used.row))
    check(beyond, journal)
    assert [row.ours for row in journal.newest(OverrideRow, 5)] == [True, False, True]
