"""A change planned, approved, applied by a detached engine, verified from outside, or taken back where that fails."""

from typing import TYPE_CHECKING

from sophia_infra.deferred import deferred

if TYPE_CHECKING:
    from sophia_infra.agent.execution.approval import approve, decline, request, waiting
    from sophia_infra.agent.execution.driver import Driver
    from sophia_infra.agent.execution.proposal import plan
    from sophia_infra.agent.execution.runs import Run, RunError, Runs
    from sophia_infra.agent.execution.states import State
    from sophia_infra.agent.execution.verification import Schedule

__all__ = ["Driver", "Run", "RunError", "Runs", "Schedule", "State", "approve", "decline", "plan", "request", "waiting"]

# A question about runs needs nothing of what carries them out.
__getattr__ = deferred(
    __name__,
    dict.fromkeys(("approve", "decline", "request", "waiting"), "approval")
    | dict.fromkeys(("Run", "RunError", "Runs"), "runs")
    | {"Driver": "driver", "Schedule": "verification", "State": "states", "plan": "proposal"},
)
