"""`sophia audit verify`."""

from typing import TYPE_CHECKING

import click

from sophia_infra.cli import options
from sophia_infra.cli.command import Group, Parsed
from sophia_infra.cli.terminal import GREEN, RED, print_json, say

if TYPE_CHECKING:
    from sophia_infra.journal import Head, Journal


def _head(text: str) -> "Head":
    from sophia_infra.journal import Head

    return Head.parse(text)


@click.group(cls=Group)
def audit() -> None:
    """The journal of advice and applies."""


@audit.command()
@options.journal
@click.option(
    "--head", type=Parsed(_head), metavar="ROW:HASH", help="A head noted earlier, which must be in the chain."
)
@options.as_json
def verify(journal: "Journal", head: "Head | None", as_json: bool) -> int:
    """Prove the journal's chain.

    exit codes: 0 whole, 1 broken, 2 no journal or not readable

    examples:
      sophia audit verify
      sophia audit verify --journal /var/lib/infra/.sophia --json
      sophia audit verify --head 42:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    """
    found = journal.verify(*([head] if head else []))
    if as_json:
        told = {"ok": found.ok, "rows": found.rows, "first_bad": found.first_bad, "why": found.why}
        print_json(journal=journal.name, **told, head=str(found.head))
    elif found.ok:
        say(f"{journal.name}: whole, {found.rows} rows", GREEN)
        say(f"head {found.head}")
    else:
        say(f"{journal.name}: broken, {found.why}", RED)
        say(f"{found.rows} rows before that are whole")
    return int(not found.ok)
