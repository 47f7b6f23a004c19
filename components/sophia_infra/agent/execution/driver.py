"""Carries a run out: apply, verify, and back where that fails. It may be killed anywhere, and the next one goes on.

Each step is journaled before it begins, under the stack's lease, and the engine keeps that lease while it runs.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from sophia_infra import clock
from sophia_infra.agent.editing import Places
from sophia_infra.agent.execution import levels, placing, repeating, undoing
from sophia_infra.agent.execution.bound import ApprovalMovedError, StackError, refuse_moved
from sophia_infra.agent.execution.lease import LeaseError, leased
from sophia_infra.agent.execution.previewing import Tell
from sophia_infra.agent.execution.promises import measure
from sophia_infra.agent.execution.rows import Word
from sophia_infra.agent.execution.runs import (
    AFTER,
    APPLY,
    BEFORE,
    BY_PERSON,
    PLAN,
    REPEAT_PLAN,
    ROLLBACK,
    Run,
    RunError,
    Runs,
)
from sophia_infra.agent.execution.states import Said, State
from sophia_infra.agent.execution.undoing import Agree
from sophia_infra.agent.execution.verifying import Schedule, verify
from sophia_infra.engine_process.engine import Ended, EngineError, error_of
from sophia_infra.engine_process.locks import held
from sophia_infra.probes.measured import Measured, Phase
from sophia_infra.version import VERSION

_WAYS_OUT = {
    APPLY: "to undo what it did: sophia agent rollback",
    ROLLBACK: "the way back is not ended: pulumi up ends it",
}
_DRIVER = "driver"
"""The file of a run's folder that whoever carries it out has locked."""
_AT_WORK = {State.APPLYING: (APPLY, BEFORE), State.ROLLING_BACK: (ROLLBACK, AFTER)}
"""The engine of a state, and what the files are to be where it is stopped before that has begun: what the stack has."""


@dataclass(frozen=True, slots=True)
class Driver:
    """Carries runs of one stack out. Once `is_ending`, it leaves one that waits for a name server to the next."""

    runs: Runs
    places: Places
    schedule: Schedule = field(default_factory=Schedule)
    tell: Tell = lambda _: None
    is_ending: Callable[[], bool] = lambda: False

    def go_on(self, run: Run) -> Run:
        """Carry a run out as far as it goes by itself, from wherever it stands, and return it.

        An engine of this run that goes on from before is waited for; no step is taken twice.

        Raises:
            LeaseError: another run is at work on the stack.
            RunError: whoever carries it out is to end, and a server is not told yet; or it was stopped meanwhile.
            ApprovalMovedError: what was approved is no longer so; the run is stopped.
            SophiaError, OSError: a step could not be taken; the run stands where it stood.
        """
        with self._leased(run, wait=run.is_stopping) as locks:
            run = self.runs.at(run.id)
            while act := _ACTS.get(run.state):
                before, run = len(run.steps), act(self, run, *locks)
                if len(run.steps) == before:
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
            undoing.begin(self, self.runs.at(run.id), agree)
        return self.go_on(run)

    def stop(self, run: Run) -> Run:
        """Stop a run: by one SIGINT where an engine is at work. It is stopped once that engine is gone.

        Where none has begun, the files become again what the stack has, so that nobody's next `up` applies the change.

        Raises:
            RunError: it has ended, or waits for nothing that could be stopped.
        """
        if run.state in (State.VERIFYING, State.VERIFYING_ROLLBACK):
            return self.runs.take(run, Word.STOPPED, BY_PERSON)  # nothing is at work that changes anything
        if run.state in _AT_WORK and run.engine(_AT_WORK[run.state][0]).began:
            return self.go_on(run if run.is_stopping else self.runs.take(run, Word.STOPPING))
        with self._leased(run):
            self._take_out(run)
            return self.runs.take(run, Word.STOPPED, BY_PERSON)

    def _take_out(self, run: Run) -> None:
        """Make the files again what the stack has, where no engine has begun."""
        name, live = _AT_WORK.get(run.state, ("", ""))
        if name and not any(engine.began for engine in run.engines(name)):
            placing.put(run, self.places, live)

    @contextmanager
    def _leased(self, run: Run, *, wait: bool = False) -> Iterator[tuple[int, ...]]:
        """Hold the lease, once this run's own engine, if one goes on without a driver, lets go of it.

        One that is to stop is asked to, in case that an earlier command was killed before it did.
        With `wait` also once its driver does, which has nothing left to do but to journal that it is stopped.
        """
        if run.state not in (State.PROPOSED, State.WAITING) and not run.folder.is_dir():
            told = f"{run} has no files in {run.folder}: it was planned elsewhere, or it ended long ago"
            raise RunError(told, code="run-elsewhere", field="ID", value=run.id)
        for engine in run.every_engine:
            if run.is_stopping and engine.alive:
                engine.interrupt()
        with self._alone(run, wait=wait), leased(run.row.stack, self.runs.journal, wait=wait) as locks:
            yield locks

    @contextmanager
    def _alone(self, run: Run, *, wait: bool) -> Iterator[None]:
        """Be the only one that carries a run out on this machine, once an engine that goes on without any has ended."""
        if not run.folder.is_dir():
            yield
            return
        with held(run.folder / _DRIVER, wait=wait) as lock:
            if lock is None:
                raise LeaseError(f"another command carries {run} out; see: sophia agent status", field="ID")
            for engine in run.every_engine:
                if engine.alive:
                    self.tell("waiting for the engine that an earlier command began")
                    engine.wait()
            yield

    def _apply(self, run: Run, *locks: int) -> Run:
        is_repeated = len(run.engines(APPLY)) > 1
        if not run.engine(APPLY).began:
            self._refuse_moved(run, is_repeated=is_repeated)
            placing.put(run, self.places, AFTER)
        words = ("up", "--yes", "--skip-preview", "--plan", str(run.folder / (REPEAT_PLAN if is_repeated else PLAN)))
        run, why = self.carried(run, APPLY, words, locks, Word.APPLIED)
        if is_repeated and not why:
            repeating.settle(self.places)
        return self._fail(run, why) if why else run

    def _refuse_moved(self, run: Run, *, is_repeated: bool) -> None:
        """Stop a run whose approval has ended or is for something else than what is there."""
        clock.refuse_moved()
        try:
            if run.said is not Said.YES or not levels.holds(self.runs, run):
                raise ApprovalMovedError(f"the approval of {run} holds no more; nothing more was done: plan it anew")
            if run.row.release not in ("", VERSION):  # which may advise otherwise, and then no saved plan fits
                told = f"sophia-infra {run.row.release}, which made the plan, became {VERSION}; nothing more was done"
                raise ApprovalMovedError(f"{told}: plan it anew", subject="sophia-infra", value=VERSION)
            if is_repeated:  # the engine that was killed has moved the state, and what is left was previewed anew
                undoing.refuse_others(self, run)
            else:
                placing.refuse_strange(run, self.places)
                refuse_moved(run.row.bound, self.places, run.folder, run.folder / PLAN, placing.kept(run, BEFORE))
        except ApprovalMovedError as error:
            self._take_out(run)  # a driver that was killed may have put some of the edited ones there
            self.runs.take(run, Word.STOPPED, f"{error}; {_WAYS_OUT[APPLY]}" if is_repeated else str(error))
            raise

    def carried(self, run: Run, name: str, words: Sequence[str], locks: Sequence[int], done: Word) -> tuple[Run, str]:
        """Run an engine, or wait for the one that was begun, and journal that it is done, or stopped.

        Else it failed: the run stands where it stood, and what the engine says is returned beside it.
        """
        engine, command = run.engine(name), [*words, "--stack", self.places.stack]
        if not engine.began:
            engine.begin(self.places.folder, command, *locks)
        ended = engine.wait(self.tell, str(run.state))
        if ended is Ended.FAILED and repeating.release(self.places, run, engine.said):
            engine.begin(self.places.folder, command, *locks)
            ended = engine.wait(self.tell, str(run.state))
        if ended is Ended.FAILED and repeating.is_locked(engine):
            engine.forget()
            self._take_out(run)
            told = f"another `pulumi up` is at work on {run.row.stack}; after it: sophia agent resume {run.id}"
            raise LeaseError(told, field="STACK", subject=run.row.stack)
        run = self.runs.at(run.id)
        if run.is_stopping:
            told = f"{BY_PERSON}, and the engine {ended}; {_WAYS_OUT[name]}"
            return self.runs.take(run, Word.STOPPED, told), ""
        if ended is Ended.LOST:
            return self._lost(run, name), ""
        return (self.runs.take(run, done), "") if ended is Ended.SUCCEEDED else (run, error_of(engine))

    def _lost(self, run: Run, name: str) -> Run:
        """Apply once more what an engine was killed over, if nothing can be done twice by that; else stop the run."""
        why = "the engine was killed before it told how it ended"
        repeating.release(self.places, run)
        try:
            self.runs.refuse(run, Word.REPEATING)
            repeating.prepare(self.runs, self.places, run, self.tell)
            return self.runs.take(run, Word.REPEATING, why)
        except (RunError, EngineError, StackError) as error:
            return self.runs.take(run, Word.STOPPED, f"{why}: {error}; {_WAYS_OUT[name]}")

    def _fail(self, run: Run, why: str) -> Run:
        return self.runs.take(run, Word.FAILED, levels.lose(self.runs, run, why))

    def _verify(self, run: Run, *_: int) -> Run:
        found = self.measured(run)
        if found.phase is Phase.FAILED:
            return self._fail(run, found.why)
        return self.runs.take(run, Word.VERIFIED if found.phase is Phase.SUCCESSFUL else Word.INCONCLUSIVE, found.why)

    def measured(self, run: Run, *, undone: bool = False) -> Measured:
        """Ask from outside, on the schedule, for what a run promised; with `undone` for what was before.

        While a server may not be told yet, the journal says so, and the run may be stopped.
        """
        began = time.monotonic() - (clock.now() - run.since).total_seconds()
        given = self.runs.settings.agent.propagation

        def ask() -> Measured:
            found = measure(run.row, self.places, undone=undone, propagation=given)
            if found.phase is not Phase.PENDING:
                return found
            until = f"{run.since + found.propagation:%Y-%m-%d %H:%M} UTC"
            if time.monotonic() - began >= found.propagation.total_seconds():
                return replace(found, phase=Phase.INCONCLUSIVE, why=f"{found.why}, and had time until {until}")
            why, now = f"{found.why}; waits until {until}", self.runs.at(run.id)
            if why != now.why or now.state is not run.state:
                self.runs.take(now, Word.PENDING, why)
            if self.is_ending():
                raise RunError(f"{run} is left: {why}; then: sophia agent resume {run.id}", code="run-waits")
            return replace(found, why=why)

        return verify(ask, self.schedule, self.tell)


_ACTS: Mapping[State, Callable[..., Run]] = {
    State.APPROVED: lambda driver, run, *_: driver.runs.take(run, Word.APPLYING),
    State.APPLYING: Driver._apply,
    State.VERIFYING: Driver._verify,
    State.FAILED: undoing.undo,
    State.ROLLING_BACK: undoing.roll_back,
    State.VERIFYING_ROLLBACK: undoing.verify,
}
"""What is next of a run where it stands; in any other state it has ended, or waits for a person."""
