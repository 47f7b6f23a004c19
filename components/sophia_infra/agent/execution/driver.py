"""Carries a run out: apply, verify, and back where that fails. It may be killed anywhere, and the next one goes on.

Each step is journaled before it begins. What changes something is done under the stack's lease, which the engine keeps
while it runs. To verify changes nothing, so other runs may be at work meanwhile.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace

from sophia_infra import clock
from sophia_infra.agent.editing import Places
from sophia_infra.agent.execution import apply, placement, rollback
from sophia_infra.agent.execution.bound import digest_of
from sophia_infra.agent.execution.lease import LeaseError, leased
from sophia_infra.agent.execution.preview import Tell
from sophia_infra.agent.execution.promises import measure
from sophia_infra.agent.execution.rollback import Agree
from sophia_infra.agent.execution.rows import Word
from sophia_infra.agent.execution.runs import BY_PERSON, LEFT, Run, RunError, Runs
from sophia_infra.agent.execution.states import State
from sophia_infra.agent.execution.verification import Schedule, verify
from sophia_infra.engine_process.locks import held
from sophia_infra.probes.measured import Measured, Phase

_GONE = (
    " from another machine, and nobody knows how far its engine came: if the stack is locked, pulumi cancel; "
    "then pulumi refresh, which shows what is there, and asks about operations that were cut off"
)
_DRIVER = "driver"
"""The file of a run's folder that whoever carries it out has locked."""


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
            run = self.runs.at(run.id)
            if run.is_stopping and not run.engine(placement.AT_WORK[run.state][0]).began:  # another one had the stack
                placement.take_out(run, self.places)
                return self.runs.take(run, Word.STOPPED, BY_PERSON)
            return self._as_far(run, _CHANGES, *locks)

    def _as_far(self, run: Run, acts: Mapping[State, Callable[..., Run]], *locks: int) -> Run:
        while act := acts.get(run.state):
            before, run = len(run.steps), act(self, run, *locks)
            is_left = acts is _ACTS and run.state is State.FAILED  # its way back was looked for, under the lease
            if len(run.steps) == before or is_left or run.steps[-1].row.word is Word.PENDING:
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
        with self._alone(run), self.leased(run) as locks:  # nobody comes between what was shown and what is done
            self._as_far(rollback.begin(self, self.runs.at(run.id), agree), _CHANGES, *locks)
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
        is_here, is_at_work = run.folder.is_dir(), run.state in placement.AT_WORK
        if is_at_work and run.engine(placement.AT_WORK[run.state][0]).began:
            return self.go_on(run if run.is_stopping else self.runs.take(run, Word.STOPPING))
        with self._alone(run), self.leased(run) as locks:
            if is_here:
                placement.take_out(run, self.places)
            elif is_at_work and not locks[1:]:  # a lock of this machine alone says nothing of another one
                raise _elsewhere(run)
            return self.runs.take(run, Word.STOPPED, BY_PERSON + (_GONE if is_at_work and not is_here else ""))

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

    def _verify(self, run: Run) -> Run:
        found = self.measured(run)
        if found.phase is Phase.FAILED:
            with self.leased(run) as locks:  # it goes back from where it failed, or is verified once more
                return self._as_far(apply.failed(self, run, found.why), _CHANGES, *locks)
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
    State.APPLYING: apply.apply,
    State.FAILED: rollback.undo,
    State.ROLLING_BACK: rollback.roll_back,
}
"""What is next where it changes something."""
_LOOKS: Mapping[State, Callable[..., Run]] = {
    State.VERIFYING: Driver._verify,
    State.VERIFYING_ROLLBACK: rollback.verify,
}
"""What is next where it changes nothing."""
_ACTS = {**dict.fromkeys(_CHANGES, Driver._change), **_LOOKS}
"""What is next of a run where it stands; in any other state it has ended, or waits for a person."""
