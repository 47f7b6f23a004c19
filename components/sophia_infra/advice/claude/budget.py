"""How much of the model one run may use, and when it is left alone: shared by the provider's threads."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from sophia_infra.advice.claude.lack import OF_SERVICE, Lack, NoAnswerError
from sophia_infra.advice.claude.prices import Usage
from sophia_infra.advice.claude.spec import ClaudeSpec
from sophia_infra.journal import Kind, Row

FAILURES = 3
REST = timedelta(seconds=60)
"""After so many failures of the service in a row nobody asks it for so long; then one asks, and the others wait."""
PLACE = "model"
"""What the rows of all calls of a run are found by."""


@dataclass(frozen=True, slots=True)
class Call(Row):
    """One question to the model: what it took, and why it had no answer, empty where it had one; its key is a request.

    `run` and `plan` tell the run, and the saved plan, that it was asked for. `cost` is in US dollars, None where the
    price is not known.
    """

    KIND: ClassVar = Kind.CALL

    run: str | None
    plan: str
    model: str
    lack: str
    seconds: float
    usage: Usage = field(default_factory=Usage)
    cost: float | None = None
    place: str = PLACE


@dataclass(slots=True)
class Budget:
    """What a run has used. A call is reserved before it is made, and noted after it."""

    calls: int = 0
    seconds: float = 0.0
    tokens: int = 0
    cost: float = 0.0
    failures: int = 0
    rests_until: float = 0.0
    now: Callable[[], float] = time.monotonic
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, calls: Iterable[Call]) -> None:
        """Count what the same run used in its preview."""
        for call in calls:
            self._add(call)

    def reserve(self, spec: ClaudeSpec) -> None:
        """Take one call out of the budget.

        Raises:
            NoAnswerError: nothing is left, or the service has failed too often to be asked now.
        """
        with self.lock:
            if self.failures >= FAILURES and self.now() < self.rests_until:
                raise NoAnswerError(Lack.CIRCUIT, f"its service failed {FAILURES} times in a row")
            bounds = (
                ("calls", self.calls, spec.max_calls, "max_calls"),
                ("seconds", self.seconds, spec.max_seconds, "max_seconds"),
                ("tokens", self.tokens, spec.max_tokens, "max_tokens"),
                ("US dollars", self.cost, spec.max_cost, "max_cost"),
            )
            for unit, used, most, name in bounds:
                if most is not None and used >= most:
                    raise NoAnswerError(
                        Lack.BUDGET, f"this run used {used:g} of {most:g} {unit} (sophia:claude.{name})"
                    )
            self.calls += 1
            if self.failures >= FAILURES:  # this one finds out, and the others go on waiting
                self.rests_until = self.now() + REST.total_seconds()

    def note(self, call: Call) -> None:
        """Count what a reserved call took."""
        with self.lock:
            self.calls -= 1  # it was counted when it was reserved
            self._add(call)
            if call.lack in OF_SERVICE:
                self.failures += 1
                self.rests_until = self.now() + REST.total_seconds()
            else:
                self.failures = 0

    def _add(self, call: Call) -> None:
        self.calls += bool(call.usage.total or call.seconds)
        self.seconds += call.seconds
        self.tokens += call.usage.total
        self.cost += call.cost or 0.0
