"""`sophia agent plan`: a change of declared files is previewed and proposed."""

import json
import shlex
from typing import TYPE_CHECKING

import click

from sophia_infra.cli.agent.opened import DONE, REFUSED, RunCommand, of_agent
from sophia_infra.cli.agent.view import show, show_plan
from sophia_infra.cli.command import Parsed
from sophia_infra.cli.options import FILE
from sophia_infra.cli.terminal import UsageError, complain

if TYPE_CHECKING:
    from sophia_infra.agent.operations import Operation
    from sophia_infra.agent.sophia import SophiaInfrastructureAgent as Agent


def _command(text: str) -> str:
    """A command as it was given, which a shell could split; ValueError where none could."""
    shlex.split(text)
    return text


@click.command(cls=RunCommand)
@click.argument("text", metavar="[TEXT]", default="")
@click.option("--operations", "file", type=FILE, metavar="FILE", help="Operations as JSON, and no TEXT; - is stdin.")
@click.option(
    "--check",
    "checks",
    metavar="CHECK",
    multiple=True,
    type=Parsed(_command),
    help="A command that must pass, or a URL that must answer: [STATUS=]URL; may be repeated.",
)
@of_agent
def plan(text: str, file: str | None, checks: tuple[str, ...], agent: "Agent", as_json: bool) -> int:
    """Preview the ways to do what TEXT asks for, or the operations of FILE, in copies of the project. Nothing else is
    written. Of TEXT there are one to three strategies, best first; of FILE one run.

    exit codes: 0 proposed, 1 refused, stopped by a limit, a policy or an error, or nothing would change, 2 not readable

    examples:
      sophia agent plan "move mail of shop.example to Google Workspace" --stack prod
      sophia agent plan --operations change.json
      sophia agent plan --operations - --stack prod --check https://www.shop.example/health
    """
    from sophia_infra.agent.execution import plan as propose

    if bool(text) == bool(file):
        raise UsageError("give TEXT, or --operations FILE", field="TEXT")
    try:
        if not file:
            show_plan(agent, agent.plan(text, checks)[0].plan, as_json=as_json)
            return DONE
        run = propose(agent, _operations(file), checks)
    except KeyboardInterrupt:
        complain("interrupted; nothing is asked for, and a preview that was begun ends by itself and changes nothing")
        raise
    show(run, as_json=as_json, with_diff=True)
    return DONE if run.row.may_go else REFUSED


def _operations(file: str) -> "list[Operation]":
    from sophia_infra.agent.operations import Operation
    from sophia_infra.cli.sources import name_of, read_text

    try:
        found = json.loads(read_text(file))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name_of(file)} is no JSON: {error}", field="--operations") from None
    given = found.get("operations", found) if isinstance(found, dict) else found
    if not isinstance(given, list) or not given:
        raise UsageError(f"{name_of(file)} holds no list of operations", field="--operations")
    return [Operation.from_body(body) for body in given]
