"""Whether a change holds, asked from outside on a schedule, in the words of Argo Rollouts' AnalysisRun.

A measurement is successful, failed or inconclusive; so is what they come to. What the change promised is asked by
itself: see `promises`.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Phase(StrEnum):
    """What a measurement, or all of them, came to."""

    SUCCESSFUL = "successful"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Measured:
    """What one measurement found; `why` is empty where it is successful."""

    phase: Phase
    why: str = ""

    @classmethod
    def of(cls, why: str, phase: Phase = Phase.FAILED) -> Self:
        """Return what speaks against it as a measurement; it is successful where nothing does."""
        return cls(phase if why else Phase.SUCCESSFUL, why)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When it is measured, and what of it decides.

    Attributes:
        count: so many successful measurements in a row make it successful.
        interval, delay: seconds between two measurements, and before the first one.
        failure_limit: so many failed ones are borne, such as those of a secondary that is not told yet.
        inconclusive_limit: so many inconclusive ones in a row are borne.
        most: so many that have decided nothing are inconclusive.
    """

    count: int = 2
    interval: float = 2.0
    delay: float = 0.0
    failure_limit: int = 3
    inconclusive_limit: int = 3
    most: int = 30

    def judge(self, measured: Sequence[Measured]) -> Phase | None:
        """Return what the measurements so far come to, None where the next one is needed."""
        phases = [each.phase for each in measured]
        if phases.count(Phase.FAILED) > self.failure_limit:
            return Phase.FAILED
        if _tail(phases, Phase.INCONCLUSIVE) > self.inconclusive_limit:
            return Phase.INCONCLUSIVE
        if _tail(phases, Phase.SUCCESSFUL) >= self.count:
            return Phase.SUCCESSFUL
        return Phase.INCONCLUSIVE if len(phases) >= self.most else None


def _tail(phases: Sequence[Phase], phase: Phase) -> int:
    return next((at for at, each in enumerate(reversed(phases)) if each is not phase), len(phases))


def verify(measure: Callable[[], Measured], schedule: Schedule, tell: Callable[[str], None]) -> Measured:
    """Measure until it is decided, and return that, with the last word that speaks against it."""
    measured = list[Measured]()
    time.sleep(schedule.delay)
    while (phase := schedule.judge(measured)) is None:
        if measured:
            time.sleep(schedule.interval)
        measured.append(measure())
        tell(f"verifying: {measured[-1].phase}{measured[-1].why and f', {measured[-1].why}'}")
    against = next((each.why for each in reversed(measured) if each.why), "")
    return Measured(phase, "" if phase is Phase.SUCCESSFUL else against)
