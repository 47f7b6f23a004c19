"""From what is wanted to strategies that the engine has previewed, ranked and journaled."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from sophia_infra import clock
from sophia_infra.agent.editing import FileEdit
from sophia_infra.agent.execution import State
from sophia_infra.agent.execution.proposal import PlanError
from sophia_infra.agent.execution.view import in_a_line
from sophia_infra.agent.inventory import Inventory
from sophia_infra.agent.operations import Operation, Renew, Rotate
from sophia_infra.agent.sophia import Requirement
from sophia_infra.agent.specialists import for_intent, refuse_foreign
from sophia_infra.agent.strategies.caches import held, patient
from sophia_infra.agent.strategies.model import Plan, Stage, StageRun, Strategy, StrategyError
from sophia_infra.agent.strategies.patterns import BY_INTENT
from sophia_infra.agent.strategies.previews import Outcome, Seen, Texts, outcomes, outlasting, previewed, read, standing
from sophia_infra.agent.strategies.ways import AT_ONCE, Way, naming, together
from sophia_infra.agent.understanding import INTENTS, Kind, Understood
from sophia_infra.agent.understanding.contradictions import contradiction
from sophia_infra.agent.understanding.intent import MissingError
from sophia_infra.agent.understanding.names import wish_of
from sophia_infra.agent.understanding.secrecy import masked
from sophia_infra.agent.understanding.understand import REFUSED
from sophia_infra.changes import EditingError, Exposure
from sophia_infra.dns.exposure import between
from sophia_infra.dns.reader import ZoneTextError
from sophia_infra.report.model import Standing
from sophia_infra.values import listed

if TYPE_CHECKING:
    from sophia_infra.agent.sophia import SophiaInfrastructureAgent as Agent

Wanted = str | Requirement | Understood | Sequence[Operation]
MOST = 3
_TRIED, _WORST = 10, 2
"""So many of the last runs of a way are looked at, and so many levels of exposure at most its failures count for."""
_INTENTS = {intent.name: intent for intent in INTENTS}
_UNWANTED = (State.FAILED, State.INCONCLUSIVE, State.ROLLED_BACK, State.STOPPED)


_Drafted = tuple[Way, tuple[Outcome, ...]]
"""A way with the stages of it that change something, and what the files become after each."""


def strategies_for(agent: "Agent", what: Wanted, checks: Sequence[str]) -> tuple[Strategy, ...]:
    """Return the ways to do what is wanted, best first; raises as `plan` of the agent."""
    agent = replace(agent)  # so that the state is read anew
    text, stack, understood = _understood(agent, what)
    pattern, ways = ways_of(stack, understood)
    still = held(agent.runs, agent.stack, clock.now())
    drafted = list(_drafted(agent, [naming(patient(way, still), stack) for way in ways]))
    key = secrets.token_hex(4)
    first = {ends[0]: way.stages[0].operations for way, ends in drafted if ends}
    seen = previewed(agent, checks, key, dict.fromkeys(end for _, ends in drafted for end in ends), first)
    found = [_strategy(agent, key, pattern, way, [seen[end] for end in ends]) for way, ends in drafted]
    numbered = tuple(replace(each, number=number) for number, each in enumerate(sorted(found, key=_rank), 1))
    _refuse_all_stopped(numbered, seen)
    agent.runs.journal.write(key, Plan(agent.stack, text, numbered, tuple(checks)))
    return numbered


def _understood(agent: "Agent", what: Wanted) -> tuple[str, Inventory, Understood]:
    """The wish in words, the names that it may mean, and what it asks for."""
    if isinstance(what, Understood):
        return f"{what.intent}: {', '.join(what.subjects)}", agent.inventory, what
    wanted = Requirement(what) if isinstance(what, str) else what
    if not isinstance(wanted, Requirement):
        wanted = Requirement(operations=tuple(wanted))
    if wanted.operations:
        found = Understood(Kind.CHANGE, "operations", operations=wanted.operations)
        return f"{len(wanted.operations)} operations", agent.inventory, found
    stack = agent.inventory.within(wanted.zone) if wanted.zone else agent.inventory
    return masked(wanted.text), stack, agent.understand(wanted.text, zone=wanted.zone)


def ways_of(stack: Inventory, found: Understood) -> tuple[str, list[Way]]:
    """Return the name of the pattern that meets a wish, and its ways.

    Raises:
        StrategyError: it is no change, contradicts itself, or no pattern meets it.
        ForeignError: an operation is none that its specialist may propose.
    """
    if found.kind is not Kind.CHANGE:
        told = "this is a question; its answer: sophia agent ask TEXT" if found.kind is Kind.READ else found.why
        raise StrategyError(told, code="wish-refused" if found.intent == REFUSED else "no-change-asked")
    if against := contradiction(found.operations):
        raise StrategyError(against, code="contradiction")
    pattern = BY_INTENT.get(found.intent)
    try:
        if pattern and found.heard:
            wish = wish_of(stack, _INTENTS[found.intent], found.heard.tokens)[0]
            ways = list(pattern.ways(wish, found.operations))[:MOST]
            for stage in (stage for way in ways for stage in way.stages):
                refuse_foreign(found.intent, for_intent(found.intent), stage.operations)
            return pattern.name, ways
    except MissingError as error:
        raise StrategyError(str(error), subject=found.intent) from None
    if found.wishes and any(not each.operations for each in found.wishes):
        return found.intent, together([ways_of(stack, each)[1] for each in found.wishes])
    if not found.operations:
        raise StrategyError(f"no pattern is known for {found.intent}", subject=found.intent)
    return found.intent, [Way(AT_ONCE, (Stage("change", found.operations),))]


def _drafted(agent: "Agent", ways: Sequence[Way]) -> Iterator[_Drafted]:
    """Yield each way as it comes out in the files of the project, those that come to the same once.

    Raises:
        PlanError: there is nothing to be changed, and nothing to be described.
        EditingError, ZoneTextError: no way can be edited so.
    """
    known = set[tuple[tuple[Outcome, ...], tuple[str, ...]]]()
    why: Exception | None = None
    for given in ways:
        try:
            way, ends = _edited(agent, given)
        except EditingError as error:
            way, ends, why = replace(given, stages=(), not_done=(*given.not_done, str(error))), (), error
        except ZoneTextError as error:
            why = error
            continue
        if (ends or way.not_done) and (ends, way.not_done) not in known:
            known.add((ends, way.not_done))
            yield way, ends
    if not known:
        told = "the declared files say all of this already; nothing is to be changed"
        raise why or PlanError(told, code="nothing-to-do")


def _edited(agent: "Agent", way: Way) -> _Drafted:
    """A way without the stages that change nothing; the first of the others has nothing to wait for."""
    ends: list[Outcome] = [((), ()), *outcomes(agent, [stage.operations for stage in way.stages])]
    steps = [(stage, *step) for stage, step in zip(way.stages, pairwise(ends), strict=True) if step[0] != step[1]]
    stages = [replace(stage, diff=_diff(before, after)) for stage, before, after in steps]
    first = [replace(stage, wait=0) for stage in stages[:1]]
    return replace(way, stages=(*first, *stages[1:])), tuple(after for *_, after in steps)


def _diff(before: Outcome, after: Outcome) -> str:
    """The lines that come and go between two outcomes, and what is asked for anew."""
    stood = {edit.path: edit.after for edit in before[0]}
    steps = (FileEdit(edit.path, stood.get(edit.path, edit.before), edit.after) for edit in after[0])
    asked = (f"+ {in_a_line(each.to_body())}" for each in after[1][len(before[1]) :])
    return "\n".join((*(step.diff for step in steps if step.before != step.after), *asked))


def _strategy(agent: "Agent", key: str, pattern: str, way: Way, found: Sequence[Seen]) -> Strategy:
    """A way with what its previews say; `number` is given by its rank."""
    name = f"{pattern}: {way.name}"
    operations = [each for stage in way.stages for each in stage.operations]
    bare = Strategy(
        key,
        0,
        way.title,
        way.stages,
        seconds=sum(stage.wait for stage in way.stages),
        cost=len(operations),
        way=name,
        failed=_failed(agent, name),
        notes=(*way.notes, *_taken_along(found)),
        not_done=way.not_done,
    )
    if not found:
        return bare
    texts = list(_texts(found))
    first, *later = (
        replace(stage, expects=standing(read(before), stage.operations))
        for stage, (before, _) in zip(way.stages, texts, strict=True)
    )
    ended = sum(isinstance(each, Renew | Rotate) for each in operations)
    return replace(
        bare,
        stages=(replace(first, run=found[0].run.id if found[0].run else ""), *later),
        standing=str(max(each.found.report.standing for each in found)),
        exposure=str(max(_exposures(found[0], texts), default=Exposure.NONE)),
        irreversible=ended + sum(outlasting(*pair) for pair in texts) + len(found[-1].found.deletes),
        reasons=tuple(dict.fromkeys(reason for each in found for reason in each.reasons)),
    )


def _taken_along(found: Sequence[Seen]) -> Iterator[str]:
    """Yield what others changed and did not apply, where the first stage would take it along."""
    for run in (each.run for each in found if each.run and each.run.row.beyond):
        yield f"takes along what others changed: {listed(run.row.beyond)}"


def _texts(found: Sequence[Seen]) -> Iterator[tuple[Texts, Texts]]:
    """Yield the zones before and after each stage: what an earlier stage made of one is what the next begins with."""
    stand: Texts = {}
    for each in found:
        before, after = each.texts
        yield {**before, **stand}, after
        stand = {**stand, **after}


def _exposures(first: Seen, texts: Sequence[tuple[Texts, Texts]]) -> Iterator[Exposure]:
    """Yield how exposed each stage is: the first as its report says, others by what changes since the one before."""
    yield from (item.exposure for item in first.found.report.items)
    for before, after in texts[1:]:
        yield from (between(before.get(zone, ""), text, origin=zone).exposure for zone, text in after.items())


def _failed(agent: "Agent", way: str) -> int:
    """How many of the last runs of a way here came to nothing, or to worse."""
    rows = islice(agent.runs.journal.back(StageRun, f"{agent.stack} {way}"), _TRIED)
    runs = (agent.runs.known(row.row.run) for row in rows)
    return sum(run is not None and run.state in _UNWANTED for run in runs)


def _rank(strategy: Strategy) -> tuple[int, int, int, int, int, int]:
    """What is best comes first: by verdict, exposure and former failures, irreversible changes, time, operations."""
    if not strategy.stages:
        return (int(Standing.STOPPED) + 1, 0, 0, 0, 0, 0)
    exposure = int(Exposure.parse(strategy.exposure)) + min(strategy.failed, _WORST)
    standing = int(Standing[strategy.standing.upper()])
    return standing, exposure, strategy.irreversible, strategy.seconds, strategy.cost, len(strategy.stages)


def _refuse_all_stopped(strategies: Sequence[Strategy], seen: Mapping[Outcome, Seen]) -> None:
    """Refuse a wish of which every way is stopped, or better not gone: the message has the limit that says so."""
    if strategies and all(each.stages and not each.may_go for each in strategies):
        worst = max((each.found.report for each in seen.values()), key=lambda report: report.standing)
        raise StrategyError(worst.against, code="strategies-stopped", value=strategies[0].standing)
