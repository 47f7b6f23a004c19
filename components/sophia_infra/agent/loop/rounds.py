"""A round of the loop: observe, detect, propose what can be mended and tell what can't, learn from what was done."""

import math
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice

from sophia_infra import clock
from sophia_infra.advice.autonomy import SlotRow, slot
from sophia_infra.agent.execution import Run, State, plan, request
from sophia_infra.agent.execution.engine_requests import as_records, is_by_model
from sophia_infra.agent.execution.lease import LeaseError
from sophia_infra.agent.execution.states import GOES_ON
from sophia_infra.agent.execution.verification import SELDOM
from sophia_infra.agent.loop.detections import Detected, Known
from sophia_infra.agent.loop.detectors import detected
from sophia_infra.agent.loop.observation import Observed, observe
from sophia_infra.agent.operations import ApproveEdit, Operation
from sophia_infra.agent.sophia import SophiaInfrastructureAgent
from sophia_infra.doctor.backend import StackError
from sophia_infra.engine_process.engine import EngineError
from sophia_infra.errors import SophiaError
from sophia_infra.journal import JournalError
from sophia_infra.report.model import Standing

ROUND, EXECUTE = "round", "execute"
"""The phases that are gone on with after a kill."""
BUSY, FAILED = "busy", "failed"
_CHANGES = (State.APPROVED, State.APPLYING, State.ROLLING_BACK)
"""Where a run is about to change what a proposal would be made of."""
_VERIFIES = (State.VERIFYING, State.VERIFYING_ROLLBACK)
_GO_ON = (State.APPROVED, *GOES_ON)
"""What a run stands at that goes on by itself. One that failed waits for a person, or was cut off on its way back."""
_JUDGED = (State.DONE, State.FAILED, State.ROLLED_BACK, State.INCONCLUSIVE)
_NEWEST = 100
"""So many runs of a stack are looked at beside the open ones: what they did may not be told yet, and a proposal that
nobody asked for is taken up. An older one is planned anew."""


@dataclass(frozen=True, slots=True)
class Event:
    """What the loop has to say: `what` is one word, such as `proposed`; `run` is the run that it is about."""

    what: str
    text: str
    subject: str = ""
    run: str = ""


@dataclass(slots=True)
class Rounds:
    """The phases of the loop on one stack.

    Attributes:
        agent: the stack, its files and settings as they were read last.
        say: is told what happens.
        look: what observes.
        stopping: once it is set, nothing is begun any more.
        error: why the last round failed, or a part of it.
        failed: whether a run did not end as it was approved.
        is_blind: whether the last preview failed, so that no zone and no advice was seen.
        is_cut: whether the last round left something for after the run that it let pass.
    """

    agent: SophiaInfrastructureAgent
    say: Callable[[Event], None]
    look: Callable[[SophiaInfrastructureAgent], Observed] = observe
    stopping: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None
    failed: bool = False
    is_blind: bool = False
    is_cut: bool = False
    _rests: dict[str, float] = field(default_factory=dict)
    """Runs that are left alone until then, by `time.monotonic`, or until after the next round."""

    @property
    def phases(self) -> Mapping[str, Callable[[str], str]]:
        """What `Durable` runs. What is expected to fail is told, and its word is `failed`."""
        return {ROUND: self.round, EXECUTE: self.execute}

    def round(self, _: str) -> str:
        """Look once; propose or tell what is new. One finding that fails holds no other up."""
        self.error, self.is_cut = None, False
        self._rests.clear()
        known = Known(self.agent.runs.journal, self.agent.stack)
        told = FAILED
        with self._told(self.agent.stack):
            self._begin_stages()
            seen = self.look(self.agent)
            found, failed = detected(seen)
            for name, what in failed.items():
                with self._told(f"detector {name}"):
                    raise SophiaError(f"{name} failed: {what}", code="detector-failed")
            self.is_blind = seen.report.standing is Standing.STOPPED
            if not self.is_blind:
                self._learn(known, [*found, *(each.key for each in known.found if each.detector in failed)])
            new = [each for each in found.values() if not self._is_known(known, each)]
            told = f"{len(found)} found, {len(new)} new"
            for each in sorted(new, key=lambda each: -known.share(each.detector)):  # within the cap, what worked most
                if not self.stopping.is_set():
                    with self._told(each.subject):
                        self._take_up(known, each)
            self.say(Event(ROUND, told, self.agent.stack))
        return FAILED if self.error else told

    def execute(self, key: str) -> str:
        """Carry a run out as far as it goes by itself; one that waits for name servers is looked at again later."""
        word, told, waited, stack = FAILED, "", "", self.agent.stack
        try:
            run = self.agent.runs.at(key)
            if not run.folder.is_dir():  # what remembers it is shared by machines, and the files of a run are not
                self.say(Event("elsewhere", "its files are on another machine", stack, key))
                return BUSY
            waited = run.why if run.state in _VERIFIES else ""
            if not waited:
                self.say(Event("executing", f"it is {run.state}", stack, key))
            driver = self.agent.driver
            run = replace(driver, schedule=replace(driver.schedule, waits=False)).go_on(run)
            word, told = str(run.state), run.why
            if run.state in _VERIFIES:
                self._rests[key] = time.monotonic() + SELDOM
        except LeaseError as error:
            word, told = BUSY, str(error)
        except (SophiaError, OSError) as error:
            told, self._rests[key] = str(error), math.inf
        self.failed |= word not in (State.DONE, BUSY, *_VERIFIES)
        if waited and told == waited:
            return BUSY  # nothing is new
        self.say(Event(word, told, stack, key))
        return word

    @property
    def is_awaited(self) -> bool:
        """Whether a run that waited for name servers is to be looked at again."""
        return any(until <= time.monotonic() for until in self._rests.values())

    def ready(self) -> list[Run]:
        """Return the runs that can go on, oldest first: none that rests, or is of another machine."""
        self._rests = {key: until for key, until in self._rests.items() if until > time.monotonic()}
        found = (run for run in self._open if run.state in _GO_ON and run.folder.is_dir())
        return [run for run in found if run.id not in self._rests]

    def waiting(self) -> list[Run]:
        """Return the runs that wait for a person, oldest first."""
        return [run for run in self._open if run.state is State.WAITING]

    @property
    def _open(self) -> Iterator[Run]:
        return self.agent.runs.open(self.agent.stack)

    def newest(self) -> Iterator[Run]:
        """Yield the newest runs of the stack, and all that are open; whoever wants none reads none."""
        newest = islice(self.agent.runs.of_stack(self.agent.stack), _NEWEST)
        yield from {run.id: run for run in (*newest, *self._open)}.values()

    def _begin_stages(self) -> None:
        """Request the stages of plans whose wait is over."""
        from sophia_infra.agent.strategies import Plans  # a loop that goes on after a kill waits for none of it

        for each in Plans(self.agent.runs).due(self.agent.stack, clock.now()) if not self._is_quiet() else ():
            subject = f"plan {each.plan}"
            with self._told(subject):
                begun = self.agent.resume(each.plan)
                self.say(Event("proposed", f"{each.what.title}{_left(begun.left)}", subject, begun.id))

    @contextmanager
    def _told(self, subject: str) -> Iterator[None]:
        try:
            yield
        except (SophiaError, OSError) as error:
            self.error = error
            self.say(Event("error", str(error), subject))

    def _is_known(self, known: Known, found: Detected) -> bool:
        """Whether it was told or proposed; not where its run is to be planned anew."""
        noted = next((each for each in known.found if each.key == found.key), None)
        run = self.agent.runs.known(noted.run) if noted else None
        return noted is not None and not (run and run.may_be_anew)

    def _learn(self, known: Known, found: Collection[str]) -> None:
        """Note what is gone, and whether what was done about it is why."""
        for noted in known.clear(found):
            run = self.agent.runs.known(noted.run)
            if run and run.state in _JUDGED:
                known.learn(noted, worked=run.state is State.DONE)
            self.say(Event("cleared", noted.told, noted.subject, noted.run))

    def _take_up(self, known: Known, found: Detected) -> None:
        if not found.operations:
            self._tell(known, found)
        elif self._is_quiet():
            self.say(Event("deferred", found.told, found.subject))
        elif any(run.state in _CHANGES for run in self.ready()):
            self.is_cut = True
        else:
            try:
                self._propose(known, found)
            except (EngineError, JournalError, StackError):
                raise  # it may be otherwise by the next round
            except SophiaError as error:
                self._tell(known, found, f"; nothing is proposed: {error}")

    def _propose(self, known: Known, found: Detected) -> None:
        from sophia_infra.agent.specialists import for_finding, refuse_foreign

        agent, why = self.agent, ""
        refuse_foreign(found.detector, for_finding(found.detector), found.operations)
        operations = tuple(self._counted(found.operations))
        run = self._same(operations) or plan(agent, operations)
        day = f"loop {agent.stack} {clock.now():%Y-%m-%d}"
        if not slot(agent.runs.journal, day, agent.runs.settings.agent.per_day, SlotRow(run.id, "")):
            self.say(Event("deferred", found.told, found.subject, run.id))
            return
        if run.state is State.PROPOSED:
            run, why = request(agent.runs, run)
        known.note(found, found.told, run.id)
        self.say(Event("proposed", f"{found.told}{_left(why)}", found.subject, run.id))

    def _counted(self, operations: Iterable[Operation]) -> Iterator[Operation]:
        """Yield operations as a level counts them: an edit of the rules as what it does to records, a model's as it is.

        So a model's waits for a person at every level.
        """
        journal = self.agent.runs.journal
        for each in operations:
            is_counted = isinstance(each, ApproveEdit) and not is_by_model(journal, each)
            yield from as_records(journal, each) if is_counted else (each,)

    def _tell(self, known: Known, found: Detected, why: str = "") -> None:
        told = f"{found.told}{why}{found.way_out and f' -> {found.way_out}'}"
        known.note(found, told)
        self.say(Event("told", told, found.subject))

    def _same(self, operations: Iterable[Operation]) -> Run | None:
        """A run that asks for the same and is under way: one of a person's, or of a loop that was killed over it."""
        asked, open_ = tuple(operation.to_body() for operation in operations), (State.PROPOSED, State.WAITING, *_GO_ON)
        return next((run for run in self.newest() if run.state in open_ and run.row.operations == asked), None)

    def _is_quiet(self) -> bool:
        bounds = self.agent.runs.settings.bounds
        return bounds.hours is not None and bounds.closes(clock.now()) is None


def _left(why: str) -> str:
    return why and f"; left to a person: {why}"
