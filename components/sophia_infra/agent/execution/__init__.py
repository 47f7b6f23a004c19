"""A change planned, approved, applied by a detached engine, verified from outside, or taken back where that fails."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sophia_infra.agent.execution.approving import approve, decline, request
    from sophia_infra.agent.execution.driver import Driver
    from sophia_infra.agent.execution.planning import plan
    from sophia_infra.agent.execution.runs import Run, RunError, Runs
    from sophia_infra.agent.execution.states import State
    from sophia_infra.agent.execution.verifying import Schedule

__all__ = ["Driver", "Run", "RunError", "Runs", "Schedule", "State", "approve", "decline", "plan", "request"]

_HOME = {
    "Driver": "driver",
    "Run": "runs",
    "RunError": "runs",
    "Runs": "runs",
    "Schedule": "verifying",
    "State": "states",
    "approve": "approving",
    "decline": "approving",
    "plan": "planning",
    "request": "approving",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is first used: a question about runs needs nothing of what carries them out."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
