"""What measurements come to, in the words of Argo Rollouts' AnalysisRun.

One is successful, failed or inconclusive; so is what they come to. One that is pending decides nothing: who is asked
may not be told of a change yet.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Self


class Phase(StrEnum):
    """What a measurement, or all of them, came to."""

    SUCCESSFUL = "successful"
    FAILED = "failed"
    PENDING = "pending"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Measured:
    """What one measurement found: `why` is what speaks against it, or what could not be asked.

    `propagation` is how long after the change one may be pending.
    """

    phase: Phase
    why: str = ""
    propagation: timedelta = timedelta()

    @classmethod
    def of(cls, why: str, phase: Phase = Phase.FAILED) -> Self:
        """Return what speaks against it as a measurement; it is successful where nothing does."""
        return cls(phase if why else Phase.SUCCESSFUL, why)


def worst(found: Iterable[Measured]) -> Measured:
    """Return what several measurements come to: the worst one counts, with all that speaks for it."""
    every = list(found)
    phase = next((each for each in _WORST if each in {one.phase for one in every}), Phase.SUCCESSFUL)
    alike = [each for each in every if each.phase is phase]
    whys = dict.fromkeys(each.why for each in alike if each.why)
    return Measured(phase, "; ".join(whys), max((each.propagation for each in alike), default=timedelta()))


_WORST = (Phase.FAILED, Phase.PENDING, Phase.INCONCLUSIVE)
