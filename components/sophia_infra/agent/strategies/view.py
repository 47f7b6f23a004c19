"""A plan as whoever is told of it needs it, on a terminal, in JSON or by a protocol."""

from collections.abc import Iterator, Sequence
from typing import Any

from sophia_infra.agent.strategies.model import Strategy
from sophia_infra.agent.strategies.plans import Plans
from sophia_infra.codec import encode
from sophia_infra.values import lasts

_REASONS = 3
"""So many reasons of a strategy are told; JSON has all."""


def body_of(plans: Plans, key: str) -> dict[str, Any]:
    """Return a plan as JSON values: its strategies, best first, and of the one that was begun each stage's run."""
    row, chosen, following = plans.at(key), plans.chosen(key), plans.next(key)
    return {
        "id": key,
        "stack": row.stack,
        "wish": row.wish,
        "strategies": encode(row.strategies),
        "begun": chosen[0].number if chosen else None,
        "runs": encode(plans.stage_runs(key)),
        "next": {"stage": following.stage, "at": encode(following.at)} if following else None,
    }


def lines_of(plans: Plans, key: str) -> list[str]:
    """Return the lines that tell of a plan: how far it is where a strategy of it was begun, else what it offers."""
    return list(told_of(plans, key)) or list(offered(plans.at(key).wish, plans.at(key).strategies))


def offered(wish: str, strategies: Sequence[Strategy]) -> Iterator[str]:
    """Yield the lines that offer strategies to people, each with what becomes of which files."""
    yield f"plan {strategies[0].plan}: {wish}"
    for each in strategies:
        recommended = " (recommended)" if each.number == 1 and each.may_go else ""
        yield f"strategy {each.number}{recommended}  {each.title}{_figures(each)}"
        yield from (f"  {reason}" for reason in each.reasons[:_REASONS])
        if more := each.reasons[_REASONS:]:
            yield f"  and {len(more)} more; see: sophia agent status {each.plan} --json"
    for label, notes in _notes(strategies):
        yield f"  {label}: {'; '.join(notes)}"
    for each in strategies:
        for number, stage in enumerate(each.stages, 1):
            yield f"strategy {each.number}, stage {number}: {stage.title}"
            yield from stage.diff.splitlines()
    if best := next((each for each in strategies if each.may_go), None):
        yield f"next: sophia agent request {best.plan} --strategy {best.number}"


def _figures(strategy: Strategy) -> str:
    if not strategy.stages:
        return ""
    count = len(strategy.stages)
    waits = f", ~{lasts(strategy.seconds)}" if strategy.seconds else ""
    runs = f"{count} {'run' if count == 1 else 'runs'}{waits}"
    failed = f"; of the last ten alike {strategy.failed} failed or were taken back" if strategy.failed else ""
    return f"  exposure {strategy.exposure}  {strategy.standing}  {runs}  {strategy.irreversible} irreversible{failed}"


def _notes(strategies: Sequence[Strategy]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what is noted of all strategies, then what of each alone; what is left to people says so."""
    noted = {each.number: (*each.notes, *(f"not done: {what}" for what in each.not_done)) for each in strategies}
    common = tuple(note for note in noted[strategies[0].number] if all(note in notes for notes in noted.values()))
    if len(strategies) > 1 and common:
        yield "both" if len(strategies) == 2 else "all", common
        noted = {number: tuple(note for note in notes if note not in common) for number, notes in noted.items()}
    yield from ((str(number), notes) for number, notes in noted.items() if notes)


def told_of(plans: Plans, key: str) -> Iterator[str]:
    """Yield the lines that tell how far a plan is that was begun; nothing where it was not."""
    if not (chosen := plans.chosen(key)):
        return
    strategy, following = chosen[0], plans.next(key)
    runs = {row.stage: row.run for row in reversed(plans.stage_runs(key)) if row.strategy == strategy.number}
    yield f"plan {key}, strategy {strategy.number}: {strategy.title}"
    for at, stage in enumerate(strategy.stages):
        state = "nothing was left to do" if at in runs else "to come"
        if run := runs.get(at):
            state = f"{plans.runs.at(run).state}, run {run}"
        yield f"  stage {at + 1}, {stage.title}: {state}"
    if following:
        yield f"next: sophia agent resume {key}, from {following.at:%Y-%m-%d %H:%M} UTC on"
