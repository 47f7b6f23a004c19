"""A strategy carried out stage by stage: each becomes a run when its wait is over, and is approved for itself."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from sophia_infra import clock
from sophia_infra.agent.execution import Run, RunError, State, request
from sophia_infra.agent.execution import plan as propose
from sophia_infra.agent.execution.proposal import PlanError, edited
from sophia_infra.agent.execution.rows import WAIT, Word
from sophia_infra.agent.operations import Operation
from sophia_infra.agent.strategies.model import StrategyError
from sophia_infra.agent.strategies.plans import Due, Plans
from sophia_infra.agent.strategies.previews import standing
from sophia_infra.values import lasts

if TYPE_CHECKING:
    from sophia_infra.agent.sophia import SophiaInfrastructureAgent as Agent


def asked_for(agent: "Agent", beginning: str, number: int) -> tuple[Run, str]:
    """Request a strategy of a plan, or a run: one that is the first stage of a strategy begins that; raises as `begin`.

    Return the run, and why it is left to a person.
    """
    plans = Plans(agent.runs)
    if plan := plans.find(beginning):
        return begin(agent, plan, number)
    run = found(agent, beginning)
    first = plans.of_run(run.id)
    return begin(agent, *first) if first else request(agent.runs, run)


def begin(agent: "Agent", key: str, number: int) -> tuple[Run, str]:
    """Request the first stage of a strategy; return its run, and why it is left to a person. Twice is as once.

    The runs of the other strategies are declined.

    Raises:
        StrategyError: another strategy of the plan was begun, or there is none of that number, or nothing to apply.
        RunError, JournalError: as `request`.
    """
    plans = Plans(agent.runs)
    _refuse_other_stack(agent, plans.at(key).stack, f"plan {key}")
    strategies = plans.at(key).strategies
    if not 1 <= number <= len(strategies):
        told = f"plan {key} has strategies 1 to {len(strategies)}"
        raise StrategyError(told, code="no-such-strategy", field="--strategy", value=number)
    strategy = strategies[number - 1]
    if not strategy.stages:
        raise StrategyError(f"strategy {number} is a person's to carry out", code="by-hand", subject=key, value=number)
    if not strategy.may_go:
        told = f"a preview of strategy {number} is {strategy.standing}; see: sophia agent status {key}"
        raise StrategyError(told, code="strategies-stopped", subject=key, value=strategy.standing)
    with _alone(agent, key):
        last, firsts = plans.run_of(key), [each.stages[0].run for each in strategies if each.stages]
        first = strategy.stages[0].run
        if last and last.id == first and last.state is not State.PROPOSED:
            return last, ""
        # One of these that is proposed still was killed before its request.
        if last and (last.state is not State.PROPOSED or last.id not in firsts):
            told = f"plan {key} was begun already; see: sophia agent status {key}"
            raise StrategyError(told, code="plan-begun", field="ID", value=key)
        plans.begun(agent.stack, Due(key, strategy, 0, clock.now()), first)
        asked = request(agent.runs, agent.runs.at(first))
        for other in map(agent.runs.known, firsts):
            if other and other.state is State.PROPOSED:
                agent.runs.take(other, Word.DECLINED, f"strategy {number} of plan {key} was requested instead")
    return asked


def go_on(agent: "Agent", key: str, now: datetime) -> tuple[Run, str]:
    """Return the run of a plan that has not ended; else plan its next stage anew, and request that.

    A stage whose run was stopped since what it was approved for had moved is next again. One of which nothing is left
    to do is over at once. Beside the run stands why it is left to a person.

    Raises:
        StrategyError: it was not begun, no stage is due by now, or a set that it is about is not as the stages before
            left it.
        SophiaError, OSError: as `execution.plan` and `request`.
    """
    plans = Plans(agent.runs)
    commands = plans.at(key).commands
    _refuse_other_stack(agent, plans.at(key).stack, f"plan {key}")
    if (run := plans.run_of(key)) is None:
        raise StrategyError(f"plan {key} was not begun; first: sophia agent request {key}", code="no-stage", field="ID")
    if run.state is State.PROPOSED:
        return request(agent.runs, run)
    if run.state is not State.DONE and not run.may_be_anew:
        return run, ""
    with _alone(agent, key):
        while following := plans.next(key):
            if following.at > now:
                wait = lasts(max(1, round((following.at - now).total_seconds())))
                told = f"the next stage of {key}, {following.what.title}, is due in {wait}"
                raise StrategyError(told, code="not-due", field="ID", value=following.at.isoformat())
            _refuse_moved(agent, following)
            planned = _planned(agent, following, commands)
            plans.begun(agent.stack, following, planned.id if planned else "")
            if planned:
                return request(agent.runs, planned)
    raise StrategyError(f"plan {key} has no stage left to begin; see: sophia agent status {key}", code="no-stage")


def anew(agent: "Agent", run: Run) -> tuple[Run, str]:
    """Plan what a run was to do once more, and request that; raises as `execution.plan` and `request`."""
    operations = [Operation.from_body(body) for body in run.row.operations]
    planned = propose(agent, operations, run.row.commands)
    return request(agent.runs, planned)


def _alone(agent: "Agent", key: str) -> AbstractContextManager[None]:
    """Be the only one that begins a stage of a plan; plans share few names, for the file of a lock stays."""
    return agent.runs.journal.locked(f"agent plan {key[:1]}", WAIT)


def found(agent: "Agent", beginning: str) -> Run:
    """Return a run as `find` of the agent."""
    plans = Plans(agent.runs)
    plan = plans.find(beginning)
    run = (plans.run_of(plan) if plan else None) or agent.runs.find(beginning)
    _refuse_other_stack(agent, run.row.stack, str(run))
    return run


def _refuse_other_stack(agent: "Agent", stack: str, what: str) -> None:
    if stack != agent.stack:
        told = f"{what} is about {stack}, and this is {agent.stack}; name the stack with --stack"
        raise RunError(told, code="other-stack", field="--stack")


def _refuse_moved(agent: "Agent", due: Due) -> None:
    """Refuse a stage whose sets somebody changed since it was planned: it would take that back, if it does anything."""
    if not edited(agent, due.what.operations):
        return
    now = standing(replace(agent).inventory, due.what.operations)
    if moved := sorted(set(now) ^ set(due.what.expects)):
        told = f"since {due.plan} was planned, what stage {due.stage + 1} is about changed: {moved[0]}; plan it anew"
        raise StrategyError(told, code="stage-moved", subject=moved[0], value=due.stage + 1)


def _planned(agent: "Agent", due: Due, commands: Sequence[str]) -> Run | None:
    """Propose a stage; None where nothing of it is left to do."""
    try:
        return propose(agent, due.what.operations, commands)
    except PlanError as error:
        if error.code != "nothing-to-do":
            raise
        return None
