"""What each run used of a model, summed over its calls."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce

from sophia_infra.advice.claude.budget import Call
from sophia_infra.journal import Recorded


@dataclass(frozen=True, slots=True)
class RunUsage:
    """What a run used; `began` is its first call in UTC, `cost` in US dollars, of those calls whose price is known.

    `unanswered` counts the calls after which the rules decided alone.
    """

    run: str
    began: datetime
    models: tuple[str, ...] = ()
    calls: int = 0
    unanswered: int = 0
    tokens: int = 0
    seconds: float = 0.0
    cost: float = 0.0

    def with_call(self, call: Call) -> "RunUsage":
        """Return it with a call more."""
        return replace(
            self,
            models=tuple(dict.fromkeys([*self.models, call.model])),
            calls=self.calls + 1,
            unanswered=self.unanswered + bool(call.lack),
            tokens=self.tokens + call.usage.total,
            seconds=round(self.seconds + call.seconds, 3),
            cost=round(self.cost + (call.cost or 0.0), 6),
        )


def total(calls: Iterable[Recorded[Call]], since: datetime) -> RunUsage:
    """Return what some calls used together, of whatever runs; all were made since then."""
    return reduce(RunUsage.with_call, (each.row for each in calls if not each.row.is_repeated), RunUsage("", since))


def summed(calls: Iterable[Recorded[Call]]) -> list[RunUsage]:
    """Return what each run used, summed over its calls. Calls are given newest first, and runs come back so."""
    found: dict[str, RunUsage] = {}
    for each in reversed([*calls]):
        if not each.row.is_repeated:
            run = each.row.run or ""
            found[run] = found.get(run, RunUsage(run, each.time)).with_call(each.row)
    return list(reversed(found.values()))
