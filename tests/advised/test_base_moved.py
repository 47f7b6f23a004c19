"""Whether what a run applies is what it previewed, whatever others journal of the zone in between."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sophia_infra.advised import About
from sophia_infra.advised import Plan as ResourcePlan
from sophia_infra.advised.walk import refuse_moved
from sophia_infra.changes import BaseMovedError, Changes
from sophia_infra.journal import Journal, Kind
from sophia_infra.reporter import Reporter

Plan = Callable[..., None]
PLACE = "/zones/db.shop.example"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path / "journal.db")


@pytest.fixture
def plan(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> Plan:
    def made(
        base: str, *, run: str | None = "1@1", desired: str = "wanted", manage: tuple[str, ...] = ("all",)
    ) -> None:
        monkeypatch.setenv("SOPHIA_RUN", run or "")
        follows = manage == ("created",)
        planned = ResourcePlan(Changes(base=base), desired, claim={"label": "shop"}, base_follows=follows)
        refuse_moved(About("zone", "shop.example", PLACE, manage[0]), planned, journal, Reporter())

    return made


def test_another_base_in_the_same_run_is_refused(plan: Plan) -> None:
    plan("old")
    with pytest.raises(BaseMovedError):
        plan("new")


def test_another_run_plans_anew(plan: Plan) -> None:
    plan("old")
    plan("new", run="2@2")


def test_a_preview_of_somebody_else_in_between_hides_nothing(plan: Plan) -> None:
    plan("old")
    plan("new", run="2@2")
    with pytest.raises(BaseMovedError):
        plan("new")


def test_a_change_of_somebody_else_in_between_hides_nothing(plan: Plan, journal: Journal) -> None:
    plan("old")
    journal.storage.append(Kind.OUTCOME, PLACE, {"run": "2@2"})
    with pytest.raises(BaseMovedError):
        plan("new")


def test_what_the_run_itself_applied_is_no_move(plan: Plan, journal: Journal) -> None:
    plan("old")
    journal.storage.append(Kind.OUTCOME, PLACE, {"run": "1@1"})
    plan("new")


def test_where_runs_can_not_be_told_apart_nothing_is_refused(plan: Plan) -> None:
    plan("old", run=None)
    plan("new", run=None)


def test_the_base_of_what_a_stack_creates_moves_with_what_it_asks_for(plan: Plan) -> None:
    plan("old", manage=("created",))
    plan("new", manage=("created",), desired="more")
    with pytest.raises(BaseMovedError):
        plan("newer", manage=("created",), desired="more")
