"""What reaches the terminal: text without surprises, colours where they are wanted, JSON that says its version."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from sophia_infra.advice.model import Finding, Level
from sophia_infra.codec import encode
from sophia_infra.errors import SophiaError
from sophia_infra.reporter import printable

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from sophia_infra.dns.reader import Problem

_Told = TypeVar("_Told", bound="DataclassInstance")
JSON_VERSION = 1
OS_ERROR = "os-error"
"""The code of what the system refuses, such as a file that is not there."""
BROKEN_PIPE = 141  # what a shell reports for a program that SIGPIPE ended

RED, GREEN, YELLOW, BOLD = "31", "32", "33", "1"
COLOURS = {Level.ERROR: RED, Level.WARNING: YELLOW, Level.INFO: BOLD}


class UsageError(SophiaError):
    """Arguments that can't be used together. Other than click's error it is told by `--json` as well."""

    code = "usage"


def say(line: str, colour: str = "") -> None:
    """Print one line, with what could move a terminal escaped."""
    text = printable(line)
    print(f"\x1b[{colour}m{text}\x1b[0m" if colour and _coloured() else text)


def complain(text: str, usage: str = "") -> None:
    """Print a message to stderr, each of its lines made harmless, below how the command is used."""
    if usage:
        print(usage, file=sys.stderr)
    lines = "\n".join(map(printable, text.splitlines()))
    print(f"sophia: {lines}", file=sys.stderr)


def progress(line: str) -> None:
    """Say on a terminal what takes its time."""
    if sys.stderr.isatty():
        print(f"sophia: {printable(line)} ...", file=sys.stderr)


def agreed(question: str, nobody: str) -> bool:
    """Ask on the terminal; `nobody` is the error where there is none, for silence is no consent.

    Raises:
        UsageError: standard input is no terminal.
    """
    refuse_silence(nobody)
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def refuse_silence(nobody: str) -> None:
    """Raise UsageError, which says `nobody`, where standard input is no terminal."""
    if not sys.stdin.isatty():
        raise UsageError(nobody)


def print_json(**content: Any) -> None:
    """Print one versioned JSON object, ASCII only, so that no locale can break it."""
    print(json.dumps({"version": JSON_VERSION, **content}, indent=2))


def tell(key: str, found: Sequence[_Told], show: Callable[[_Told], None], nothing: str, *, as_json: bool) -> None:
    """Show each of some things that a command has found, or print them as one JSON object under `key`."""
    if as_json:
        print_json(**{key: plain(found)})
        return
    for each in found:
        show(each)
    if not found:
        say(nothing)


def print_error(error: Exception) -> None:
    """Print the JSON object that stands for a run that could not be finished."""
    code, field = (error.code, error.field) if isinstance(error, SophiaError) else (OS_ERROR, "")
    problems = map(finding, getattr(error, "problems", ()))
    print_json(error={"code": code, "field": field, "message": str(error), "problems": plain(problems)})


def plain(objects: "Iterable[DataclassInstance]") -> list[Mapping[str, Any]]:
    """Return findings or edits as JSON values."""
    return [encode(found) for found in objects]


def finding(problem: "Problem", level: Level = Level.ERROR) -> Finding:
    """Return a reader's problem as a finding: about its record set where that is known, else about its line."""
    place = f"{problem.file}:{problem.line}" if problem.line else problem.file
    message = f"{problem.field}: {problem.message}"
    if problem.subject:
        return Finding(problem.code, level, problem.subject, f"{place}: {message}", problem.fix)
    return Finding(problem.code, level, place, message, problem.fix)


def broken_pipe() -> int:
    """Settle the case of a reader (`head`) that went away, and return the exit code for it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE


def _coloured() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
