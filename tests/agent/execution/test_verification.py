"""When it is decided whether a change holds: counted as Argo Rollouts counts, and never by one look alone."""

import pytest

from sophia_infra.agent.execution.verification import Schedule, verify
from sophia_infra.probes.measured import Measured, Phase

GOOD, BAD, OPEN = Measured(Phase.SUCCESSFUL), Measured(Phase.FAILED, "wrong"), Measured(Phase.INCONCLUSIVE, "silent")
LATE = Measured(Phase.PENDING, "not told")
AT_ONCE = Schedule(count=2, interval=0, failure_limit=1, inconclusive_limit=1, most=6)


@pytest.mark.parametrize(
    ("found", "phase"),
    [
        ([GOOD, GOOD], Phase.SUCCESSFUL),
        ([BAD, GOOD, GOOD], Phase.SUCCESSFUL),
        ([GOOD, BAD, GOOD, GOOD], Phase.SUCCESSFUL),
        ([BAD, GOOD, BAD], Phase.FAILED),
        ([OPEN, GOOD, OPEN, GOOD, GOOD], Phase.SUCCESSFUL),
        ([GOOD, OPEN, OPEN], Phase.INCONCLUSIVE),
        ([OPEN, GOOD] * 3, Phase.INCONCLUSIVE),
        ([LATE] * 9 + [GOOD, LATE, GOOD, GOOD], Phase.SUCCESSFUL),
        ([LATE, BAD, LATE, BAD], Phase.FAILED),
    ],
)
def test_measurements_decide_by_their_count_and_limits(found: list[Measured], phase: Phase) -> None:
    left = list(found)
    decided = verify(lambda: left.pop(0), AT_ONCE, lambda _: None)
    assert (decided.phase, bool(decided.why), left) == (phase, phase is not Phase.SUCCESSFUL, [])


@pytest.mark.parametrize(("waited", "pause"), [(0.0, 2.0), (100.0, 10.0), (3000.0, 30.0)])
def test_who_is_late_is_asked_less_and_less_often(waited: float, pause: float) -> None:
    assert Schedule().pause(LATE, waited) == pause
    assert Schedule().pause(OPEN, waited) == 2.0
