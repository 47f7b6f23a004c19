"""`sophia agent explain`: why something was decided."""

from typing import TYPE_CHECKING

import click

from sophia_infra.cli.agent.ask import tell
from sophia_infra.cli.agent.opened import DONE, REFUSED, of_agent
from sophia_infra.cli.command import Command

if TYPE_CHECKING:
    from sophia_infra.agent.sophia import SophiaInfrastructureAgent as Agent


@click.command(cls=Command)
@click.argument("what", metavar="ID")
@of_agent
def explain(what: str, agent: "Agent", as_json: bool) -> int:
    """Why something was decided: each step of a run, or what advice found. It is the answer that `explain ID` has in a
    chat.

    exit codes: 0 explained, 1 there is no such run or advice, 2 a file or the journal is not readable

    examples:
      sophia agent explain 7f3a09bc
      sophia agent explain 7f3a09bc --stack prod --json
    """
    from sophia_infra.agent.understanding import Kind, Understood

    why = f"no run and no advice of {agent.stack} is called {what}"
    found = agent.answer(Understood(Kind.READ, "agent.explain", (what,), why=why))
    tell(found, Kind.READ, as_json)
    return DONE if found.data["found"] else REFUSED
