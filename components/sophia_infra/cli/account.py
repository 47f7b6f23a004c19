"""`sophia cert account`: the ACME accounts of a stack, as its state and their CAs have them."""

from typing import TYPE_CHECKING

import click

from sophia_infra.cli import options
from sophia_infra.cli.command import Command
from sophia_infra.cli.state import of_stack
from sophia_infra.cli.terminal import GREEN, RED, agreed, say, tell

if TYPE_CHECKING:
    from sophia_infra.cli.certificates.accounts import Account


@click.command(cls=Command)
@of_stack("--show-secrets")
@click.option("--deactivate", metavar="DIRECTORY", help="Deactivate the account there, for good; it asks before.")
@options.yes
@options.as_json
def account(state: tuple[str, str], deactivate: str | None, yes: bool, as_json: bool) -> int:
    """The ACME accounts of a stack: directory, contact and status, as their CAs say. Nothing is changed there, unless
    one is to be deactivated: it orders and revokes nothing any more, and its certificates stay valid.

    A CA tells it to who has the account's key: the state is read with its secrets, and none of them is printed.

    exit codes: 0 all are valid or not registered yet, or it is deactivated; 1 one is not or can't be asked, or it was
    not agreed to; 2 no state to read, no such account, or the CA refuses

    examples:
      sophia cert account
      sophia cert account --stack prod --json
      sophia cert account --deactivate letsencrypt --yes
      pulumi stack export --show-secrets | sophia cert account --state -
    """
    from sophia_infra.cli.certificates import accounts

    known = accounts.read(*state)
    if deactivate:
        its = accounts.at(known, deactivate)
        question = f"Deactivate the account at {its.inputs['directory']}? It orders nothing any more, for good."
        is_agreed = yes or agreed(question, "there is no terminal to ask on; say --yes to do so from a script")
        found = [(accounts.deactivate if is_agreed else accounts.account)(its)]
        is_well = is_agreed
    else:
        found = [accounts.account(each) for each in known]
        is_well = all(map(_is_good, found))
    tell("accounts", found, _show, "the state has no ACME account", as_json=as_json)
    return int(not is_well)


def _is_good(found: "Account") -> bool:
    from sophia_infra.cli.certificates.accounts import UNREGISTERED

    return found.status in ("valid", UNREGISTERED)


def _show(found: "Account") -> None:
    colour = GREEN if _is_good(found) else RED
    say(f"{found.directory}  {found.status or f'not known: {found.unknown}'}", colour)
    say(f"  contact {', '.join(found.contact) or 'none'}, in the program {found.email or 'none'}")
    say(f"  account {found.uri or 'none'}, public key {found.public_key_sha256}")
