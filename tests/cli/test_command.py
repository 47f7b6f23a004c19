import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from sophia_infra.cli import moving_arguments, terminal
from sophia_infra.dns import importers
from sophia_infra.version import VERSION
from tests.cli.conftest import CLEAN, SCHEMAS, Sophia, Write, spawn

VERBS = [
    ("zone", "lint"),
    ("zone", "spf"),
    ("zone", "diff"),
    ("zone", "import"),
    ("zone", "compare"),
    ("audit", "verify"),
]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example_and_its_exit_codes(sophia: Sophia, verb: tuple[str, str]) -> None:
    ran = sophia(*verb, "--help")
    assert ran.code == 0
    assert f"examples:\n  sophia {' '.join(verb)}" in ran.out.replace("| sophia", "sophia") or "| sophia" in ran.out
    assert "exit codes: 0 " in ran.out


@pytest.mark.parametrize("verb", VERBS)
def test_the_reference_describes_every_option(sophia: Sophia, verb: tuple[str, str]) -> None:
    reference = (SCHEMAS.parent / "cli.md").read_text()
    options = {word.strip("[],.") for word in sophia(*verb, "--help").out.split() if word.strip("[").startswith("--")}
    assert {option for option in options if option not in reference} <= {"--help"}


@pytest.mark.parametrize(
    "arguments", [(), ("zone",), ("zone", "polish"), ("zone", "lint"), ("zone", "lint", "x", "--jsn")]
)
def test_wrong_usage_exits_with_2_and_prints_nothing_on_stdout(sophia: Sophia, arguments: tuple[str, ...]) -> None:
    ran = sophia(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("usage: sophia")


def test_the_version_is_printed() -> None:
    ran = spawn("--version")
    assert (ran.code, ran.out) == (0, f"sophia {VERSION}\n")


@pytest.mark.parametrize("arguments", [("--version",), ("zone", "lint", "-", "--origin", "shop.example")])
def test_the_command_never_imports_pulumi(arguments: tuple[str, ...]) -> None:
    code = (
        "import sys; from sophia_infra.cli import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "heavy = {'pulumi', 'grpc', 'anthropic', 'cryptography', 'sqlite3', 'requests'} & set(sys.modules)\n"
        "sys.stderr.write(','.join(sorted(heavy)))"
    )
    path = os.pathsep.join(filter(None, sys.path))
    ran = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        input=CLEAN.encode(),
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert ran.stderr == b""
    assert ran.stdout


def test_a_reader_that_goes_away_ends_the_command_quietly(write: Write) -> None:
    many = CLEAN + "".join(f"h{number} A 192.0.2.1\n" for number in range(5000))
    old, new = write("old.zone", CLEAN), write("new.zone", many)
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(
        [sys.executable, "-m", "sophia_infra", "zone", "diff", old, new, "--origin", "shop.example", "--all"],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    os.close(writer)
    assert run.returncode == 141
    assert run.stderr == b""


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colours_are_for_terminals_that_want_them(write: Write, environment: dict[str, str], coloured: bool) -> None:
    zone = write("shop.zone", CLEAN + "bad A 1.2.3\n")
    screen, terminal = pty.openpty()
    run = subprocess.run(
        [sys.executable, "-m", "sophia_infra", "zone", "lint", zone, "--origin", "shop.example"],
        stdout=terminal,
        check=False,
        env={
            **os.environ,
            "NO_COLOR": "",
            "TERM": "xterm",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            **environment,
        },
    )
    os.close(terminal)
    shown = os.read(screen, 65536)
    os.close(screen)
    assert run.returncode == 1
    assert (b"\x1b[31m" in shown) is coloured


def test_there_are_no_colours_in_a_pipe(write: Write) -> None:
    ran = spawn("zone", "lint", write("shop.zone", CLEAN + "bad A 1.2.3\n"), "--origin", "shop.example", TERM="xterm")
    assert ran.code == 1
    assert "\x1b" not in ran.out


def test_a_locale_without_unicode_breaks_no_output(write: Write) -> None:
    zone = write("bücher.zone", CLEAN + "bad A 1.2.3\n")
    ran = spawn("zone", "lint", zone, "--origin", "shop.example", PYTHONIOENCODING="ascii")
    assert ran.code == 1
    assert "b\\xfccher.zone:12" in ran.out


def test_what_is_printed_stays_on_its_line_and_moves_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.say("one\n\x1b[2J")
    terminal.complain("two\x1b[31m\nthree\x07")
    assert capsys.readouterr() == ("one\\u000a\\u001b[2J\n", "sophia: two\\u001b[31m\nthree\\u0007\n")


def test_every_importer_can_be_named() -> None:
    assert sorted(moving_arguments.SOURCES) == sorted(importers.SOURCES)


@pytest.mark.parametrize("schema", sorted(SCHEMAS.glob("*.json")), ids=lambda path: path.name)
def test_every_schema_is_a_schema(schema: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schema.read_text()))
