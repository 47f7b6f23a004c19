"""An apply whose engine was killed, made ready to be done again: what it left is looked at before anything is cleared.

The library's own resources are done once however often they are asked for: each takes over what it began, by its row in
the journal. Of any other resource that was being made nobody here knows whether it is there, so a person looks.
"""

import re
from collections.abc import Mapping
from socket import gethostname
from typing import Any

from sophia_infra.agent.editing import Places
from sophia_infra.agent.execution.bound import deployment_of
from sophia_infra.agent.execution.placement import kept
from sophia_infra.agent.execution.preview import Previewed, Tell, previewed
from sophia_infra.agent.execution.runs import (
    AFTER,
    BACK_PLAN,
    BEFORE,
    PREVIEW_AGAIN,
    REPEAT_PLAN,
    WAY_BACK,
    Run,
    RunError,
    Runs,
)
from sophia_infra.doctor.backend import FileBackend
from sophia_infra.doctor.engine import answer
from sophia_infra.engine_process.engine import Engine
from sophia_infra.engine_run import OURS
from sophia_infra.report import Records
from sophia_infra.values import listed

_CREATING = "creating"
_SECONDS = 60
_LOCKED = ("the stack is currently locked by", "Another update is currently in progress")
_HOLDER = re.compile(r"created by .*@(\S+) \(pid (\d+)\)")
"""Machine and process of who has the stack's lock, as the engine tells it."""


def prepare(runs: Runs, places: Places, run: Run, tell: Tell) -> None:
    """Preview what is left of an apply whose engine is gone, and save that as the plan of the next one.

    Raises:
        RunError: the next one might make something twice, or would do what was not approved.
        EngineError, StackError, ReportError, OSError: it can't be previewed.
    """
    pending = {urn: kind for urn, kind in _pending(deployment_of(places)).items() if not kind.startswith(OURS)}
    if pending:
        told = f"may be there or not: {listed(sorted(pending))}; look, then: pulumi refresh"
        raise RunError(told, code="not-repeated", field="ID", subject=next(iter(pending)))
    found = preview(runs, places, run, PREVIEW_AGAIN, tell)
    beyond = {*found.changed} - {*run.row.changed} | {*found.deletes} - {*run.row.deletes}
    if found.report.standing.stops or beyond:
        told = f"it would change what was not approved: {listed(sorted(beyond))}" if beyond else found.report.against
        raise RunError(told, code="not-repeated", field="ID", subject=next(iter(beyond), ""))


def preview(runs: Runs, places: Places, run: Run, name: str, tell: Tell) -> Previewed:
    """Preview a run's way on or back, and save its plan; raises as `previewed`."""
    is_back = name in WAY_BACK
    texts, plan = kept(run, BEFORE if is_back else AFTER), run.folder / (BACK_PLAN if is_back else REPEAT_PLAN)
    words = ("--refresh",) if is_back else ()
    return previewed(places, run.engine(name), texts, Records(runs.journal), plan, *words, tell=tell)


def is_locked(engine: Engine) -> bool:
    """Return whether an engine failed before it did anything, since another one is at work on the stack."""
    return any(word in engine.said for word in _LOCKED) and not engine.events.steps


def release(places: Places, run: Run, said: str = "") -> bool:
    """Let go of the stack's lock where an engine of the run has it, which is gone; never of another's.

    Who has it is what an engine `said` in vain; else it is known where the states are files.
    """
    holders = set(_HOLDER.findall(said)) or FileBackend(places.folder).locked_by(places.stack)
    gone = {(gethostname(), str(engine.process)) for engine in run.every_engine if engine.is_gone}
    if not holders or holders - gone:
        return False
    return answer("cancel", "--yes", places.stack, seconds=_SECONDS, folder=places.folder) is not None


def settle(places: Places) -> None:
    """Clear the operations that an engine left where what they made is in the state by now, and no others."""
    deployment = deployment_of(places)
    there = {resource["urn"] for resource in deployment.get("resources") or []}
    for urn in _pending(deployment):
        if urn in there:
            words = ("refresh", "--yes", "--skip-preview", "--clear-pending-creates", "--target", urn)
            answer(*words, "--stack", places.stack, seconds=10 * _SECONDS, folder=places.folder)


def _pending(deployment: Mapping[str, Any]) -> dict[str, str]:
    """The resources that an engine was making when it was cut off: their types by URN."""
    operations = deployment.get("pending_operations") or []
    making = (each["resource"] for each in operations if each.get("type") == _CREATING)
    return {each["urn"]: each["type"] for each in making if each.get("custom")}
