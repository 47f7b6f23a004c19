"""A round of the loop: observe, detect, propose what can be mended and tell what can't, learn from what was done."""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

from sophia_infra import clock
from sophia_infra.advice.autonomy import SlotRow, slot
from sophia_infra.agent.execution import Run, State, plan, request
from sophia_infra.agent.execution.bound import StackError
from sophia_infra.agent.execution.engine import EngineError
from sophia_infra.agent.execution.lease import LeaseError
from sophia_infra.agent.execution.states import ENDED
from sophia_infra.agent.loop.detected import Detected, Known
from sophia_infra.agent.loop.detectors import DETECTORS
from sophia_infra.agent.loop.observing import Observed, observe
from sophia_infra.agent.sophia import SophiaInfrastructureAgent
from sophia_infra.agent.specialists import for_finding, refuse_foreign
from sophia_infra.errors import SophiaError
from sophia_infra.journal import JournalError

ROUND, EXECUTE = "round", "execute"
"""The phases that are gone on with after a kill."""
BUSY, FAILED = "busy", "failed"
_GO_ON = (State.APPROVED, State.APPLYING, State.VERIFYING, State.FAILED, State.ROLLING_BACK, State.VERIFYING_ROLLBACK)
_NEWEST = 100
"""So many runs of a stack are looked at, newest first."""


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
        error: why the last round failed.
    """

    agent: SophiaInfrastructureAgent
    say: Callable[[Event], None]
    look: Callable[[SophiaInfrastructureAgent], Observed] = observe
    stopping: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None
    _tried: dict[str, int] = field(default_factory=dict)

    @property
    def phases(self) -> Mapping[str, Callable[[str], str]]:
        """What `Durable` runs. What is expected to fail is told, and its word is `failed`."""
        return {ROUND: self.round, EXECUTE: self.execute}

    def round(self, _: str) -> str:
        """Look once; propose or tell what is new."""
        try:
            self.error = None
            known = Known(self.agent.runs.journal, self.agent.stack)
            seen = self.look(self.agent)
            found = {each.key: each for detect in DETECTORS for each in detect(seen)}
            self._learn(known, found)
            new = [each for each in found.values() if not known.has(each)]
            for each in sorted(new, key=lambda each: -known.share(each.detector)):  # within the cap, what worked most
                if not self.stopping.is_set():
                    self._take_up(known, each)
        except (SophiaError, OSError) as error:
            self.error = error
            self.say(Event("error", str(error), self.agent.stack))
            return FAILED
        told = f"{len(found)} found, {len(new)} new"
        self.say(Event(ROUND, told, self.agent.stack))
        return told

    def execute(self, key: str) -> str:
        """Carry a run out as far as it goes by itself."""
        word, told, stack = FAILED, "", self.agent.stack
        try:
            run = self.agent.runs.at(key)
            self.say(Event("executing", f"it is {run.state}", stack, key))
            run = self.agent.driver.go_on(run)
            word, told = str(run.state), run.why
        except LeaseError as error:
            self.say(Event(BUSY, str(error), stack, key))
            return BUSY  # and it is tried again
        except (SophiaError, OSError) as error:
            told = str(error)
        with suppress(SophiaError):
            self._tried[key] = len(self.agent.runs.at(key).steps)
        self.say(Event(word, told, stack, key))
        return word

    def ready(self) -> list[Run]:
        """Return the runs that can go on, wherever that was said, oldest first; none that stood still here before."""
        found = [run for run in self.newest() if run.state in _GO_ON and self._tried.get(run.id) != len(run.steps)]
        return found[::-1]

    def waiting(self) -> list[Run]:
        """Return the runs that wait for a person, oldest first."""
        return [run for run in self.newest() if run.state is State.WAITING][::-1]

    def newest(self) -> Iterator[Run]:
        """Yield the newest runs of the stack, newest first."""
        return islice(self.agent.runs.of_stack(self.agent.stack), _NEWEST)

    def _learn(self, known: Known, found: Collection[str]) -> None:
        """Note what is gone, and that what was done about it worked."""
        for row in known.clear(found):
            if row.run and self.agent.runs.at(row.run).state is State.DONE:
                known.learn(row, worked=True)
            self.say(Event("cleared", row.told, row.subject, row.run))

    def _take_up(self, known: Known, found: Detected) -> None:
        if not found.operations:
            self._tell(known, found)
        elif self._is_quiet() or not self._has_slot(found):
            self.say(Event("deferred", found.told, found.subject))
        else:
            try:
                self._propose(known, found)
            except (EngineError, JournalError, StackError):
                raise  # it may be otherwise by the next round
            except SophiaError as error:
                self._tell(known, found, f"; nothing is proposed: {error}")

    def _propose(self, known: Known, found: Detected) -> None:
        agent, why = self.agent, ""
        refuse_foreign(found.detector, for_finding(found.detector), found.operations)
        run = self._same(found) or plan(agent.runs, agent.places, agent.stack, found.operations, (), agent.tell)
        if run.state is State.PROPOSED:
            run, why = request(agent.runs, run)
        known.note(found, run.id)
        self.say(Event("proposed", f"{found.told}{why and f'; left to a person: {why}'}", found.subject, run.id))

    def _tell(self, known: Known, found: Detected, why: str = "") -> None:
        told = f"{found.told}{why}{found.way_out and f' -> {found.way_out}'}"
        known.note(found, told=told)
        self.say(Event("told", told, found.subject))

    def _same(self, found: Detected) -> Run | None:
        """A run that asks for the same and has not ended: one of a person's, or of a loop that was killed over it."""
        asked = tuple(operation.to_body() for operation in found.operations)
        return next((run for run in self.newest() if run.state not in ENDED and run.row.operations == asked), None)

    def _is_quiet(self) -> bool:
        bounds = self.agent.runs.settings.bounds
        return bounds.hours is not None and bounds.closes(clock.now()) is None

    def _has_slot(self, found: Detected) -> bool:
        day = f"loop {self.agent.stack} {clock.now():%Y-%m-%d}"
        return slot(self.agent.runs.journal, day, self.agent.runs.settings.agent.per_day, SlotRow(found.key, ""))
