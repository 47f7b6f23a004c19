"""Whether a change holds, measured on a schedule as Argo Rollouts' AnalysisRun does. What is asked: see `promises`."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sophia_infra.probes.measured import Measured, Phase


@dataclass(frozen=True, slots=True)
class Schedule:
    """When it is measured, and what of it decides.

    Attributes:
        count: so many successful measurements in a row make it successful.
        interval: seconds between two measurements; while they are pending, a tenth of what was waited so far, up to 30.
        failure_limit: so many failed ones are borne.
        inconclusive_limit: so many inconclusive ones in a row are borne.
        most: so many that have decided nothing are inconclusive, not counting those that are pending.
        waits: whether it is waited while they are pending; else pending is what they come to.
    """

    count: int = 2
    interval: float = 2.0
    failure_limit: int = 3
    inconclusive_limit: int = 3
    most: int = 30
    waits: bool = True

    def judge(self, measured: Sequence[Measured]) -> Phase | None:
        """Return what the measurements so far come to, None where the next one is needed."""
        phases = [each.phase for each in measured]
        if not self.waits and Phase.PENDING in phases:
            return Phase.PENDING
        if phases.count(Phase.FAILED) > self.failure_limit:
            return Phase.FAILED
        if _tail(phases, Phase.INCONCLUSIVE) > self.inconclusive_limit:
            return Phase.INCONCLUSIVE
        if _tail(phases, Phase.SUCCESSFUL) >= self.count:
            return Phase.SUCCESSFUL
        return Phase.INCONCLUSIVE if len(phases) - phases.count(Phase.PENDING) >= self.most else None

    def pause(self, last: Measured, waited: float) -> float:
        """Return the seconds until the next measurement, by the last one and the time since the first."""
        return max(self.interval, min(waited / 10, SELDOM)) if last.phase is Phase.PENDING else self.interval


SELDOM = 30.0
"""Seconds between two measurements where it takes long until a server is told."""


def _tail(phases: Sequence[Phase], phase: Phase) -> int:
    return next((at for at, each in enumerate(reversed(phases)) if each is not phase), len(phases))


def verify(measure: Callable[[], Measured], schedule: Schedule, tell: Callable[[str], None]) -> Measured:
    """Measure until it is decided, and return that, with the last word that speaks against it."""
    measured, began = list[Measured](), time.monotonic()
    while (phase := schedule.judge(measured)) is None:
        if measured:
            time.sleep(schedule.pause(measured[-1], time.monotonic() - began))
        found = measure()
        if found != next(reversed(measured), None):
            tell(f"verifying: {found.phase}{found.why and f', {found.why}'}")
        measured.append(found)
    against = next((each.why for each in reversed(measured) if each.phase is phase), "")
    return Measured(phase, "" if phase is Phase.SUCCESSFUL else against)
