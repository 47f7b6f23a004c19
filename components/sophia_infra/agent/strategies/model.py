"""What a strategy is: stages of operations, what previews say of them, and what is left to people."""

from dataclasses import dataclass

from sophia_infra.agent.operations import Operation
from sophia_infra.errors import SophiaError


class StrategyError(SophiaError):
    """A requirement that no strategy meets, or a strategy that is not there."""

    code = "no-strategy"


@dataclass(frozen=True, slots=True)
class Stage:
    """What is changed at one time, as one run.

    Attributes:
        title: what it does, such as `lower the TTL`.
        operations: the changes.
        wait: seconds after the end of the stage before.
        diff: the lines of files that come and go, as `diff -u` has them.
        run: the id of its run; empty until it has one.
    """

    title: str
    operations: tuple[Operation, ...]
    wait: int = 0
    diff: str = ""
    run: str = ""


@dataclass(frozen=True, slots=True)
class Strategy:
    """One way to meet a requirement.

    Attributes:
        plan: the id of the plan that it is an alternative of.
        number: which one, from 1; the first is recommended.
        title: what it does, in a line.
        stages: in their order; none where all of it is left to people.
        standing: the worst verdict of its previews, as `sophia report` has them.
        exposure: the highest one of its stages.
        irreversible: how many changes outlast a way back.
        seconds: how long it takes, waits included.
        cost: how many edits people read and providers take.
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
    notes: tuple[str, ...] = ()
    not_done: tuple[str, ...] = ()
