"""The apply of a run: its approval is looked at again, its files are placed, and the engine does what it planned."""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from sophia_infra import clock
from sophia_infra.agent.execution import levels, placement, retry
from sophia_infra.agent.execution.bound import ApprovalMovedError, digest_of, refuse_moved, saved
from sophia_infra.agent.execution.lease import LeaseError
from sophia_infra.agent.execution.rows import Word
from sophia_infra.agent.execution.runs import (
    AFTER,
    APPLY,
    BEFORE,
    BY_PERSON,
    LEFT,
    PLAN,
    REPEAT_PLAN,
    ROLLBACK,
    Run,
    RunError,
)
from sophia_infra.agent.execution.states import Said, State
from sophia_infra.doctor.backend import StackError
from sophia_infra.engine_process.engine import Ended, EngineError, error_of
from sophia_infra.errors import SophiaError
from sophia_infra.home import write_whole
from sophia_infra.version import VERSION

if TYPE_CHECKING:
    from sophia_infra.agent.execution.driver import Driver

_WAYS_OUT = {
    APPLY: "to undo what it did: sophia agent rollback {}",
    ROLLBACK: "the way back is not ended: pulumi up ends it",
}


def apply(driver: "Driver", run: Run, *locks: int) -> Run:
    """Apply the plan that was approved, or what is left of it; where that fails the run failed."""
    if not run.engine(APPLY).began:
        refuse_stale(driver, run)
        placement.put(run, driver.places, AFTER)
    plan = run.folder / (REPEAT_PLAN if run.is_repeated else PLAN)
    words = ("up", "--yes", "--skip-preview", "--plan", str(plan))
    run, why = carried(driver, run, APPLY, words, locks, Word.APPLIED)
    return failed(driver, run, why) if why else run


def refuse_stale(driver: "Driver", run: Run) -> None:
    """Stop a run that was planned for something else than what is there, or whose approval has ended.

    Raises:
        ApprovalMovedError: it is; the message says what moved.
        MovedError, StackError, OSError: it can't be known.
    """
    clock.refuse_moved()
    try:
        _refuse_other(driver, run)
        if run.state is not State.WAITING and not (run.said is Said.YES and levels.holds(driver.runs, run)):
            raise ApprovalMovedError(f"the approval of {run} holds no more; nothing more was done")
    except ApprovalMovedError as error:
        placement.take_out(run, driver.places)  # a driver that was killed may have put some of the edited ones there
        way_out = _WAYS_OUT[APPLY] if run.is_repeated else "to plan it anew: sophia agent resume {}"
        told = f"{error}; {way_out.format(run.id)}"
        driver.runs.take(run, Word.STOPPED, told)
        raise ApprovalMovedError(told, subject=error.subject, value=error.value) from None


def _refuse_other(driver: "Driver", run: Run) -> None:
    """Refuse a run whose plan was made by another release, or of something else than what is there."""
    if run.row.release not in ("", VERSION):  # which may advise otherwise, and then no saved plan fits
        told = f"sophia-infra {run.row.release}, which made the plan, became {VERSION}; nothing more was done"
        raise ApprovalMovedError(told, subject="sophia-infra", value=VERSION)
    if run.is_repeated:  # the engine that was killed has moved the state, and what is left was previewed anew
        placement.refuse_others(run, driver.places)
    else:
        placement.refuse_strange(run, driver.places)
        refuse_moved(run.row.bound, driver.places, run.folder, run.folder / PLAN, placement.kept(run, BEFORE))


def carried(
    driver: "Driver", run: Run, name: str, words: Sequence[str], locks: Sequence[int], done: Word
) -> tuple[Run, str]:
    """Run an engine, or wait for the one that was begun, and journal that it is done, or stopped.

    Else it failed: the run stands where it stood, and what the engine says is returned beside it.
    """
    engine, command = run.engine(name), [*words, "--stack", driver.places.stack]
    if is_ours := not engine.began:
        engine.begin(driver.places.folder, command, *locks)
    ended = engine.wait(driver.tell, str(run.state))
    is_stopping = driver.runs.at(run.id).is_stopping
    if ended is Ended.FAILED and not is_stopping and retry.release(driver.places, run, engine.said):
        engine.begin(driver.places.folder, command, *locks)
        ended = engine.wait(driver.tell, str(run.state))
    if ended is Ended.FAILED and retry.is_locked(engine):
        engine.forget()
        placement.take_out(run, driver.places)
        if is_stopping:
            return driver.runs.take(run, Word.STOPPED, BY_PERSON), ""
        told = f"another `pulumi up` is at work on {run.row.stack}; after it: sophia agent resume {run.id}"
        raise LeaseError(told, field="STACK", subject=run.row.stack)
    run = driver.runs.at(run.id)
    if run.is_stopping:
        told = f"{BY_PERSON}, and the engine {ended}; {_WAYS_OUT[name].format(run.id)}"
        return driver.runs.take(run, Word.STOPPED, told), ""
    if ended is Ended.LOST:
        return _lost(driver, run, name), ""
    if ended is Ended.SUCCEEDED and run.engines(name)[1:]:
        retry.settle(driver.places)
    with suppress(SophiaError, OSError):  # not known, it counts as moved
        if is_ours or saved(driver.places) <= engine.ended_at:  # nobody has had the stack since
            write_whole(run.folder / LEFT, digest_of(driver.places))
    return (driver.runs.take(run, done), "") if ended is Ended.SUCCEEDED else (run, error_of(engine))


def _lost(driver: "Driver", run: Run, name: str) -> Run:
    """Apply once more what an engine was killed over, if nothing can be done twice by that; else stop the run."""
    why = "the engine was killed before it told how it ended"
    retry.release(driver.places, run)
    try:
        driver.runs.refuse(run, Word.REPEATING)
        retry.prepare(driver.runs, driver.places, run, driver.tell)
        return driver.runs.take(run, Word.REPEATING, why)
    except (RunError, EngineError, StackError) as error:
        return driver.runs.take(run, Word.STOPPED, f"{why}: {error}; {_WAYS_OUT[name].format(run.id)}")


def failed(driver: "Driver", run: Run, why: str) -> Run:
    """Journal that a run failed, and take its level down."""
    return driver.runs.take(run, Word.FAILED, levels.lose(driver.runs, run, why))
