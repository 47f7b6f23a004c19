"""Carries a run out: apply, verify, and back where that fails. It may be killed anywhere, and the next one goes on.

Each step is journaled before it begins, under the stack's lease, and the engine keeps that lease while it runs.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sophia_infra import clock
from sophia_infra.agent.editing import Places
from sophia_infra.agent.execution import levels, placing
from sophia_infra.agent.execution.bound import ApprovalMovedError, refuse_moved, refuse_other_files
from sophia_infra.agent.execution.engine import Ended, Engine
from sophia_infra.agent.execution.lease import leased
from sophia_infra.agent.execution.previewing import Previewed, Tell, previewed
from sophia_infra.agent.execution.promises import measure
from sophia_infra.agent.execution.rows import Word
from sophia_infra.agent.execution.runs import AFTER, APPLY, BACK_PLAN, BEFORE, PLAN, ROLLBACK, Run, RunError, Runs
from sophia_infra.agent.execution.states import Said, State
from sophia_infra.agent.execution.telling import stays
from sophia_infra.agent.execution.verifying import Measured, Phase, Schedule, verify
from sophia_infra.report import Records
from sophia_infra.report.model import Standing
from sophia_infra.values import listed

_WAYS_OUT = {
    APPLY: "to undo what it did: sophia agent rollback",
    ROLLBACK: "the way back is not ended: pulumi up ends it",
}
_AT_WORK = {State.APPLYING: (APPLY, BEFORE), State.ROLLING_BACK: (ROLLBACK, AFTER)}
"""The engine of a state, and what the files are to be where it is stopped before that has begun: what the stack has."""
_SHOWN = 5
BY_PERSON = "a person stopped it"
"""How the reason of a run begins that a person stopped: it is a no, as a decline is."""
Agree = Callable[[Previewed], bool]
"""Asks whether a way back is to be gone, by its preview; the stack's lease is held meanwhile."""


@dataclass(frozen=True, slots=True)
class Driver:
    """Carries runs of one stack out. `tell` is told what takes its time."""

    runs: Runs
    places: Places
    schedule: Schedule = field(default_factory=Schedule)
    tell: Tell = lambda _: None

    def go_on(self, run: Run) -> Run:
        """Carry a run out as far as it goes by itself, from wherever it stands, and return it.

        An engine of this run that goes on from before is waited for; no step is taken twice.

        Raises:
            LeaseError: another run is at work on the stack.
            ApprovalMovedError: what was approved is no longer so; the run is stopped.
            SophiaError, OSError: a step could not be taken; the run stands where it stood.
        """
        with self._leased(run, wait=run.is_stopping) as lease:
            run = self.runs.at(run.id)
            while act := _ACTS.get(run.state):
                before, run = run.state, act(self, run, lease)
                if run.state is before:
                    break  # it waits for a person
            return run

    def roll_back(self, run: Run, agree: Agree) -> Run:
        """Put the files of before back, apply that and verify it, once, on the word of a person who saw its preview.

        Raises:
            RunError: it can't be where it stands, it is not agreed to, or it goes beyond the limits or deletes what
                was there.
            LeaseError, SophiaError, OSError: as `go_on`.
        """
        with self._leased(run):
            self._begin_back(self.runs.at(run.id), agree)
        return self.go_on(run)

    def stop(self, run: Run) -> Run:
        """Stop a run: by one SIGINT where an engine is at work. It is stopped once that engine is gone.

        Where none has begun, the files become again what the stack has, so that nobody's next `up` applies the change.

        Raises:
            RunError: it has ended, or waits for nothing that could be stopped.
        """
        name, live = _AT_WORK.get(run.state, ("", ""))
        if name and run.engine(name).began:
            return self.go_on(run if run.is_stopping else self.runs.take(run, Word.STOPPING))
        with self._leased(run):
            if name and not run.engine(name).began:
                placing.put(run, self.places, live)
            return self.runs.take(run, Word.STOPPED, BY_PERSON)

    @contextmanager
    def _leased(self, run: Run, *, wait: bool = False) -> Iterator[int]:
        """Hold the lease, once this run's own engine, if one goes on without a driver, lets go of it.

        One that is to stop is asked to, in case that an earlier command was killed before it did.
        With `wait` also once its driver does, which has nothing left to do but to journal that it is stopped.
        """
        for engine in (run.engine(APPLY), run.engine(ROLLBACK)):
            if engine.alive:
                if run.is_stopping:
                    engine.interrupt()
                self.tell("waiting for the engine that an earlier command began")
                engine.wait()
        with leased(run.row.stack, wait=wait) as lease:
            yield lease

    def _begin(self, run: Run, _: int) -> Run:
        return self.runs.take(run, Word.APPLYING)

    def _apply(self, run: Run, lease: int) -> Run:
        if not run.engine(APPLY).began:
            self._place(run)
        words = ("up", "--yes", "--skip-preview", "--plan", str(run.folder / PLAN))
        run, why = self._carried(run, APPLY, words, lease, Word.APPLIED)
        return self._fail(run, why) if why else run

    def _place(self, run: Run) -> None:
        """Put the edited files in; stop a run whose approval has ended or is for something else than what is there."""
        clock.refuse_moved()
        try:
            if run.said is not Said.YES or not levels.holds(self.runs, run):
                raise ApprovalMovedError(f"the approval of {run} holds no more; nothing was done: plan it anew")
            placing.refuse_strange(run, self.places)
            refuse_moved(run.row.bound, self.places, run.folder, run.folder / PLAN, placing.kept(run, BEFORE))
        except ApprovalMovedError as error:
            placing.put(run, self.places, BEFORE)  # a driver that was killed may have put some of the edited ones there
            self.runs.take(run, Word.STOPPED, str(error))
            raise
        placing.put(run, self.places, AFTER)

    def _carried(self, run: Run, name: str, words: Sequence[str], lease: int, done: Word) -> tuple[Run, str]:
        """Run an engine, or wait for the one that was begun, and journal that it is done, or stopped.

        Else it failed: the run stands where it stood, and what the engine says is returned beside it.
        """
        engine = run.engine(name)
        if not engine.began:
            engine.begin(self.places.folder, [*words, "--stack", self.places.stack], lease)
        ended = engine.wait(self.tell, str(run.state))
        run = self.runs.at(run.id)
        if run.is_stopping:
            told = f"{BY_PERSON}, and the engine {ended}; {_WAYS_OUT[name]}"
            return self.runs.take(run, Word.STOPPED, told), ""
        if ended is Ended.LOST:
            look = "look at the stack, pulumi cancel"
            told = f"the engine was killed before it told how it ended: {look}; {_WAYS_OUT[name]}"
            return self.runs.take(run, Word.STOPPED, told), ""
        return (self.runs.take(run, done), "") if ended is Ended.SUCCEEDED else (run, _error(engine))

    def _fail(self, run: Run, why: str) -> Run:
        levels.lose(self.runs, run, why)
        return self.runs.take(run, Word.FAILED, why)

    def _verify(self, run: Run, _: int) -> Run:
        found = self._measured(run)
        if found.phase is Phase.FAILED:
            return self._fail(run, found.why)
        return self.runs.take(run, Word.VERIFIED if found.phase is Phase.SUCCESSFUL else Word.INCONCLUSIVE, found.why)

    def _measured(self, run: Run, *, undone: bool = False) -> Measured:
        return verify(lambda: measure(run.row, self.places, undone=undone), self.schedule, self.tell)

    def _undo(self, run: Run, _: int) -> Run:
        """Begin the way back where the level allows it; else, and where limits do not, it waits for a person."""
        if not levels.undoes(self.runs, run):
            return run
        try:
            return self._begin_back(run, lambda found: _is_own(run, found))
        except (RunError, ApprovalMovedError) as error:
            self.tell(f"no way back by itself: {error}")
            return run

    def _begin_back(self, run: Run, agree: Agree) -> Run:
        """Preview the way back, refreshed, under the same limits; nothing may go that was there before."""
        self.runs.refuse(run, Word.ROLLING_BACK)
        if not run.row.files:
            told = f"{run} edited no file, so there is nothing to put back: {'; '.join(stays(run))}"
            raise RunError(told, code="rollback-refused", field="ID")
        if not run.engine(APPLY).began:
            raise RunError(f"{run} has changed nothing: no engine began", code="rollback-refused", field="ID")
        self._refuse_others(run)
        engine, texts = run.engine("preview-back"), placing.kept(run, BEFORE)
        records, plan = Records(self.runs.journal), run.folder / BACK_PLAN
        found = previewed(self.places, engine, texts, records, plan, "--refresh", tell=self.tell)
        if found.report.standing >= Standing.BLOCK:
            standing = found.report.standing
            told = f"the way back is {standing}: {standing.meaning.lower()}; put the files back by hand"
            raise RunError(told, code="rollback-refused", value=str(standing))
        if lost := sorted(set(found.lost) - set(run.row.created)):
            told = f"the way back deletes what was there before: {listed(lost, _SHOWN)}; put the files back by hand"
            raise RunError(told, code="rollback-refused", subject=lost[0])
        if not agree(found):
            raise RunError(f"{run} is not rolled back: nobody agreed to it", code="rollback-refused", field="ID")
        return self.runs.take(run, Word.ROLLING_BACK)

    def _refuse_others(self, run: Run) -> None:
        """Refuse a way back over what somebody else edited since the plan was made; raises ApprovalMovedError."""
        placing.refuse_strange(run, self.places)
        refuse_other_files(self.places, run.folder, placing.kept(run, BEFORE))

    def _roll_back(self, run: Run, lease: int) -> Run:
        if not run.engine(ROLLBACK).began:
            self._refuse_others(run)
            placing.put(run, self.places, BEFORE)
        words = ("up", "--yes", "--skip-preview", "--refresh", "--plan", str(run.folder / BACK_PLAN))
        run, why = self._carried(run, ROLLBACK, words, lease, Word.UNDONE)
        return self.runs.take(run, Word.STOPPED, f"the way back failed: {why}") if why else run

    def _verify_back(self, run: Run, _: int) -> Run:
        """Ask as for the change, and the engine whether anything is left to do; never a second way back."""
        found = self._measured(run, undone=True)
        if found.phase is not Phase.SUCCESSFUL:
            return self.runs.take(run, Word.STOPPED, f"the way back is not verified, {found.phase}: {found.why}")
        engine = run.engine("empty")
        if not engine.began:
            words = ("preview", "--refresh", "--expect-no-changes", "--stack", self.places.stack)
            engine.begin(self.places.folder, words)
        if engine.wait() is not Ended.SUCCEEDED:
            return self.runs.take(run, Word.STOPPED, f"the way back left something to do: {_error(engine)}")
        return self.runs.take(run, Word.ROLLED_BACK)


def _is_own(run: Run, found: Previewed) -> bool:
    """Whether a way back changes nothing but what the run did; RunError names what else it would."""
    if others := sorted(set(found.changed) - set(run.row.changed)):
        told = f"the way back changes what the run did not: {listed(others, _SHOWN)}; {_WAYS_OUT[APPLY]} {run.id}"
        raise RunError(told, code="rollback-refused", subject=others[0])
    return True


def _error(engine: Engine) -> str:
    """What an engine says went wrong, first of all."""
    errors = [line.text for line in engine.events.said if line.is_error]
    return errors[0] if errors else engine.said or "the engine failed and said nothing"


_ACTS: Mapping[State, Callable[[Driver, Run, int], Run]] = {
    State.APPROVED: Driver._begin,
    State.APPLYING: Driver._apply,
    State.VERIFYING: Driver._verify,
    State.FAILED: Driver._undo,
    State.ROLLING_BACK: Driver._roll_back,
    State.VERIFYING_ROLLBACK: Driver._verify_back,
}
"""What is next of a run where it stands; in any other state it has ended, or waits for a person."""
