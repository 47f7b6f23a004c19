"""docs/certificate-scenarios.md: each scenario that other tools try is held by a test of ours that is there."""

import ast
import re
from collections import Counter

from tests.support.tables import table
from tests.support.workspace import REPO

HELD, NOT_HERE = (table("certificate-scenarios", corner) for corner in ("scenario", "not here"))
PEERS = ("certbot", "Terraform")


def test_each_scenario_is_held_by_a_test_that_is_there() -> None:
    for (scenario, column), cell in HELD.items():
        if column != "held by":
            continue
        path, _, name = cell.strip("`").partition("::")
        names = {node.name for node in ast.parse((REPO / path).read_text()).body if isinstance(node, ast.FunctionDef)}
        assert name in names, f"{scenario}: there is no {cell}"


def test_each_test_of_another_tool_is_in_one_row() -> None:
    cells = {**HELD, **NOT_HERE}
    for peer in PEERS:
        named = Counter(
            name for (_, column), cell in cells.items() if column == peer for name in re.findall("`([^`]+)`", cell)
        )
        assert [name for name, count in named.items() if count > 1] == []
        assert len(named) > 30


def test_what_is_not_here_says_why() -> None:
    assert all(cell for (_, column), cell in NOT_HERE.items() if column == "why")
