"""docs/agent.md has the intents and the operations that the code has."""

import re
from dataclasses import fields

from sophia_infra.agent.operations import OPERATIONS
from sophia_infra.agent.strategies import PATTERNS
from sophia_infra.agent.understanding import INTENTS
from tests.agent.labelled import SETS, is_right, read
from tests.support.workspace import REPO

TEXT = (REPO / "docs" / "agent.md").read_text()


def test_the_table_of_intents_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| `([a-z0-9.-]+)` \| (read|change|none) \| (.+) \| (.+) \|$", TEXT, re.MULTILINE)
    assert rows == [(each.name, str(each.kind), each.what, each.example) for each in INTENTS]


def test_the_figures_of_the_labelled_sets_are_those_measured() -> None:
    rows = re.findall(r"^\| `(\w+)`[^|]* \| (\d+) \| \d+ \| (\d+) \| 0 \|$", TEXT, re.MULTILINE)
    assert [row[0] for row in rows] == list(SETS)
    assert rows == [(name, str(len(read(name))), str(sum(map(is_right, read(name))))) for name, *_ in rows]


def test_the_table_of_operations_has_every_field() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| `")]
    for op, kind in OPERATIONS.items():
        row = next(line for line in rows if f"`{op}`" in line)
        assert {field.name for field in fields(kind)} <= set(re.findall(r"`([a-z]+)`", row)), op


def test_the_table_of_patterns_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| ([^`|]+) \| (`[a-z0-9.-]+`(?:, `[a-z0-9.-]+`)*) \| (.+) \|$", TEXT, re.MULTILINE)
    told = [(name, re.findall(r"`(.+?)`", intents), what) for name, intents, what in rows]
    assert told == [(each.name, each.intents.split(), each.what) for each in PATTERNS]
