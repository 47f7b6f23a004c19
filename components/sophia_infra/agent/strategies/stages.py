"""A strategy carried out stage by stage: each becomes a run when its wait is over, and is approved for itself."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sophia_infra import clock
from sophia_infra.agent.execution import Run, RunError, Runs, State, request
from sophia_infra.agent.execution import plan as propose
from sophia_infra.agent.execution.planning import PlanError, edited
from sophia_infra.agent.execution.rows import WAIT, Index, Proposal, Word
from sophia_infra.agent.execution.states import ENDED
from sophia_infra.agent.operations import Operation
from sophia_infra.agent.strategies.model import Plan, Stage, StageRun, Strategy, StrategyError
from sophia_infra.agent.strategies.previews import standing
from sophia_infra.journal import Recorded
from sophia_infra.values import lasts

if TYPE_CHECKING:
    from sophia_infra.agent.sophia import SophiaInfrastructureAgent as Agent

_ALIKE = 100
_ID = 8
"""How long the id of a plan is; those of the runs of its first stages begin with it, and are longer."""


@dataclass(frozen=True, slots=True)
class Due:
    """A stage that may begin at a time: `stage` counts from 0."""

    plan: str
    strategy: Strategy
    stage: int
    at: datetime

    @property
    def what(self) -> Stage:
        """What it does."""
        return self.strategy.stages[self.stage]


@dataclass(frozen=True, slots=True)
class Plans:
    """The plans of a journal."""

    runs: Runs

    def find(self, beginning: str) -> str:
        """Return the id of the plan whose id begins so, empty for none; RunError where something else does too."""
        ids = self.runs.journal.keys(Plan, beginning, 2) if beginning else []
        others = self.runs.journal.keys(Proposal, beginning, _ALIKE) if ids else []
        if len(ids) > 1 or any(not other.startswith(ids[0]) for other in others):
            told = f"several plans and runs have ids that begin with {beginning!r}; give more of it"
            raise RunError(told, code="several-runs", field="ID", value=beginning)
        return ids[0] if ids else ""

    def at(self, key: str) -> Plan:
        """Return a plan; StrategyError where it was not made on this machine."""
        found = self.runs.journal.last(Plan, key)
        if found is None:
            raise StrategyError(f"plan {key} was not made on this machine", code="no-plan-there", field="ID", value=key)
        return found.row

    def of_run(self, run: str) -> tuple[str, int] | None:
        """Return the plan of which a run is the first stage of a strategy, and the number of that; None for others."""
        plan = self.runs.journal.last(Plan, run[:_ID]) if len(run) > _ID else None
        found = plan.row.strategies if plan else ()
        return next(((each.plan, each.number) for each in found if each.stages and each.stages[0].run == run), None)

    def of_stage(self, run: str) -> str:
        """Return the id of the plan of which a run is a stage; empty for other runs."""
        found = self.runs.journal.last(StageRun, run)
        return found.row.plan if found else ""

    def chosen(self, key: str) -> tuple[Strategy, Recorded[StageRun]] | None:
        """Return the strategy that was begun, with its last stage; None where none was."""
        last = self.runs.journal.last(StageRun, key)
        return (self.at(key).strategies[last.row.strategy - 1], last) if last else None

    def stage_runs(self, key: str) -> list[StageRun]:
        """Return the stages of a plan that became runs, the newest first."""
        return [each.row for each in self.runs.journal.back(StageRun, key)]

    def run_of(self, key: str) -> Run | None:
        """Return the newest run of a plan; None where no strategy was begun."""
        return next((self.runs.at(each.run) for each in self.stage_runs(key) if each.run), None)

    def next(self, key: str) -> Due | None:
        """Return the stage after what is done, or whose run is to be requested, or planned anew; None for none."""
        if not (chosen := self.chosen(key)):
            return None
        strategy, last = chosen
        run = self.runs.at(last.row.run) if last.row.run else None
        if run and run.state is State.PROPOSED:  # whoever planned it was killed before the request
            return Due(key, strategy, last.row.stage, last.time)
        if run and run.may_be_anew:
            return Due(key, strategy, last.row.stage, run.steps[-1].time)
        following = last.row.stage + 1
        if following >= len(strategy.stages) or (run and run.state is not State.DONE):
            return None
        ended = run.steps[-1].time if run else last.time
        return Due(key, strategy, following, ended + timedelta(seconds=strategy.stages[following].wait))

    def begun(self, stack: str, due: Due, run: str) -> None:
        """Journal that a stage became a run; killed between two of the rows, it did not."""
        row = StageRun(due.plan, due.strategy.number, due.stage, run)
        self._index(stack).add(due.plan, self._is_open)
        for key in filter(None, (run, stack, f"{stack} {due.strategy.way}", due.plan)):
            self.runs.journal.write(key, row)

    def due(self, stack: str, now: datetime) -> tuple[Due, ...]:
        """Return the stages of a stack's plans whose wait is over, the longest due first."""
        found = map(self.next, self._index(stack).ids)
        return tuple(sorted((each for each in found if each and each.at <= now), key=lambda each: each.at))

    def _index(self, stack: str) -> Index:
        journal = self.runs.journal
        return Index(journal, f"{stack} plans", (row.row.plan for row in journal.back(StageRun, stack)))

    def _is_open(self, key: str) -> bool:
        """Whether a stage of a plan may come yet."""
        run = self.run_of(key)
        return bool(self.next(key)) or (run is not None and run.state not in (*ENDED, State.FAILED))


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
