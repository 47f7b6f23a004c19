"""The loop itself: a round when it is due, runs as they can go on, and quiet in between. One loop acts on a stack.

In between nothing is launched and no engine runs: the number of the journal's newest row is looked at, so that what is
approved or left elsewhere is gone on with at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sophia_infra import clock
from sophia_infra.agent.loop.durable import Durable
from sophia_infra.agent.loop.rounds import BUSY, EXECUTE, FAILED, ROUND, Event, Rounds
from sophia_infra.agent.loop.streams import Streams
from sophia_infra.agent.sophia import SophiaInfrastructureAgent
from sophia_infra.errors import SophiaError
from sophia_infra.journal import JournalError

_LOOK = 2.0
"""Seconds between two looks at the journal's newest row."""
_PATIENCE = 0.1
_AGAIN = 30.0
"""Seconds until it is tried again where nothing could be done, as while a database is away."""


@dataclass(slots=True)
class Service:
    """A loop on one stack.

    Attributes:
        rounds: what it does; they are asked to stop by their `stopping`.
        durable: what remembers where to go on.
        reread: gives the agent with the files and settings as they are by then.
        streams: what tells other loops of steps, and wakes this one.
        every: how often the stack is looked at.
    """

    rounds: Rounds
    durable: Durable
    streams: Streams
    reread: Callable[[], SophiaInfrastructureAgent]
    every: timedelta
    _next: datetime | None = None
    _seen: int = -1
    _is_elsewhere: bool = False

    def once(self) -> None:
        """Go on with what was left, and look once, whenever that was done last.

        Raises:
            DurableError, JournalError, SettingError, OSError: nothing could be done.
        """
        self._act(at_once=True)

    def run(self) -> None:
        """Go on until the rounds are to stop; raises as `once` where it can't begin, and later tells it and goes on."""
        woken, stack = False, self.rounds.agent.stack
        while not self.rounds.stopping.is_set():
            before = self._next
            try:
                if woken or self._is_due or self.rounds.is_awaited or self._newest != self._seen:
                    self._act()
                    if self._next and self._next != before and not self.rounds.stopping.is_set():
                        self.rounds.say(Event("idle", f"looks next at {self._next:%H:%M:%S} UTC", stack))
                woken = self.streams.wait(_LOOK, self.rounds.stopping)
            except (SophiaError, OSError) as error:
                if before is None or isinstance(error, BrokenPipeError):
                    raise
                self.rounds.say(Event("error", str(error), stack))
                self.rounds.stopping.wait(_AGAIN)

    @property
    def _is_due(self) -> bool:
        """Whether it is time for a round; also where the clock was set back, since it was ahead."""
        now = clock.machine_time()
        return self._next is None or not now < self._next <= now + self.every

    @property
    def _newest(self) -> int:
        rows = self.rounds.agent.runs.journal.entries(None, None, 1)
        return rows[0].sequence if rows else 0

    def _act(self, *, at_once: bool = False) -> None:
        """Do what there is to do, unless another loop is at it."""
        self._seen, self.rounds.agent = self._newest, self.reread()
        stack = self.rounds.agent.stack
        try:
            with self.rounds.agent.runs.journal.locked(f"agent loop {stack}", _PATIENCE):
                self._is_elsewhere = False
                try:
                    self._acted(at_once=at_once)
                finally:
                    self.durable.close()
            self.streams.publish(self.rounds.newest())
        except JournalError as error:
            if error.code != "journal-locked":
                raise
            if not self._is_elsewhere:
                self.rounds.say(Event("elsewhere", "another loop is at work on it", stack))
            self._is_elsewhere = True

    def _acted(self, *, at_once: bool) -> None:
        """With the lock: what was cut off, what can go on, a round where one is due, and what that has let pass."""
        if self._next is None:
            self.durable.resume()
        self._execute()
        now, begun = clock.machine_time(), None
        if at_once or self._is_due:
            begun = self.durable.schedule(ROUND)
            if at_once or begun is None or not now - self.every < begun <= now:  # a clock may have been ahead
                self._round()
                begun = now
            self._next = begun + self.every
            for run in self.rounds.waiting():
                self.durable.wait(EXECUTE, run.id)

    def _round(self) -> None:
        """Look, act on what that has let pass, and look again where more was found than could be begun at once."""
        self.rounds.is_cut = True
        while self.rounds.is_cut and not self.rounds.stopping.is_set():
            self.durable.run(ROUND, f"{clock.machine_time():%Y%m%dT%H%M%S}")
            if not self._execute():
                return

    def _execute(self) -> bool:
        """Go on with what can; return whether anything did."""
        went_on = False
        for run in self.rounds.ready():
            if not self.rounds.stopping.is_set():
                went_on |= self.durable.run(EXECUTE, run.id) not in (BUSY, FAILED)
        return went_on
