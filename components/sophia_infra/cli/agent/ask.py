"""`sophia agent ask`: a question about the stack, answered."""

from typing import TYPE_CHECKING

import click

from sophia_infra.cli.agent.opened import DONE, REFUSED, of_agent
from sophia_infra.cli.command import Command
from sophia_infra.cli.terminal import print_json, say

if TYPE_CHECKING:
    from sophia_infra.agent.answers import Answer
    from sophia_infra.agent.sophia import SophiaInfrastructureAgent as Agent


@click.command(cls=Command)
@click.argument("text", metavar="TEXT")
@of_agent
def ask(text: str, agent: "Agent", as_json: bool) -> int:
    """Answer a question about the stack, from its state, its files and its journal. A change is not carried out, and no
    model is asked but the one that `sophia:understanding` names.

    exit codes: 0 answered, 1 it is no question that is understood, 2 the state, a file or the journal is not readable

    examples:
      sophia agent ask "what does www point to?"
      sophia agent ask "which certificates expire in the next 30 days?" --stack prod --json
    """
    from sophia_infra.agent.understanding import Kind

    asked = agent.understand(text)
    tell(agent.answer(asked), asked.kind, as_json)
    return DONE if asked.kind == Kind.READ else REFUSED


def tell(found: "Answer", kind: str, as_json: bool) -> None:
    """Print an answer."""
    if as_json:
        print_json(kind=kind, intent=found.intent, text=found.text, **found.data)
    else:
        for line in found.text.splitlines():
            say(line)
