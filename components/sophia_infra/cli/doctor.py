"""`sophia doctor`: whether this machine and this stack are fit for a run."""

from pathlib import Path

import click

from sophia_infra.cli import options
from sophia_infra.cli.command import Command
from sophia_infra.cli.terminal import GREEN, RED, YELLOW, plain, print_json, say

_COLOURS = {"ok": GREEN, "warning": YELLOW, "problem": RED}


@click.command(cls=Command)
@click.option("--stack", type=click.Path(readable=False), metavar="FILE", help="The stack's file: Pulumi.dev.yaml.")
@options.as_json
def doctor(stack: str | None, as_json: bool) -> int:
    """Whether this machine and a stack are fit for a run.

    exit codes: 0 no problem, 1 a problem, 2 wrong usage

    examples:
      sophia doctor
      sophia doctor --stack Pulumi.dev.yaml --json
    """
    from sophia_infra.doctor import Status, examine

    found = examine(Path(stack) if stack else None)
    ok = all(result.status != Status.PROBLEM for result in found)
    if as_json:
        print_json(ok=ok, checks=plain(found))
        return int(not ok)
    for result in found:
        mend = f"; to mend it: {result.way_out}" if result.way_out else ""
        say(f"{result.status}  {result.check}: {result.message}{mend}", _COLOURS[result.status])
    return int(not ok)
