import json
import os
import pty
import re
import shlex
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from sophia_infra.cli import sophia as command
from sophia_infra.cli import terminal
from sophia_infra.cli.command import Group
from sophia_infra.cli.completion import SHELLS
from sophia_infra.dns import importers
from sophia_infra.version import VERSION
from tests.cli.conftest import CLEAN, SCHEMAS, Sophia, Write, spawn

SUBCOMMANDS: list[tuple[str, ...]] = [
    ("init",),
    ("doctor",),
    ("completion",),
    *(
        (name, subcommand)
        for name, group in command.commands.items()
        if isinstance(group, Group)
        for subcommand in group.commands
    ),
]


@pytest.mark.parametrize("path", SUBCOMMANDS)
def test_every_subcommand_has_help_with_an_example_and_its_exit_codes(sophia: Sophia, path: tuple[str, ...]) -> None:
    ran = sophia(*path, "--help")
    assert ran.code == 0
    _, _, examples = ran.out.partition("\nexamples:\n")
    assert any(f"sophia {' '.join(path)}" in line for line in examples.splitlines())
    assert "exit codes: 0 " in ran.out


@pytest.mark.parametrize("path", SUBCOMMANDS)
def test_the_reference_describes_every_option(sophia: Sophia, path: tuple[str, ...]) -> None:
    reference = (SCHEMAS.parent / "cli.md").read_text()
    options = set(re.findall(r"--[a-z-]+", sophia(*path, "--help").out))
    assert {option for option in options if option not in reference} <= {"--help"}


@pytest.mark.parametrize(
    "arguments", [(), ("zone",), ("zone", "polish"), ("zone", "lint"), ("zone", "lint", "x", "--jsn")]
)
def test_wrong_usage_exits_with_2_and_prints_nothing_on_stdout(sophia: Sophia, arguments: tuple[str, ...]) -> None:
    ran = sophia(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("usage: sophia")


def test_an_error_of_usage_is_one_line_after_the_usage(sophia: Sophia) -> None:
    ran = sophia("zone", "lint", "x", "--jsn")
    assert ran.err == "usage: sophia zone lint [OPTIONS] FILE\nsophia: No such option '--jsn'. Did you mean '--json'?\n"


def test_an_option_is_never_guessed_from_its_beginning(sophia: Sophia, write: Write) -> None:
    assert sophia("zone", "lint", write("shop.zone", CLEAN), "--orig", "shop.example").code == 2


def test_an_interrupted_command_exits_with_130(sophia: Sophia, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sophia_infra.cli.sources.read_zone", interrupted)
    assert sophia("zone", "lint", "x", "--origin", "shop.example").code == 130


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("doktor",), "No such command 'doktor'. Did you mean 'doctor'?"),
        (("zone", "lnt"), "No such command 'lnt'. Did you mean 'lint'?"),
        (("dns", "backpu"), "No such command 'backpu'. Did you mean 'backup'?"),
        (("polish",), "No such command 'polish'."),
        (("completion", "tcsh"), "Invalid value for '{bash|zsh|fish}': 'tcsh' is not one of 'bash', 'zsh', 'fish'."),
    ],
)
def test_a_misspelt_command_is_told_with_what_was_meant(sophia: Sophia, arguments: tuple[str, ...], told: str) -> None:
    ran = sophia(*arguments)
    assert (ran.code, ran.err.splitlines()[-1]) == (2, f"sophia: {told}")


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_gets_its_completion(sophia: Sophia, shell: str) -> None:
    ran = sophia("completion", shell)
    assert ran.code == 0
    assert f"_SOPHIA_COMPLETE={shell}_complete" in ran.out


def test_bash_completes_subcommands_options_and_formats(tmp_path: Path) -> None:
    program = tmp_path / "sophia"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m sophia_infra "$@"\n')
    program.chmod(0o755)
    asked = (("zone", "l"), ("dns", "add", "--dr"), ("zone", "import", "--from", "octo"), ("doc",), ("completion", ""))
    script = 'eval "$(sophia completion bash)"; complete -p sophia >/dev/null || exit 1\n' + "".join(
        f"COMP_WORDS=(sophia {shlex.join(words)}) COMP_CWORD={len(words)} COMPREPLY=(); "
        'eval "$(complete -p sophia | sed "s/.*-F \\([^ ]*\\).*/\\1/") sophia"; echo "${COMPREPLY[*]}"\n'
        for words in asked
    )
    path = os.pathsep.join(filter(None, sys.path))
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": path}
    ran = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, check=True, text=True, env=environment)
    assert ran.stdout.splitlines() == ["lint", "--dry-run", "octodns", "doctor", "bash zsh fish"]


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


def test_every_importer_can_be_named(sophia: Sophia) -> None:
    assert f"--from [{'|'.join(importers.SOURCES)}]" in sophia("zone", "import", "--help").out
    assert sophia("zone", "import", "x", "--from", "bind9").code == 2


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        (("zone", "lint", "-"), "usage", "--origin"),
        (("zone", "lint", "bad.zone", "--origin", "shop.example"), "zone-text", ""),
        (("advice", "import", "nowhere.json"), "os-error", ""),
        (("dns", "list", "shop.example", "--backend", "file", "--setting", "colour=red"), "backend", "backend.colour"),
        (("audit", "verify", "--journal", "none.db"), "no-journal", ""),
    ],
)
def test_json_says_which_failure_it_was_and_what_to_mend(
    sophia: Sophia, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: str, field: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.zone").write_text("@ TXT ( never\n")
    ran = sophia(*arguments, "--json")
    error = ran.json("error")["error"]
    assert (ran.code, error["code"], error["field"]) == (2, code, field)
    assert error["message"] in ran.err


@pytest.mark.parametrize("schema", sorted(SCHEMAS.glob("*.json")), ids=lambda path: path.name)
def test_every_schema_is_a_schema(schema: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schema.read_text()))
