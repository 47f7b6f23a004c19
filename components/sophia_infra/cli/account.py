"""`sophia cert account`: the ACME accounts of a stack, as its state and their CAs have them."""

from typing import TYPE_CHECKING

import click

from sophia_infra.cli import options
from sophia_infra.cli.command import Command
from sophia_infra.cli.state import of_stack
from sophia_infra.cli.terminal import GREEN, RED, say, tell

if TYPE_CHECKING:
    from sophia_infra.cli.certificates.accounts import Account


@click.command(cls=Command)
@of_stack("--show-secrets")
@options.as_json
def account(state: tuple[str, str], as_json: bool) -> int:
    """The ACME accounts of a stack: directory, contact and status, as their CAs say. Nothing is changed there.

    A CA tells it to who has the account's key: the state is read with its secrets, and none of them is printed.

    exit codes: 0 all are valid or not registered yet, 1 one is not or can't be asked, 2 no state to read

    examples:
      sophia cert account
      sophia cert account --stack prod --json
      pulumi stack export --show-secrets | sophia cert account --state -
    """
    from sophia_infra.cli.certificates.accounts import account as ask
    from sophia_infra.cli.certificates.accounts import read

    found = [ask(each) for each in read(*state)]
    tell("accounts", found, _show, "the state has no ACME account", as_json=as_json)
    return int(not all(map(_is_good, found)))


def _is_good(found: "Account") -> bool:
    from sophia_infra.cli.certificates.accounts import UNREGISTERED

    return found.status in ("valid", UNREGISTERED)


def _show(found: "Account") -> None:
    colour = GREEN if _is_good(found) else RED
    say(f"{found.directory}  {found.status or f'not known: {found.unknown}'}", colour)
    say(f"  contact {', '.join(found.contact) or 'none'}, in the program {found.email or 'none'}")
    say(f"  account {found.uri or 'none'}, public key {found.public_key_sha256}")
