"""Carries a run out: apply, verify, and back where that fails. It may be killed anywhere, and the next one goes on.

Each step is journaled before it begins. What changes something is done under the stack's lease, which the engine keeps
while it runs. To verify changes nothing, so other runs may be at work meanwhile.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace

from sophia_infra import clock
from sophia_infra.agent.editing import Places
from sophia_infra.agent.execution import levels, placing, repeating, undoing
from sophia_infra.agent.execution.bound import ApprovalMovedError, digest_of, refuse_moved
from sophia_infra.agent.execution.lease import LeaseError, leased
from sophia_infra.agent.execution.previewing import Tell
from sophia_infra.agent.execution.promises import measure
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
    Runs,
)
from sophia_infra.agent.execution.states import Said, State
from sophia_infra.agent.execution.undoing import Agree
from sophia_infra.agent.execution.verifying import Schedule, verify
from sophia_infra.doctor.backend import StackError
from sophia_infra.engine_process.engine import Ended, EngineError, error_of
from sophia_infra.engine_process.locks import held
from sophia_infra.errors import SophiaError
from sophia_infra.home import write_whole
from sophia_infra.probes.measured import Measured, Phase
from sophia_infra.version import VERSION

_WAYS_OUT = {
    APPLY: "to undo what it did: sophia agent rollback {}",
    ROLLBACK: "the way back is not ended: pulumi up ends it",
}
_GONE = (
    " from another machine, and nobody knows how far its engine came: if the stack is locked, pulumi cancel; "
    "then pulumi refresh, which shows what is there, and asks about operations that were cut off"
)
_DRIVER = "driver"
"""The file of a run's folder that whoever carries it out has locked."""
_AT_WORK = {State.APPLYING: (APPLY, BEFORE), State.ROLLING_BACK: (ROLLBACK, AFTER)}
"""The engine of a state, and what the files are to be where it is stopped before that has begun: what the stack has."""


@dataclass(frozen=True, slots=True)
class Driver:
    """Carries runs of one stack out."""

    runs: Runs
    places: Places
    schedule: Schedule = field(default_factory=Schedule)
    tell: Tell = lambda _: None

    def go_on(self, run: Run) -> Run:
        """Carry a run out as far as it goes by itself, from wherever it stands, and return it.

        An engine of this run that goes on from before is waited for; no step is taken twice.

        Raises:
            LeaseError: another run is at work on the stack, or another command carries this one out.
            RunError: its files are on another machine, or it was stopped meanwhile.
            ApprovalMovedError: what was approved is no longer so; the run is stopped.
            SophiaError, OSError: a step could not be taken; the run stands where it stood.
        """
        run = self.runs.at(run.id)
        if run.state not in _ACTS:
            return run
        if not run.folder.is_dir():
            raise _elsewhere(run)
        with self._alone(run, wait=run.is_stopping):
            return self._as_far(self.runs.at(run.id), _ACTS)

    def _change(self, run: Run) -> Run:
        """Take the steps that change something, under the stack's lease."""
        with self.leased(run, wait=run.is_stopping) as locks:
            return self._as_far(self.runs.at(run.id), _CHANGES, *locks)

    def _as_far(self, run: Run, acts: Mapping[State, Callable[..., Run]], *locks: int) -> Run:
        while act := acts.get(run.state):
            before, run = len(run.steps), act(self, run, *locks)
            if len(run.steps) == before or run.steps[-1].row.word is Word.PENDING:
                break  # it waits for a person, or for a server that is not told yet
        return run

    def leased(self, run: Run, *, wait: bool = False) -> AbstractContextManager[tuple[int, ...]]:
        """Hold the lease of a run's stack; see `lease.leased`."""
        return leased(run.row.stack, self.runs.journal, wait=wait)

    def roll_back(self, run: Run, agree: Agree) -> Run:
        """Put the files of before back, apply that and verify it, once, on the word of a person who saw its preview.

        Raises:
            RunError: it can't be where it stands, it is not agreed to, or it goes beyond the limits or deletes what
                was there.
            LeaseError, SophiaError, OSError: as `go_on`.
        """
        with self._alone(run), self.leased(run):
            undoing.begin(self, self.runs.at(run.id), agree)
        return self.go_on(run)

    def stop(self, run: Run) -> Run:
        """Stop a run: by one SIGINT where an engine is at work. It is stopped once that engine is gone.

        Where none has begun, the files become again what the stack has, so that nobody's next `up` applies the change.
        A run of another machine is stopped once that has lost the lease: its engine can't be alive then.

        Raises:
            RunError: it has ended, or nobody here can know whether its engine is gone.
            LeaseError: its engine, or another run, is at work on the stack.
        """
        if run.state in _LOOKS:
            return self.runs.take(run, Word.STOPPED, BY_PERSON)  # nothing is at work that changes anything
        is_here, is_at_work = run.folder.is_dir(), run.state in _AT_WORK
        if is_at_work and run.engine(_AT_WORK[run.state][0]).began:
            return self.go_on(run if run.is_stopping else self.runs.take(run, Word.STOPPING))
        with self._alone(run), self.leased(run) as locks:
            if is_here:
                self._take_out(run)
            elif is_at_work and not locks[1:]:  # a lock of this machine alone says nothing of another one
                raise _elsewhere(run)
            return self.runs.take(run, Word.STOPPED, BY_PERSON + (_GONE if is_at_work and not is_here else ""))

    def _take_out(self, run: Run) -> None:
        """Make the files again what the stack has, where no engine has begun."""
        name, live = _AT_WORK.get(run.state, ("", ""))
        if name and not any(engine.began for engine in run.engines(name)):
            placing.put(run, self.places, live)

    @contextmanager
    def _alone(self, run: Run, *, wait: bool = False) -> Iterator[None]:
        """Be the only one that carries a run out on this machine, once an engine that goes on without any has ended.

        One that is to stop is asked to, in case that an earlier command was killed before it did. With `wait` the
        driver is waited for, which has nothing left to do but to journal that it is stopped.
        """
        if not run.folder.is_dir():
            yield
            return
        for engine in run.every_engine:
            if run.is_stopping and engine.alive:
                engine.interrupt()
        with held(run.folder / _DRIVER, wait=wait) as lock:
            if lock is None:
                raise LeaseError(f"another command carries {run} out; see: sophia agent status", field="ID")
            for engine in run.every_engine:
                if engine.alive:
                    self.tell("waiting for the engine that an earlier command began")
                    engine.wait()
            yield

    def _apply(self, run: Run, *locks: int) -> Run:
        if not run.engine(APPLY).began:
            self.refuse_stale(run)
            placing.put(run, self.places, AFTER)
        plan = run.folder / (REPEAT_PLAN if run.is_repeated else PLAN)
        words = ("up", "--yes", "--skip-preview", "--plan", str(plan))
        run, why = self.carried(run, APPLY, words, locks, Word.APPLIED)
        return self._fail(run, why) if why else run

    def refuse_stale(self, run: Run) -> None:
        """Stop a run that was planned for something else than what is there, or whose approval has ended.

        Raises:
            ApprovalMovedError: it is; the message says what moved.
            MovedError, StackError, OSError: it can't be known.
        """
        clock.refuse_moved()
        try:
            self._refuse_other(run)
            if run.state is not State.WAITING and not (run.said is Said.YES and levels.holds(self.runs, run)):
                raise ApprovalMovedError(f"the approval of {run} holds no more; nothing more was done")
        except ApprovalMovedError as error:
            self._take_out(run)  # a driver that was killed may have put some of the edited ones there
            way_out = _WAYS_OUT[APPLY] if run.is_repeated else "to plan it anew: sophia agent resume {}"
            told = f"{error}; {way_out.format(run.id)}"
            self.runs.take(run, Word.STOPPED, told)
            raise ApprovalMovedError(told, subject=error.subject, value=error.value) from None

    def _refuse_other(self, run: Run) -> None:
        """Refuse a run whose plan was made by another release, or of something else than what is there."""
        if run.row.release not in ("", VERSION):  # which may advise otherwise, and then no saved plan fits
            told = f"sophia-infra {run.row.release}, which made the plan, became {VERSION}; nothing more was done"
            raise ApprovalMovedError(told, subject="sophia-infra", value=VERSION)
        if run.is_repeated:  # the engine that was killed has moved the state, and what is left was previewed anew
            undoing.refuse_others(self, run)
        else:
            placing.refuse_strange(run, self.places)
            refuse_moved(run.row.bound, self.places, run.folder, run.folder / PLAN, placing.kept(run, BEFORE))

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
            told = f"{BY_PERSON}, and the engine {ended}; {_WAYS_OUT[name].format(run.id)}"
            return self.runs.take(run, Word.STOPPED, told), ""
        if ended is Ended.LOST:
            return self._lost(run, name), ""
        if ended is Ended.SUCCEEDED and run.engines(name)[1:]:
            repeating.settle(self.places)
        with suppress(SophiaError, OSError):  # not known, it counts as moved
            write_whole(run.folder / LEFT, digest_of(self.places))
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
            return self.runs.take(run, Word.STOPPED, f"{why}: {error}; {_WAYS_OUT[name].format(run.id)}")

    def _fail(self, run: Run, why: str) -> Run:
        return self.runs.take(run, Word.FAILED, levels.lose(self.runs, run, why))

    def _verify(self, run: Run) -> Run:
        found = self.measured(run)
        if found.phase is Phase.FAILED:
            return self._fail(run, found.why)
        word = {Phase.SUCCESSFUL: Word.VERIFIED, Phase.INCONCLUSIVE: Word.INCONCLUSIVE}.get(found.phase)
        return self.runs.take(run, word, found.why) if word else self.runs.at(run.id)

    def measured(self, run: Run, *, undone: bool = False) -> Measured:
        """Ask from outside, on the schedule, for what a run promised; with `undone` for what was before.

        While a server may not be told yet, the journal says so, and the run may be stopped. Where the stack was changed
        since, nothing has failed: what was promised may be otherwise on purpose.
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
            return replace(found, why=why)

        found = verify(ask, self.schedule, self.tell)
        if found.phase is Phase.FAILED and self._is_overtaken(run):
            told = f"{found.why}; but another run or `pulumi up` changed {run.row.stack} since, maybe on purpose"
            return Measured(Phase.INCONCLUSIVE, told)
        return found

    def _is_overtaken(self, run: Run) -> bool:
        """Whether somebody changed the stack since the run did, or is about to."""
        try:
            with self.leased(run):
                return self.has_moved(run)
        except LeaseError:
            return True

    def has_moved(self, run: Run) -> bool:
        """Return whether the stack's state is otherwise than a run's last engine left it, or that is not known."""
        left = run.folder / LEFT
        return not left.exists() or left.read_text("ascii") != digest_of(self.places)


def _elsewhere(run: Run) -> RunError:
    told = f"{run} has no files in {run.folder}: it was planned elsewhere, or it ended long ago"
    return RunError(told, code="run-elsewhere", field="ID", value=run.id)


_CHANGES: Mapping[State, Callable[..., Run]] = {
    State.APPROVED: lambda driver, run, *_: driver.runs.take(run, Word.APPLYING),
    State.APPLYING: Driver._apply,
    State.FAILED: undoing.undo,
    State.ROLLING_BACK: undoing.roll_back,
}
"""What is next where it changes something."""
_LOOKS: Mapping[State, Callable[..., Run]] = {
    State.VERIFYING: Driver._verify,
    State.VERIFYING_ROLLBACK: undoing.verify,
}
"""What is next where it changes nothing."""
_ACTS = {**dict.fromkeys(_CHANGES, Driver._change), **_LOOKS}
"""What is next of a run where it stands; in any other state it has ended, or waits for a person."""
