"""What one run of an agent may use."""

import time
from dataclasses import dataclass, field
from enum import StrEnum

from sophia_infra.agent.runtime.model import Reply


class Stop(StrEnum):
    """Why a run ended without an answer; the first five are the limits of the same name."""

    STEPS = "steps"
    CALLS = "calls"
    TOKENS = "tokens"
    SECONDS = "seconds"
    COST = "cost"
    ANSWER = "answer"
    REPEATED = "repeated"
    NO_ANSWER = "no-answer"
    NO_MODEL = "no-model"


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one run.

    Attributes:
        steps: replies of the model.
        calls: calls of tools.
        tokens: tokens, in and out; the last reply may go beyond.
        seconds: of the clock.
        cost: US dollars, None for no such bound; the last reply may go beyond.
        result: characters of a tool's result that the model gets.
        answer: characters of an answer; a longer one is none.
    """

    steps: int = 8
    calls: int = 16
    tokens: int = 50_000
    seconds: float = 60.0
    cost: float | None = None
    result: int = 8_000
    answer: int = 16_000


DEFAULT = Limits()


@dataclass(slots=True)
class Used:
    """What a run has used so far."""

    steps: int = 0
    calls: int = 0
    tokens: int = 0
    cost: float = 0.0
    began: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """The seconds since it began."""
        return time.monotonic() - self.began

    def add(self, reply: Reply) -> None:
        """Count a reply."""
        self.steps += 1
        self.tokens += reply.usage.total
        self.cost += reply.cost

    def beyond(self, limits: Limits) -> Stop | None:
        """Return the limit that leaves no room for another reply; None where there is room."""
        for stop in (Stop.STEPS, Stop.TOKENS, Stop.SECONDS, Stop.COST):
            most = getattr(limits, stop)
            if most is not None and getattr(self, stop) >= most:
                return stop
        return None
