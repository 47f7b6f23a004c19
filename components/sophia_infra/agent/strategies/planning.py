"""From what is wanted to strategies that the engine has previewed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sophia_infra.agent.execution import Run, planning
from sophia_infra.agent.operations import Operation
from sophia_infra.agent.strategies.model import Stage, Strategy, StrategyError
from sophia_infra.agent.understanding import Kind
from sophia_infra.agent.understanding.understand import REFUSED

if TYPE_CHECKING:
    from sophia_infra.agent.sophia import Requirement, SophiaInfrastructureAgent


def strategies_for(
    agent: "SophiaInfrastructureAgent", wanted: "Requirement", checks: Sequence[str]
) -> tuple[Strategy, ...]:
    """Return the ways to do what is wanted, best first; raises as `plan` of the agent."""
    operations = wanted.operations or _understood(agent, wanted)
    run = planning.plan(agent.runs, agent.places, agent.stack, operations, checks, agent.tell)
    return (_of_run(run, tuple(operations)),)


def _understood(agent: "SophiaInfrastructureAgent", wanted: "Requirement") -> tuple[Operation, ...]:
    found = agent.understand(wanted.text, zone=wanted.zone)
    if found.kind is not Kind.CHANGE:
        raise StrategyError(found.why, code="wish-refused" if found.intent == REFUSED else "no-change-asked")
    if not found.operations:
        raise StrategyError(found.why, subject=found.intent)
    return found.operations


def _of_run(run: Run, operations: tuple[Operation, ...]) -> Strategy:
    diff = "\n".join(f"{edit.before}\n{edit.after}" for edit in run.advice.edits)
    stage = Stage("at once", operations, diff=diff, run=run.id)
    row = run.row
    return Strategy(run.id, 1, "at once", (stage,), row.standing, row.exposure, cost=len(operations))
