"""The steps of one set's staged switch: from what is live, wanted and remembered to what is due. Pure.

Resolvers keep a set for its TTL (RFC 1034 section 3.6), so a switch at a long one is neither seen nor undone at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

LOW_TTL = 300
"""Seconds: a switch at this TTL or below needs no steps."""

HOLD = timedelta(hours=1)
"""For so long a set stays at the low TTL after its switch, so that a bad one is undone fast."""

SETTLED, LOWERED, SWITCHED = "settled", "lowered", "switched"

PENDING = frozenset([""])
"""Stands for values that are asked for but not known yet; no RDATA is empty."""


class Values(NamedTuple):
    """One record set: its values, and the TTL that they have; where those differ, the longest."""

    values: frozenset[str]
    ttl: int


class Moment(NamedTuple):
    """The time, and when this stack wrote the zone that is live, where that is known."""

    now: datetime
    written: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a set stood after the last run.

    Attributes:
        step: `settled`, `lowered` or `switched`.
        values: what was published.
        ttl: the longest TTL that resolvers may still keep it with, in seconds.
        until: when that has passed, or the hold is over; None right after a step, set by the run that finds it done.
        before: what was published before the switch.
    """

    step: str
    values: frozenset[str]
    ttl: int
    until: datetime | None = None
    before: frozenset[str] = field(default=frozenset())

    def as_input(self) -> dict[str, Any]:
        """Return the stage as the `stages` property holds it."""
        kept: dict[str, Any] = {"step": self.step, "values": sorted(self.values), "ttl": self.ttl}
        if self.until:
            kept["until"] = self.until.isoformat()
        if self.before:
            kept["before"] = sorted(self.before)
        return kept

    @classmethod
    def from_input(cls, given: Mapping[str, Any]) -> Self:
        """Read a stage back."""
        until = datetime.fromisoformat(given["until"]) if "until" in given else None
        before = frozenset(given.get("before", ()))
        return cls(given["step"], frozenset(given["values"]), int(given["ttl"]), until, before)


class Step(NamedTuple):
    """What to publish now, what to remember until the next run, and the line to show."""

    publish: Values
    stage: Stage
    line: str = ""


def advance(live: Values | None, desired: Values, stage: Stage | None, last_ttl: int, moment: Moment) -> Step:
    """Return the step that is due for one set.

    `last_ttl` is the TTL that was applied last: the live one may be another, after a run that was cut off.
    """
    if live is None:
        return Step(desired, Stage(SETTLED, desired.values, desired.ttl))
    return _Set(live, desired, stage, last_ttl, moment).step()


@dataclass(frozen=True, slots=True)
class _Set:
    live: Values
    desired: Values
    stage: Stage | None
    last_ttl: int
    moment: Moment

    def step(self) -> Step:
        stage = self.stage
        if self.live.values == self.desired.values:
            return self._arrived()
        if stage and self.desired.values == stage.values:
            return self._healed(stage)
        if stage and stage.step == SWITCHED and self.live.ttl <= self._low:
            if self.desired.values == stage.before:
                return self._settled("goes back to what it was before the switch")
            if stage.ttl <= LOW_TTL:
                return self._switched(stage)
        if stage and stage.step == LOWERED:
            return self._on_the_way(stage)
        ttl, until = self._longest()
        return self._on_the_way(Stage(LOWERED, self.live.values, ttl, until)) if ttl > LOW_TTL else self._settled()

    @property
    def _low(self) -> int:
        return min(LOW_TTL, self.desired.ttl)

    def _longest(self) -> tuple[int, datetime]:
        """The longest TTL that resolvers may keep the live set with, and until when."""
        ttl = self.stage.ttl if self.stage else self.last_ttl
        if self.live.ttl < ttl:
            known = self.stage.until if self.stage and self.stage.step != SWITCHED else None
            until = self._end(known, timedelta(seconds=ttl))
            if self.moment.now < until:
                return ttl, until
        return self.live.ttl, _after(self.moment.now, timedelta(seconds=self.live.ttl))

    def _end(self, known: datetime | None, wait: timedelta) -> datetime:
        """When a wait ends that began with the live set; it begins now, where nobody knows when that was written."""
        if not self.stage or self.live.ttl != self.last_ttl:
            return _after(self.moment.now, wait)
        return known or _after(self.moment.written or self.moment.now, wait)

    def _on_the_way(self, stage: Stage) -> Step:
        if self.live != Values(stage.values, self._low):
            ttl = max(self.live.ttl, stage.ttl)
            line = f"step 1 of 4, lowers the TTL from {ttl} to {self._low} s"
            return Step(Values(stage.values, self._low), Stage(LOWERED, stage.values, ttl), line)
        until = self._end(stage.until, timedelta(seconds=stage.ttl))
        if self.moment.now >= until:
            return self._switched(stage)
        line = f"step 2 of 4, waits until {_shown(until)} for the TTL of {stage.ttl} s to pass"
        return Step(self.live, Stage(LOWERED, stage.values, stage.ttl, until), line)

    def _switched(self, stage: Stage) -> Step:
        line = f"step 3 of 4, switches at a TTL of {self._low} s"
        switched = Stage(SWITCHED, self.desired.values, self._low, before=stage.values)
        return Step(Values(self.desired.values, self._low), switched, line)

    def _arrived(self) -> Step:
        stage, ttl = self.stage, self.desired.ttl
        if not stage or stage.step == SETTLED or self.live.ttl == ttl or self.live.ttl > self._low:
            return self._settled()
        if stage.step == LOWERED and stage.values == self.desired.values:
            return self._settled(f"is no longer to change, and its TTL of {ttl} s comes back")
        # A stage that knows nothing of these values is from before a switch that was cut off: it is held from now on.
        known = stage if stage.values == self.desired.values else None
        until = self._end(known.until, HOLD) if known else _after(self.moment.now, HOLD)
        if self.moment.now >= until:
            return self._settled(f"step 4 of 4, restores the TTL of {ttl} s")
        known = known or Stage(SWITCHED, self.desired.values, self._low, before=stage.values)
        held = replace(known, until=until)
        line = f"step 4 of 4, restores the TTL after {_shown(until)}"
        return Step(Values(self.desired.values, self._low), held, line)

    def _healed(self, stage: Stage) -> Step:
        """Somebody else changed the set, and the program asks for what was published: that is no switch."""
        if stage.step != SWITCHED:
            return self._settled()
        healed = replace(stage, ttl=max(stage.ttl, self.live.ttl), until=None)
        return Step(Values(self.desired.values, self._low), healed)

    def _settled(self, line: str = "") -> Step:
        ttl, until = self._longest()
        if ttl <= self.desired.ttl:
            return Step(self.desired, Stage(SETTLED, self.desired.values, self.desired.ttl), line)
        lowers_now = self.live.ttl > self.desired.ttl
        return Step(self.desired, Stage(SETTLED, self.desired.values, ttl, None if lowers_now else until), line)


def _after(begun: datetime, wait: timedelta) -> datetime:
    return (begun + wait).replace(microsecond=0) + timedelta(seconds=1)


def _shown(moment: datetime) -> str:
    return f"{moment + timedelta(seconds=59):%Y-%m-%d %H:%M} UTC"
