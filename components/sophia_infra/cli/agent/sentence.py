"""`sophia agent understand`: what a sentence asks for."""

from typing import TYPE_CHECKING

import click

from sophia_infra.cli import options
from sophia_infra.cli.command import Command
from sophia_infra.cli.state import State, files_of, of_stack
from sophia_infra.cli.terminal import GREEN, YELLOW, print_json, say

if TYPE_CHECKING:
    from sophia_infra.agent.inventory import Inventory


@click.command(cls=Command)
@click.argument("text", metavar="TEXT")
@of_stack(selected=False)
@options.as_json
def understand(text: str, state: State | None, as_json: bool) -> int:
    """What a sentence asks for: to be told something, or operations on declared data. Nothing is done, and no model is
    asked. Without --state or --stack names are taken as they are written, in the zones that TEXT names.

    exit codes: 0 understood, 1 nothing that is clear and allowed, 2 the state is not readable

    examples:
      sophia agent understand "point www in shop.example at 192.0.2.5"
      sophia agent understand "which certificates expire in the next 30 days?" --stack prod
      pulumi stack export | sophia agent understand "delete old" --state - --json
    """
    from sophia_infra.agent.understanding import Kind, understand

    found = understand(text, _inventory(state) if state else None)
    if as_json:
        print_json(**found.to_body())
    else:
        colour = YELLOW if found.kind == Kind.NONE else GREEN
        say(f"{found.kind}  {found.intent}{': ' if found.subjects else ''}{', '.join(found.subjects)}", colour)
        for operation in found.operations:
            said = (f"{name}={value}" for name, value in operation.to_body().items() if name != "op")
            say(f"  {operation.op}  {'  '.join(said)}")
        say(f"  {found.why}")
    return int(found.kind == Kind.NONE)


def _inventory(state: State) -> "Inventory":
    from sophia_infra.agent.state_inventory import inventory_of
    from sophia_infra.esc import Files
    from sophia_infra.tls.of_state import resources_of

    found = resources_of(*state)
    stack = next((each.urn.partition("::")[0].rpartition(":")[2] for each in found), "")
    return inventory_of(found, Files().names(), files_of(stack).values)
