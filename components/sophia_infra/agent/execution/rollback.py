"""The way back of a run: the files of before, previewed under the same limits, applied, and verified."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sophia_infra.agent.execution import levels, placement, retry
from sophia_infra.agent.execution.apply import carried
from sophia_infra.agent.execution.bound import digest_of
from sophia_infra.agent.execution.preview import Previewed
from sophia_infra.agent.execution.rows import Word
from sophia_infra.agent.execution.runs import BACK_PLAN, BEFORE, EMPTY, LEFT, PREVIEW_BACK, ROLLBACK, Run, RunError
from sophia_infra.agent.execution.view import stays
from sophia_infra.dns.rr.record import subjects_of
from sophia_infra.engine_process.engine import Ended, error_of
from sophia_infra.errors import SophiaError
from sophia_infra.home import write_whole
from sophia_infra.probes.measured import Phase
from sophia_infra.values import listed

if TYPE_CHECKING:
    from sophia_infra.agent.execution.driver import Driver

Agree = Callable[[Previewed], bool]
"""Asks whether a way back is to be gone, by its preview; the stack's lease is held meanwhile."""


def undo(driver: "Driver", run: Run, *_: int) -> Run:
    """Begin the way back where the level allows it; else, and where limits do not, it waits for a person."""
    if not levels.undoes(driver.runs, run):
        return run
    try:
        if driver.has_moved(run):
            told = f"another run or `pulumi up` changed {run.row.stack} since; sophia agent rollback {run.id}"
            raise RunError(told, code="rollback-refused", field="ID")
        return begin(driver, run, lambda found: _is_own(run, found))
    except (SophiaError, OSError) as error:  # what has just failed the apply may fail the preview too
        driver.tell(f"no way back by itself: {error}")
        return run


def begin(driver: "Driver", run: Run, agree: Agree) -> Run:
    """Preview the way back, refreshed, under the same limits; nothing may go that was there before."""
    driver.runs.refuse(run, Word.ROLLING_BACK)
    if not run.row.files:
        told = f"{run} edited no file, so there is nothing to put back: {'; '.join(stays(run))}"
        raise RunError(told, code="rollback-refused", field="ID")
    if not run.has_begun:
        raise RunError(f"{run} has changed nothing: no engine began", code="rollback-refused", field="ID")
    placement.refuse_others(run, driver.places)
    stands = digest_of(driver.places)
    found = retry.preview(driver.runs, driver.places, run, PREVIEW_BACK, driver.tell)
    if found.report.standing.stops:
        told = f"the way back is {found.report.standing}: {found.report.against}; put the files back by hand"
        raise RunError(told, code="rollback-refused", value=str(found.report.standing))
    if lost := sorted(set(found.lost) - set(run.row.created)):
        told = f"the way back deletes what was there before: {listed(lost)}; put the files back by hand"
        raise RunError(told, code="rollback-refused", subject=lost[0])
    if not agree(found):
        raise RunError(f"{run} is not rolled back: nobody agreed to it", code="rollback-refused", field="ID")
    run = driver.runs.take(run, Word.ROLLING_BACK)
    write_whole(run.folder / LEFT, stands)  # killed before that, it is begun from what the run left, or not at all
    return run


def roll_back(driver: "Driver", run: Run, *locks: int) -> Run:
    """Apply the files of before; where that fails, or the stack is not as it was previewed, the run is stopped."""
    if not run.engine(ROLLBACK).began:
        placement.refuse_others(run, driver.places)
        if driver.has_moved(run):
            placement.take_out(run, driver.places)
            told = f"another run or `pulumi up` changed {run.row.stack} since the way back was previewed"
            return driver.runs.take(run, Word.STOPPED, f"{told}; once more: sophia agent rollback {run.id}")
        placement.put(run, driver.places, BEFORE)
    words = ("up", "--yes", "--skip-preview", "--refresh", "--plan", str(run.folder / BACK_PLAN))
    run, why = carried(driver, run, ROLLBACK, words, locks, Word.UNDONE)
    return driver.runs.take(run, Word.STOPPED, f"the way back failed: {why}") if why else run


def verify(driver: "Driver", run: Run) -> Run:
    """Ask as for the change, and the engine whether anything is left to do; never a second way back by itself."""
    found = driver.measured(run, undone=True)
    if found.phase is Phase.PENDING:
        return driver.runs.at(run.id)
    if found.phase is not Phase.SUCCESSFUL:
        return driver.runs.take(run, Word.STOPPED, f"the way back is not verified, {found.phase}: {found.why}")
    engine = run.engine(EMPTY)
    words = ("preview", "--refresh", "--expect-no-changes", "--stack", driver.places.stack)
    with driver.leased(run):  # in the middle of another's apply it would not be empty
        for _again in (False, True):  # one that was killed has changed nothing, so it is asked for once more
            if engine.wait() is Ended.LOST:
                engine.begin(driver.places.folder, words)
    if engine.wait() is not Ended.SUCCEEDED:
        return driver.runs.take(run, Word.STOPPED, f"the way back left something to do: {error_of(engine)}")
    return driver.runs.take(run, Word.ROLLED_BACK)


def _is_own(run: Run, found: Previewed) -> bool:
    """Whether a way back changes no resource and no record set but the run's; RunError names what else it would."""
    texts = ((each.zone, text) for each in run.row.answers for text in (each.before, each.after))
    own = {*run.row.changed, *(f"{zone} {subject}" for zone, text in texts for subject in subjects_of(text))}
    sets = (subject for subject, change in found.named if change.type != "SOA")
    if others := sorted({*found.changed, *sets} - own):
        told = f"the way back changes what the run did not: {listed(others)}; sophia agent rollback {run.id}"
        raise RunError(told, code="rollback-refused", subject=others[0])
    return True
