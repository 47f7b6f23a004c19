"""What the journal keeps of plans: the alternatives, and each stage that became a run."""

from dataclasses import dataclass
from typing import ClassVar

from sophia_infra.agent.strategies.model import Strategy
from sophia_infra.journal import Kind, Row


@dataclass(frozen=True, slots=True)
class Plan(Row):
    """The alternatives of a wish, best first, by the plan's id."""

    KIND: ClassVar = Kind.AGENT
    RESOURCE: ClassVar = "plan"

    stack: str
    wish: str
    strategies: tuple[Strategy, ...]
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StageRun(Row):
    """A stage of a plan, counted from 0, that became a run; `run` is empty where nothing was left to do.

    Its keys are the plan's id, the stack, and the stack with the way.
    """

    KIND: ClassVar = Kind.AGENT
    RESOURCE: ClassVar = "stage"

    plan: str
    strategy: int
    stage: int
    run: str
