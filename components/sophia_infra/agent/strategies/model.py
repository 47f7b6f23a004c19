"""What a strategy is: stages of operations, what previews say of them; and what the journal keeps of a plan."""

from dataclasses import dataclass
from typing import ClassVar

from sophia_infra.agent.execution.rows import AgentRow
from sophia_infra.agent.operations import Operations
from sophia_infra.errors import SophiaError
from sophia_infra.report.model import STOPPING


class StrategyError(SophiaError):
    """A wish that no strategy meets, or a strategy that is not there, or can't go on."""

    code = "no-strategy"


@dataclass(frozen=True, slots=True)
class Stage:
    """What is changed at one time, as one run.

    Attributes:
        title: what it does, such as `lower the TTL`.
        operations: the changes.
        wait: seconds after the end of the stage before.
        diff: the lines of files that come and go, as `diff -u` has them.
        run: the id of its run, as it was planned; empty for a later stage, which is planned when it is due.
        expects: the record sets that it is about, as the stages before leave them.
    """

    title: str
    operations: Operations
    wait: int = 0
    diff: str = ""
    run: str = ""
    expects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Strategy:
    """One way to meet a wish.

    Attributes:
        plan: the id of the plan that it is an alternative of.
        number: which one, from 1; the first is recommended.
        title: what it does, in a line.
        stages: in their order; none where all of it is left to people.
        standing: the worst verdict of its previews, as `sophia report` has them; empty where there are none.
        exposure: the highest one of its stages.
        irreversible: how many changes outlast a way back: caches hold them longer than five minutes, or something is
            deleted, renewed or rotated.
        seconds: how long it waits in all.
        cost: how many operations people read and providers take.
        way: what it is called among the ways of its pattern: `mail to a provider: staged`.
        failed: how many of the last ten runs of this way failed or were taken back.
        reasons: why its previews stand so: what refuses it, then what advice finds.
        notes: what must hold, or stays, for whoever carries it out.
        not_done: what only others or program code can do: described, not applied.
    """

    plan: str
    number: int
    title: str
    stages: tuple[Stage, ...]
    standing: str = ""
    exposure: str = ""
    irreversible: int = 0
    seconds: int = 0
    cost: int = 0
    way: str = ""
    failed: int = 0
    notes: tuple[str, ...] = ()
    not_done: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def may_go(self) -> bool:
        """Whether it has stages, and no preview says that it is stopped or better not gone."""
        return bool(self.stages) and self.standing not in STOPPING


@dataclass(frozen=True, slots=True)
class Plan(AgentRow):
    """The alternatives of a wish, best first, by the plan's id."""

    RESOURCE: ClassVar = "plan"

    stack: str
    wish: str
    strategies: tuple[Strategy, ...]
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StageRun(AgentRow):
    """A stage of a plan, counted from 0, that became a run; `run` is empty where nothing was left to do.

    Its keys are the ids of the plan and of the run, the stack, and the stack with the way.
    """

    RESOURCE: ClassVar = "stage"

    plan: str
    strategy: int
    stage: int
    run: str
