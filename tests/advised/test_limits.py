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
            "1 to create, 2 to delete, 1 known at apply of 3 record sets, exposure low; low www A",
        ),
    ],
)
def test_a_plan_is_told_in_one_line(changes: Changes, unit: str, line: str) -> None:
    assert counted(changes, unit) == line
