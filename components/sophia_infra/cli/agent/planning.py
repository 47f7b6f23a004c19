"""`sophia agent plan`: a change of declared files is previewed and proposed."""

import json
import shlex
from typing import TYPE_CHECKING

import click

from sophia_infra.cli.agent.opened import DONE, REFUSED, RunCommand, of_agent
from sophia_infra.cli.agent.telling import show
from sophia_infra.cli.command import Parsed
from sophia_infra.cli.options import FILE
from sophia_infra.cli.terminal import UsageError, progress

if TYPE_CHECKING:
    from sophia_infra.agent.operations import Operation
    from sophia_infra.agent.sophia import SophiaInfrastructureAgent as Agent


def _command(text: str) -> str:
    """A command as it was given, which a shell could split; ValueError where none could."""
    shlex.split(text)
    return text


@click.command(cls=RunCommand)
@click.option("--operations", "file", type=FILE, metavar="FILE", required=True, help="Operations as JSON; - is stdin.")
@click.option(
    "--check",
    "checks",
    metavar="CHECK",
    multiple=True,
    type=Parsed(_command),
    help="A command that must pass, or a URL that must answer: [STATUS=]URL; may be repeated.",
)
@of_agent
def plan(file: str, checks: tuple[str, ...], agent: "Agent", as_json: bool) -> int:
    """Preview a change of declared files in a copy of the project, and propose it. Nothing else is written.

    FILE holds a list of operations (docs/agent.md).

    exit codes: 0 proposed, 1 a limit, a policy or an error stops it, or nothing would change, 2 not readable

    examples:
      sophia agent plan --operations change.json
      sophia agent plan --operations - --stack prod --check https://www.shop.example/health
    """
    from sophia_infra.agent.execution import plan as propose

    run = propose(agent.runs, agent.places, agent.stack, _operations(file), checks, progress)
    show(run, as_json=as_json, with_diff=True)
    return REFUSED if run.row.standing in ("block", "stopped") else DONE


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
