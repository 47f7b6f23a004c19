"""How a plan is told in one line."""

import pytest

from sophia_infra.advised.limits import counted
from sophia_infra.changes import Changes, Exposure


@pytest.mark.parametrize(
    ("changes", "unit", "line"),
    [
        (Changes(), "", "nothing to change, exposure none"),
        (Changes(before=3, after=3), "record sets", "nothing to change of 3 record sets, exposure none"),
        (
            Changes(creates=1, deletes=2, before=3, pending=("www A",), exposure=Exposure.LOW, reasons=("low www A",)),
            "record sets",
            "unknown until apply: www A; else 1 to create, 2 to delete of 3 record sets, exposure low; low www A",
        ),
        (
            Changes(before=5, after=5, pending=tuple(f"a{number} A" for number in range(7))),
            "record sets",
            "unknown until apply: a0 A, a1 A, a2 A, a3 A, a4 A and 2 more; else nothing to change of 5 record sets",
        ),
    ],
)
def test_a_plan_is_told_in_one_line(changes: Changes, unit: str, line: str) -> None:
    assert counted(changes, unit) == line
