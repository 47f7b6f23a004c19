"""There is one door to stderr, and what goes through it moves no terminal."""

import ast

import pytest

from sophia_infra.reporter import Reporter
from tests.support.workspace import REPO

PACKAGE = REPO / "components" / "sophia_infra"
DOORS = {"reporter.py", "cli/terminal.py"}
"""That of all calls of the engine, and the terminal of the command line."""


def _has_stderr(module: str) -> bool:
    """Whether a module takes the stream in hand; that none but the command line prints, ruff holds."""
    return any(
        isinstance(node, ast.Attribute) and ast.unparse(node) in ("sys.stderr", "sys.__stderr__")
        for node in ast.walk(ast.parse(module))
    )


def test_nothing_writes_to_stderr_but_the_reporter_and_the_terminal() -> None:
    modules = {str(path.relative_to(PACKAGE)): path.read_text() for path in PACKAGE.rglob("*.py")}
    assert {name for name, module in modules.items() if _has_stderr(module)} == DOORS


def test_text_from_outside_can_not_start_a_line_or_move_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Reporter().say_each("zone shop\n\x1b[31m.example", ["block"])
    assert capsys.readouterr().err == "sophia: zone shop\\u000a\\u001b[31m.example: block\n"


def test_a_line_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = Reporter()
    for line in ("one", "one", "two"):
        reporter.say_once(line)
    assert capsys.readouterr().err == "sophia: one\nsophia: two\n"


def test_what_happens_again_is_said_again(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = Reporter("sophia debug")
    for line in ("one", "one"):
        reporter.say(line)
    assert capsys.readouterr().err == "sophia debug: one\n" * 2
