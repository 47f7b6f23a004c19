"""A runner over the set, several times: its score, whether it said the same each time, what it took and widened."""

import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evaluation.cases import Case
from evaluation.narrowing import breaches
from evaluation.outcome import Outcome, outcome
from evaluation.runners import Runner
from evaluation.score import Score, score

MEMORY = "/dev/shm"  # noqa: S108  # a disk waits for each row of a journal


@dataclass(frozen=True, slots=True)
class Result:
    """What a runner came to.

    Attributes:
        stable: cases of which every round said the same, byte by byte.
        calls, lacking: questions to the model in one round, and how many of them had no answer that counts.
        tokens, cost: of one round; `cost` in US dollars, None where the price is not known.
        widened: by case, how the model went beyond what the rules allow. It MUST be empty.
    """

    runner: str
    score: Score
    rounds: int
    stable: int
    calls: int = 0
    lacking: int = 0
    tokens: int = 0
    cost: float | None = 0.0
    widened: dict[str, list[str]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        names = ("runner", "rounds", "stable", "calls", "lacking", "tokens", "cost", "widened")
        return {**{name: getattr(self, name) for name in names}, "score": self.score.as_dict()}


def outcomes(runner: Runner, cases: Sequence[Case]) -> list[Outcome]:
    """Return what a runner says of each case, each with a journal of its own, in memory where that can be had."""
    memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="evaluation-", dir=memory) as folder, runner.ready():
        return [
            outcome(case, Path(folder, str(number)), runner.claude, f"evaluation of {runner.name}")
            for number, case in enumerate(cases)
        ]


def evaluate(runner: Runner, cases: Sequence[Case], rounds: int, rules: Sequence[Outcome] | None = None) -> Result:
    """Return what a runner comes to; `rules` are the outcomes of the rules alone, which a model may only narrow."""
    said = []
    for number in range(rounds):
        print(f"{runner.name}: round {number + 1} of {rounds} ...", file=sys.stderr, flush=True)
        said.append(outcomes(runner, cases))
    first = said[0]
    calls = [call for each in first if (call := each.call)]
    costs = [call.cost for call in calls]
    pairs = zip(cases, rules or first, first, strict=True)
    return Result(
        runner=runner.name,
        score=score(cases, first),
        rounds=rounds,
        stable=sum(len({each.bytes for each in of_case}) == 1 for of_case in zip(*said, strict=True)),
        calls=len(calls),
        lacking=sum(bool(call.lack) for call in calls),
        tokens=sum(call.usage.total for call in calls),
        cost=None if None in costs else sum(cost for cost in costs if cost is not None),
        widened={case.name: found for case, alone, both in pairs if (found := breaches(alone, both))},
    )
