"""The runs of the agent in a journal: found, read, and taken a step on, which of two who ask one alone may."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sophia_infra.advice.approval import approved, proposed, user
from sophia_infra.advice.approvals_file import matched
from sophia_infra.advice.model import Advice
from sophia_infra.agent.execution.engine_requests import variables
from sophia_infra.agent.execution.rows import Index, OfStack, Proposal, Step, Word, steps_alone
from sophia_infra.agent.execution.states import OPEN, OPENS, STAYS, Said, State, is_stopping, may_follow, state_of
from sophia_infra.engine_process.engine import Engine
from sophia_infra.errors import SophiaError
from sophia_infra.home import project_folder
from sophia_infra.journal import Journal, Recorded
from sophia_infra.settings import Settings

RUN = "run"
"""The kind of resource that an approval of a run is about; its subject is the run's id."""
_BEGIN_ALIKE = 100
_AS_ASKED = {Word.APPLYING: "applied", Word.PENDING: "verified", Word.ROLLING_BACK: "rolled back"}
"""What comes of a step that lasts."""
APPLY, ROLLBACK = "apply", "rollback"
"""The engines of a run that change something, by the names of their folders."""
PREVIEW, PREVIEW_AGAIN, PREVIEW_BACK, EMPTY = "preview", "preview-again", "preview-back", "empty"
WAY_BACK = (ROLLBACK, PREVIEW_BACK, EMPTY)
PLAN, REPEAT_PLAN, BACK_PLAN = "plan.json", "repeat.json", "back.json"
BEFORE, AFTER, COPY, LEFT = "before", "after", "copy", "left"
"""What else a run's folder holds: saved plans, the edited files as they were and become, a copy of the project, and
what stands for the stack's state as the run's last engine left it, or its way back began."""

BY_PERSON = "a person stopped it"
"""How the reason of a run begins that a person stopped: it is a no, as a decline is."""


class RunError(SophiaError):
    """A run that is not there, or that can't take this step where it stands."""

    code = "agent-run"


@dataclass(frozen=True, slots=True)
class Run:
    """A run as its rows have it: the proposal, its steps, oldest first, where it stands, and what is said of it now."""

    id: str
    proposal: Recorded[Proposal]
    advice: Advice
    steps: tuple[Recorded[Step], ...]
    state: State
    said: Said = Said.NOTHING

    @property
    def row(self) -> Proposal:
        """What is proposed."""
        return self.proposal.row

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return project_folder() / "agent" / self.id

    @property
    def why(self) -> str:
        """What its last step says."""
        return self.steps[-1].row.why if self.steps else ""

    @property
    def since(self) -> datetime:
        """When it came to where it stands."""
        return next((step.time for step in reversed(self.steps) if step.row.word not in STAYS), self.proposal.time)

    @property
    def is_stopping(self) -> bool:
        """Whether its engine was asked to stop."""
        return is_stopping([step.row for step in self.steps])

    def engine(self, name: str) -> Engine:
        """Return one of its engines, of the latest time that its step was begun."""
        return self.engines(name)[-1]

    def engines(self, name: str) -> list[Engine]:
        """Return an engine of each time that its step was begun, the latest last."""
        words = [step.row.word for step in self.steps]
        times = words.count(Word.ROLLING_BACK) if name in WAY_BACK else 1 + words.count(Word.REPEATING)
        environment = variables(() if name in WAY_BACK else self.row.asked)
        folders = [name, *(f"{name}-{number}" for number in range(2, times + 1))]
        return [Engine(self.folder / folder, environment) for folder in folders]

    @property
    def every_engine(self) -> list[Engine]:
        """All of its engines that may have changed something."""
        return [*self.engines(APPLY), *self.engines(ROLLBACK)]

    @property
    def has_begun(self) -> bool:
        """Whether an engine was ever started to apply it: else it can't have changed anything."""
        return any(engine.began for engine in self.engines(APPLY))

    @property
    def is_repeated(self) -> bool:
        """Whether its apply was begun once more, since the first engine was killed."""
        return len(self.engines(APPLY)) > 1

    @property
    def may_be_anew(self) -> bool:
        """Whether it was stopped, by no person, before it changed anything: what it was approved for had moved."""
        return self.state is State.STOPPED and not self.why.startswith(BY_PERSON) and not self.has_begun

    @property
    def may_be_open(self) -> bool:
        """Whether it is open, or is once a no is taken back that was said to its advice: no step tells of that."""
        return state_of([step.row for step in self.steps], Said.NOTHING) in OPEN

    def __str__(self) -> str:
        return f"{RUN} {self.id}"


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs of a journal; `settings` are those of the stack, for its file of approvals."""

    journal: Journal
    settings: Settings

    def find(self, beginning: str) -> Run:
        """Return the run whose id begins so.

        Raises:
            RunError: there is none, or several begin so.
            JournalError: the journal can't be read.
        """
        ids = self.journal.keys(Proposal, beginning, _BEGIN_ALIKE)
        if len(ids) != 1:
            what = f"{len(ids)} runs have ids that begin" if ids else "no run has an id that begins"
            told = f"{what} with {beginning!r} in {self.journal.name}; see: sophia agent history"
            raise RunError(told, code="several-runs" if ids else "no-run", field="ID", value=beginning)
        return self.at(ids[0])

    def at(self, key: str) -> Run:
        """Return the run with an id as it stands now; raises as `find`. Rows that are not ours count as none."""
        found = self.known(key)
        if found is None:
            told = f"run {key} was not proposed on this machine; plan it here"
            raise RunError(told, code="no-run", field="ID", value=key)
        return found

    def of_stack(self, stack: str) -> Iterator[Run]:
        """Yield the runs of a stack, `project/name`, newest first; those that were pruned are passed over."""
        listed = (self.known(row.row.run) for row in self.journal.back(OfStack, stack))
        return (run for run in listed if run)

    def open(self, stack: str) -> Iterator[Run]:
        """Yield the runs of a stack that wait for a person's word, or go on, oldest first."""
        return self._open(self._index(stack).ids)

    def _open(self, keys: Iterable[str]) -> Iterator[Run]:
        return (run for run in map(self.known, keys) if run and run.state in OPEN)

    def _may_be_open(self, key: str) -> bool:
        run = self.known(key)
        return run is not None and run.may_be_open

    def _index(self, stack: str) -> Index:
        return Index(self.journal, f"{stack} runs", (row.row.run for row in self.journal.back(OfStack, stack)))

    def newest(self, stack: str) -> Run:
        """Return the newest run of a stack; raises as `find`."""
        if found := next(self.of_stack(stack), None):
            return found
        raise RunError(f"{stack} has no runs in {self.journal.name}; see: sophia agent plan", code="no-run", field="ID")

    def known(self, key: str) -> Run | None:
        """Return the run with an id as it stands now; None where it is just being planned, or was pruned."""
        proposal = self.journal.last(Proposal, key)
        advice = self.journal.last(Advice, proposal.row.advice) if proposal else None
        if proposal is None or advice is None:
            return None
        steps = tuple(self.journal.back(Step, key))[::-1]
        said = self._said(key, proposal.row, advice.row)
        return Run(key, proposal, advice.row, steps, state_of([step.row for step in steps], said), said)

    def take(self, run: Run, word: Word, why: str = "", by: str = "") -> Run:
        """Journal a step and return the run after it. Of two who take one at once, one is refused.

        Raises:
            RunError: the run can't take it where it stands by now.
            JournalError: it can't be written: whoever is about to change something MUST stop.
        """
        stack = run.row.stack
        with steps_alone(self.journal, stack):
            now = self.at(run.id)
            self.refuse(now, word)
            if word is Word.STOPPED and now.state is not run.state:  # an engine may be at work by now
                told = f"{run} is {now.state} by now; once more: sophia agent stop {run.id}"
                raise RunError(told, code="wrong-state", field="ID", value=str(now.state))
            if word in OPENS:
                self._index(stack).add(run.id, self._may_be_open)
            self.journal.write(run.id, Step(word, by or user(), why))
        return self.at(run.id)

    def refuse(self, run: Run, word: Word) -> None:
        """Refuse a step that a run can't take where it stands; raises as `take`."""
        if not may_follow(word, run.state, [step.row for step in run.steps]):
            told = f"{run} is {run.state}, so it can't be {_AS_ASKED.get(word, word)}{run.why and f': {run.why}'}"
            raise RunError(told, code="wrong-state", field="ID", value=str(run.state))

    def _said(self, key: str, proposal: Proposal, advice: Advice) -> Said:
        """Whether what is proposed is approved now, in the journal or in the file of approvals."""
        base, waiting = proposal.bound.digest, proposed(advice)
        given = approved(self.journal, advice, base)
        if any(edit.digest in given.rejected for edit in waiting):
            return Said.NO
        entries = self.settings.approvals
        filed = matched(entries, f"{RUN} {key}", proposal.stack, advice, base, ()).words if entries else {}
        words = {*filed, *(edit.digest for edit in given.ours)}
        return Said.YES if waiting and all(edit.digest in words for edit in waiting) else Said.NOTHING
