"""The plans of a journal: which strategy was begun, which stage is next, and when."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sophia_infra.agent.execution import Run, RunError, Runs, State
from sophia_infra.agent.execution.rows import Index, Proposal, steps_alone
from sophia_infra.agent.strategies.model import Plan, Stage, StageRun, Strategy, StrategyError
from sophia_infra.journal import Recorded

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
        """Return the stage after what is done, or whose run is to be requested, or planned anew; None for none.

        After a run that was pruned there is none: nobody knows how that ended.
        """
        if not (chosen := self.chosen(key)):
            return None
        strategy, last = chosen
        run = self.runs.known(last.row.run) if last.row.run else None
        if last.row.run and not run:
            return None
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
        with steps_alone(self.runs.journal, stack):
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
        chosen = self.chosen(key)
        run = self.runs.known(chosen[1].row.run) if chosen else None
        return bool(self.next(key)) or (run is not None and (run.may_be_open or run.state is State.INCONCLUSIVE))
