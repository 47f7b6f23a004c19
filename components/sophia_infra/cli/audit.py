"""`sophia audit verify`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sophia_infra.cli import options
from sophia_infra.cli.command import Group, Parsed
from sophia_infra.cli.terminal import GREEN, RED, print_json, say

if TYPE_CHECKING:
    from sophia_infra.journal import Head


def _head(text: str) -> "Head":
    from sophia_infra.journal import Head

    return Head.parse(text)


@click.group(cls=Group)
def audit() -> None:
    """The journal of advice and applies."""


@audit.command()
@click.option(
    "--journal",
    type=click.Path(readable=False),
    metavar="PATH",
    help="The journal's file or folder; default $SOPHIA_HOME, else .sophia of the Pulumi project here.",
)
@click.option(
    "--head", type=Parsed(_head), metavar="ROW:HASH", help="A head noted earlier, which must be in the chain."
)
@options.as_json
def verify(journal: str | None, head: "Head | None", as_json: bool) -> int:
    """Prove the journal's chain.

    exit codes: 0 whole, 1 broken, 2 no journal or not readable

    examples:
      sophia audit verify
      sophia audit verify --journal /var/lib/infra/.sophia --json
      sophia audit verify --head 42:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    """
    from sophia_infra.journal import Journal

    is_file = journal is not None and not Path(journal).is_dir()
    opened = Journal.at(Path(journal).absolute()) if journal and is_file else Journal.open(journal)
    found = opened.verify(*([head] if head else []))
    if as_json:
        print_json(
            journal=str(opened.name),
            ok=found.ok,
            rows=found.rows,
            first_bad=found.first_bad,
            why=found.why,
            head=str(found.head),
        )
    elif found.ok:
        say(f"{opened.name}: whole, {found.rows} rows", GREEN)
        say(f"head {found.head}")
    else:
        say(f"{opened.name}: broken, {found.why}", RED)
        say(f"{found.rows} rows before that are whole")
    return int(not found.ok)
