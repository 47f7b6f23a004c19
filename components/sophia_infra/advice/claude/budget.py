"""How much of the model one run may use, and when it is left alone: shared by all its threads and processes."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import ClassVar, Self
from uuid import uuid4

from sophia_infra.advice.claude.lack import OF_SERVICE, Lack, NoAnswerError
from sophia_infra.advice.claude.ledger import Open, Used, held
from sophia_infra.advice.claude.prices import Usage
from sophia_infra.advice.claude.spec import ClaudeSpec
from sophia_infra.journal import Kind, Row

FAILURES = 3
REST = timedelta(seconds=60)
"""After so many failures of the service in a row nobody asks it for so long; then one asks, and the others wait."""
AT_ONCE = 50
"""How many questions of a run are under way at once, at most."""
PLACE = "model"
"""What the rows of all calls of a run are found by."""
_GRACE = 30.0
"""Seconds beyond its time after which a question counts as one of a process that was killed."""
_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Call(Row):
    """One question to the model: what it took, and why it had no answer, empty where it had one; its key is a request.

    `run` and `plan` tell the run, and the saved plan, that it was asked for. `cost` is in US dollars, None where the
    price is not known. One that `is_repeated` was not asked: it says for another plan what became of the one before.
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
    is_repeated: bool = False

    @property
    def repeated(self) -> Self:
        """The same, which takes nothing more."""
        return replace(self, seconds=0.0, usage=Usage(), cost=None, is_repeated=True)


@dataclass(frozen=True, slots=True)
class Budget:
    """What a run may use. A question is reserved before it is asked, and noted after it.

    Attributes:
        run: the engine's run; of None nobody but this process knows.
        before: what the journal has of the run, asked for where nobody has counted it yet.
    """

    run: str | None
    before: Callable[[], Iterable[Call]] = tuple
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    def reserve(self, spec: ClaudeSpec, most: Usage) -> str:
        """Take a question out of the budget and return what it is noted by; `most` is what it may use.

        Calls are exact, however many ask at once. What an answer takes is known after it: where those under way may use
        up the rest, one waits for them. So a run goes beyond its tokens and its cost by one answer at most.

        Raises:
            NoAnswerError: nothing is left, or the service has failed too often to be asked now.
        """
        cost = spec.price.of(most) if spec.price else 0.0
        asked = Open(uuid4().hex, 0.0, most.total, cost)
        while not self._is_taken(spec, asked):
            self.sleep(_PAUSE)
        return asked.key

    def note(self, key: str, call: Call) -> None:
        """Count what a reserved question took."""
        with suppress(NoAnswerError), self._held() as used:
            used.open = [each for each in used.open if each.key != key]
            _add(used, call)
            if call.lack in OF_SERVICE:
                used.failures += 1
                used.rests_until = self.now() + REST.total_seconds()
            else:
                used.failures = 0

    def _is_taken(self, spec: ClaudeSpec, asked: Open) -> bool:
        """Take a question, or say that it has to wait for others."""
        with self._held() as used:
            now = self.now()
            if used.failures >= FAILURES and now < used.rests_until:
                raise NoAnswerError(Lack.CIRCUIT, f"its service failed {FAILURES} times in a row")
            _refuse_beyond(spec, used)
            if used.open and (len(used.open) >= AT_ONCE or _may_use_up(spec, used, asked)):
                return False
            asked.until = now + spec.timeout + _GRACE
            used.open.append(asked)
            if used.failures >= FAILURES:  # this one finds out, and the others go on waiting
                used.rests_until = now + REST.total_seconds()
            return True

    @contextmanager
    def _held(self) -> Iterator[Used]:
        with held(self.run, self._begun) as used:
            used.settle(self.now())
            yield used

    def _begun(self) -> Used:
        used = Used()
        for call in self.before():
            _add(used, call)
            used.seconds += call.seconds
        return used


def _add(used: Used, call: Call) -> None:
    used.calls += bool(call.usage.total or call.seconds)
    used.tokens += call.usage.total
    used.cost += call.cost or 0.0


def _refuse_beyond(spec: ClaudeSpec, used: Used) -> None:
    bounds = (
        ("calls", used.calls + len(used.open), spec.max_calls, "max_calls"),
        ("seconds", used.seconds, spec.max_seconds, "max_seconds"),
        ("tokens", used.tokens, spec.max_tokens, "max_tokens"),
        ("US dollars", used.cost, spec.max_cost, "max_cost"),
    )
    for unit, count, most, name in bounds:
        if most is not None and count >= most:
            raise NoAnswerError(Lack.BUDGET, f"this run used {count:g} of {most:g} {unit} (sophia:claude.{name})")


def _may_use_up(spec: ClaudeSpec, used: Used, asked: Open) -> bool:
    tokens = used.tokens + sum(each.tokens for each in used.open)
    cost = used.cost + sum(each.cost for each in used.open)
    return tokens + asked.tokens > spec.max_tokens or (spec.max_cost is not None and cost + asked.cost > spec.max_cost)
