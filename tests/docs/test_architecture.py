"""docs/architecture.md names every room, and the code imports what its table allows."""

import ast
import re
import tomllib
from collections.abc import Iterator

import pytest

from tests.support.workspace import REPO

PACKAGE = REPO / "components" / "sophia_infra"
ROOMS = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
ROOMS -= {"__init__", "__main__"}


def _table() -> dict[str, set[str]]:
    """Each room with the rooms that it may import."""
    text = (REPO / "docs" / "architecture.md").read_text()
    rows = re.findall(r"^\| (`.+`) \| .+ \| (.+) \|$", text[: text.index("## Inside")], re.MULTILINE)
    base: set[str] = set()
    allowed: dict[str, set[str]] = {}
    for rooms, cell in rows:
        here = {name.rstrip("/") for name in re.findall(r"`([^`]+)`", rooms)}
        base = base or here
        named = set(re.findall(r"`([^`]+)`", cell))
        may = set(allowed) - named if cell.startswith("all above") else named | (base if "base" in cell else set())
        allowed |= dict.fromkeys(here, may)
    return allowed


TABLE = _table()


def _imports(room: str) -> Iterator[str]:
    """The other rooms that the modules of a room import."""
    path = PACKAGE / room
    for module in path.rglob("*.py") if path.is_dir() else [path.with_suffix(".py")]:
        for node in ast.walk(ast.parse(module.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{name}" for name in names]
            parts = [name.split(".") for name in names if name.startswith("sophia_infra.")]
            yield from {part[1] for part in parts} - {room}


def test_the_table_names_every_room_and_no_other() -> None:
    assert set(TABLE) == ROOMS


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_imports_what_the_table_allows(room: str) -> None:
    assert set(_imports(room)) <= TABLE[room]


def test_the_layers_that_lint_holds_are_the_rooms_of_the_table() -> None:
    contracts = tomllib.loads((REPO / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = [set(re.findall(r"\w+", layer)) for layer in contracts[0]["layers"]]
    assert set().union(*layers) == ROOMS
    below = {room: set().union(*layers[index + 1 :]) for index, layer in enumerate(layers) for room in layer}
    base = {"errors", "clock", "version", "installation", "values", "codec", "trail", "retries", "deferred", "reporter"}
    assert {room: sorted(TABLE[room] - below[room] - base) for room in ROOMS if TABLE[room] - below[room] - base} == {}
