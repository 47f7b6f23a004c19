"""A strategy goes on stage by stage: what is due, what was begun, and what is refused. No engine is asked."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sophia_infra import SophiaInfrastructureAgent, clock
from sophia_infra.advice.model import Autonomy
from sophia_infra.agent.editing import Places
from sophia_infra.agent.execution import Run, RunError, Runs, State, approve
from sophia_infra.agent.execution.rows import Word
from sophia_infra.agent.execution.runs import BY_PERSON
from sophia_infra.agent.operations import SetRecords, SetTtl
from sophia_infra.agent.strategies import Due, Plans, Stage, Strategy, StrategyError, planner, stages, view
from sophia_infra.agent.strategies.model import Plan
from sophia_infra.agent.strategies.view import body_of, lines_of
from sophia_infra.journal import Journal, Row
from sophia_infra.settings import Settings
from tests.agent.execution.proposals import proposed

PLAN = "0a1b2c3d"
LOWER = Stage("lower the TTL", (SetTtl("shop.example", "www", "A", 300),), run=f"{PLAN}00")
SWAP = Stage("swap", (SetRecords("shop.example", "www", "A", ("192.0.2.2",)),), wait=3600)
STAGED = Strategy(PLAN, 1, "staged", (LOWER, SWAP), "approve", "low", way="move a host: staged")
AT_ONCE = Strategy(PLAN, 2, "at once", (replace(SWAP, wait=0, run=f"{PLAN}01"),), "approve", "high")
BY_HAND = Strategy(PLAN, 3, "by hand", (), not_done=("the pool",))
STOPS = replace(AT_ONCE, number=4, standing="stopped")


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SophiaInfrastructureAgent:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    monkeypatch.chdir(tmp_path)
    runs = Runs(Journal.open(), Settings())
    for run in (f"{PLAN}00", f"{PLAN}01"):
        proposed(runs, run)
    strategies = (STAGED, AT_ONCE, BY_HAND, STOPS)
    runs.journal.write(PLAN, Plan("shop/dev", "point www at 192.0.2.2", strategies))
    return SophiaInfrastructureAgent("shop/dev", Places(tmp_path, "dev"), runs)


def done(runs: Runs, run: Run) -> Run:
    approve(runs, run)
    for word in (Word.APPLYING, Word.APPLIED, Word.VERIFIED):
        run = runs.take(runs.at(run.id), word)
    return run


def test_the_next_stage_is_due_once_the_run_before_is_done_and_its_wait_is_over(
    agent: SophiaInfrastructureAgent,
) -> None:
    run, why = stages.begin(agent, PLAN, 1)
    assert (run.state, why) == (State.WAITING, "sophia:autonomy is suggest")
    far = clock.now() + timedelta(days=9)
    assert Plans(agent.runs).due(agent.stack, far) == ()
    ended = done(agent.runs, run).steps[-1].time
    assert Plans(agent.runs).due(agent.stack, ended + timedelta(seconds=3599)) == ()
    [ready] = Plans(agent.runs).due(agent.stack, ended + timedelta(seconds=3600))
    assert (ready.plan, ready.what) == (PLAN, SWAP)
    with pytest.raises(StrategyError) as early:
        agent.resume(PLAN)
    assert (early.value.code, early.value.value) == ("not-due", ready.at.isoformat())


def test_a_stage_whose_run_was_stopped_before_it_changed_anything_is_planned_anew_and_no_other(
    agent: SophiaInfrastructureAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def planned(*_: object) -> Run:
        return proposed(agent.runs, f"{PLAN}02", operations=tuple(each.to_body() for each in LOWER.operations))

    monkeypatch.setattr(stages, "propose", planned)
    monkeypatch.setattr(stages, "edited", lambda *_: ())
    run, _ = stages.begin(agent, PLAN, 1)
    agent.runs.take(run, Word.STOPPED, "since the plan was made, more.py changed; nothing was done: plan it anew")
    [again] = Plans(agent.runs).due(agent.stack, clock.now())
    assert (again.stage, again.what) == (0, LOWER)
    assert any(f"sophia agent resume {PLAN}" in line for line in view.lines_of(Plans(agent.runs), PLAN))
    new = agent.resume(PLAN)
    assert (new.id, new.state) == (f"{PLAN}02", State.WAITING)
    agent.runs.take(agent.runs.at(new.id), Word.STOPPED, BY_PERSON)
    assert Plans(agent.runs).due(agent.stack, clock.now() + timedelta(days=9)) == ()
    assert agent.resume(PLAN).state is State.STOPPED


def test_one_strategy_of_a_plan_is_begun_whichever_door_is_used(agent: SophiaInfrastructureAgent) -> None:
    assert agent.request(f"{PLAN}00").id == f"{PLAN}00"  # by the run, as chat and assistants do
    assert Plans(agent.runs).chosen(PLAN) is not None
    assert agent.request(PLAN, 1).id == f"{PLAN}00", "a script that asks again is told the same"
    for door in ((PLAN, 2), (f"{PLAN}01", 1)):
        with pytest.raises(StrategyError) as begun:
            agent.request(*door)
        assert begun.value.code == "plan-begun"


def test_the_runs_of_the_other_strategies_are_declined(agent: SophiaInfrastructureAgent) -> None:
    agent.request(PLAN, 1)
    other = agent.runs.at(f"{PLAN}01")
    assert (other.state, "strategy 1" in other.why) == (State.DECLINED, True)
    assert agent.runs.at(f"{PLAN}00").state is State.WAITING


def test_a_strategy_is_told_with_three_of_its_reasons_and_how_to_see_the_rest(agent: SophiaInfrastructureAgent) -> None:
    plans = Plans(agent.runs)
    why = tuple(f"warning {at} @ TXT: ends in ~all" for at in range(5))
    agent.runs.journal.write(PLAN, replace(plans.at(PLAN), strategies=(replace(STAGED, reasons=why), AT_ONCE)))
    told = lines_of(plans, PLAN)
    assert [line.strip() for line in told if "~all" in line] == list(why[:3])
    [more] = [line for line in told if "2 more" in line]
    assert f"sophia agent status {PLAN} --json" in more
    assert body_of(plans, PLAN)["strategies"][0]["reasons"] == list(why)


def test_what_was_killed_before_the_request_is_begun_again(agent: SophiaInfrastructureAgent) -> None:
    plans = Plans(agent.runs)
    plans.begun(agent.stack, Due(PLAN, STAGED, 0, clock.now()), f"{PLAN}00")
    run, _ = stages.begin(agent, PLAN, 2)
    assert (run.id, run.state) == (f"{PLAN}01", State.WAITING)
    chosen = plans.chosen(PLAN)
    assert chosen is not None
    assert chosen[0].number == 2


def test_a_later_stage_that_was_killed_before_the_request_is_requested_and_no_stage_comes_again(
    agent: SophiaInfrastructureAgent,
) -> None:
    plans = Plans(agent.runs)
    done(agent.runs, stages.begin(agent, PLAN, 1)[0])
    second = plans.next(PLAN)
    assert second is not None
    plans.begun(agent.stack, second, proposed(agent.runs, "4e5f6a7b").id)
    with pytest.raises(StrategyError) as begun:
        agent.request(PLAN)
    [again] = Plans(agent.runs).due(agent.stack, clock.now())
    assert (begun.value.code, again.stage) == ("plan-begun", 1)
    assert (agent.resume(PLAN).state, Plans(agent.runs).due(agent.stack, clock.now())) == (State.WAITING, ())


@pytest.mark.parametrize("rows", [1, 2])
def test_a_stage_whose_rows_were_cut_off_was_not_begun(
    agent: SophiaInfrastructureAgent, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    done(agent.runs, stages.begin(agent, PLAN, 1)[0])
    plans, write = Plans(agent.runs), Journal.write
    second = plans.next(PLAN)
    assert second is not None
    kept = iter(range(rows))

    def cut_off(journal: Journal, key: str, row: Row) -> None:
        next(kept)
        write(journal, key, row)

    monkeypatch.setattr(Journal, "write", cut_off)
    with pytest.raises(StopIteration):
        plans.begun(agent.stack, second, f"{PLAN}01")
    assert Plans(agent.runs).due(agent.stack, second.at) == (second,)


@pytest.mark.parametrize(("number", "code"), [(3, "by-hand"), (4, "strategies-stopped"), (9, "no-such-strategy")])
def test_what_can_t_be_carried_out_is_not_begun(agent: SophiaInfrastructureAgent, number: int, code: str) -> None:
    with pytest.raises(StrategyError) as refused:
        agent.request(PLAN, number)
    assert refused.value.code == code
    assert Plans(agent.runs).chosen(PLAN) is None


def test_no_level_of_another_stack_approves(agent: SophiaInfrastructureAgent) -> None:
    settings = replace(agent.runs.settings, autonomy=Autonomy.FULL)
    other = replace(agent, stack="shop/other", runs=replace(agent.runs, settings=settings))
    for key in (PLAN, f"{PLAN}00"):
        with pytest.raises(RunError) as refused:
            other.request(key)
        assert refused.value.code == "other-stack"
    assert agent.runs.at(f"{PLAN}00").state is State.PROPOSED


def test_a_clock_that_is_moved_makes_nothing_due(
    agent: SophiaInfrastructureAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    done(agent.runs, stages.begin(agent, PLAN, 1)[0])
    monkeypatch.setenv(clock.VARIABLE, "2036-01-01T00:00:00+00:00")
    monkeypatch.delenv(clock.REHEARSAL, raising=False)
    with pytest.raises(clock.MovedError):
        agent.resume(PLAN)


@pytest.mark.parametrize("what", ["plan", "run"])
def test_an_id_that_a_plan_and_another_plan_or_run_begin_with_is_nobody_s(
    agent: SophiaInfrastructureAgent, what: str
) -> None:
    if what == "plan":
        agent.runs.journal.write(f"{PLAN[:4]}ffff", Plans(agent.runs).at(PLAN))
    else:
        proposed(agent.runs, f"{PLAN[:4]}ffff")
    with pytest.raises(RunError) as refused:
        Plans(agent.runs).find(PLAN[:4])
    assert refused.value.code == "several-runs"
    assert Plans(agent.runs).find(PLAN) == PLAN
    assert Plans(agent.runs).find("ffff") == ""


def test_what_is_safe_comes_before_what_is_quick_and_what_is_by_hand_comes_last() -> None:
    best_first = [
        replace(STAGED, seconds=9000),
        replace(STAGED, seconds=9000, cost=2),
        replace(STAGED, seconds=1, irreversible=1),
        replace(STAGED, failed=1),
        replace(AT_ONCE, seconds=1),
        replace(STAGED, standing="caution"),
        replace(STAGED, standing="block"),
        STOPS,
        BY_HAND,
    ]
    found = best_first[::-1]
    found.sort(key=planner._rank)
    assert found == best_first
