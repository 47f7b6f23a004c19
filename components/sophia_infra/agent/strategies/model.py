"""What a strategy is: stages of operations, what previews say of them, and what is left to people."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from sophia_infra.agent.operations import Operation
from sophia_infra.codec import decode, encode
from sophia_infra.errors import SophiaError
from sophia_infra.report.model import Standing


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
    operations: tuple[Operation, ...]
    wait: int = 0
    diff: str = ""
    run: str = ""
    expects: tuple[str, ...] = ()

    def to_body(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**encode(self), "operations": [operation.to_body() for operation in self.operations]}

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Self:
        """Return the stage that JSON values stand for; raises OperationError as `Operation.from_body`."""
        plain: Self = decode(cls, {**body, "operations": ()})
        return replace(plain, operations=tuple(map(Operation.from_body, body["operations"])))


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

    @property
    def may_go(self) -> bool:
        """Whether it has stages, and no preview says that it is stopped or better not gone."""
        return bool(self.stages) and self.standing not in (str(Standing.BLOCK), str(Standing.STOPPED))

    def to_body(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**encode(self), "stages": [stage.to_body() for stage in self.stages]}

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Self:
        """Return the strategy that JSON values stand for; raises as `Stage.from_body`."""
        plain: Self = decode(cls, {**body, "stages": ()})
        return replace(plain, stages=tuple(map(Stage.from_body, body["stages"])))
