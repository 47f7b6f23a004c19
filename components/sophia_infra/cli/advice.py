"""`sophia advice list|show|export|import`: what was advised, to look at and to carry elsewhere."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sophia_infra.cli import options
from sophia_infra.cli.command import Group
from sophia_infra.cli.options import FILE
from sophia_infra.cli.terminal import GREEN, print_json, say
from sophia_infra.journal.seal import KEY

if TYPE_CHECKING:
    from sophia_infra.journal import Journal

ID_SHOWN = 12
MOST_LISTED = 1000


@click.group(cls=Group)
def advice() -> None:
    """Look at advice, and approve or reject the edits it proposes."""


@advice.command("list")
@options.journal
@options.as_json
def list_(journal: "Journal", as_json: bool) -> int:
    """The newest 1,000 advices in the journal, newest first.

    exit codes: 0 done, 2 the journal is not readable

    examples:
      sophia advice list
      sophia advice list --json
    """
    from sophia_infra.advice.listed import listed
    from sophia_infra.advice.model import Advice

    found = journal.newest(Advice, MOST_LISTED)
    if as_json:
        print_json(advice=[{"time": each.time.isoformat(), **each.row.to_body()} for each in found])
        return 0
    for each in listed(journal, found):
        say(f"{each.advice.id[:ID_SHOWN]}  {each.time.isoformat()[:19]}  {each}")
    if len(found) == MOST_LISTED:
        say(f"only the newest {MOST_LISTED} are listed; older ones are found by id: sophia advice show ID")
    return 0


@advice.command()
@click.argument("beginning", metavar="[ID]", default="")
@options.journal
@options.as_json
def show(beginning: str, journal: "Journal", as_json: bool) -> int:
    """One advice with its findings and edits. ID is the beginning of its id; the newest is shown without one.

    exit codes: 0 done, 2 no such advice, or the journal is not readable

    examples:
      sophia advice show              the newest
      sophia advice show 9f0c12
    """
    from sophia_infra.advice.approval import find
    from sophia_infra.advice.model import Request
    from sophia_infra.cli.show import show_edits, show_finding

    found = find(journal, beginning)
    if as_json:
        print_json(**found.to_body())
        return 0
    say(f"{found.id}  {found.verdict}: {found.summary}")
    request = journal.last(Request, found.id, foreign=True)
    for reason in request.row.facts.get("reasons", ()) if request else ():
        say(f"  exposure: {reason}")
    for finding in found.findings:
        show_finding(finding, "  ")
    for kind, count in found.more.items():
        say(f"  and {count} more of {kind}: sophia lint FILE shows each")
    show_edits(found.edits)
    return 0


def _key(file: str | None) -> bytes:
    """The key that signs what travels: of a file, else of the environment, else none."""
    from sophia_infra.credentials import fetch

    given = Path(file).read_text(encoding="utf-8") if file else fetch(KEY, os.environ.get)
    return given.strip().encode()


_key_file = click.option(
    "--key", type=FILE, metavar="FILE", help=f"A file with the key that both machines share; default ${KEY}."
)


@advice.command()
@_key_file
@options.journal
@options.as_json
def export(key: str | None, journal: "Journal", as_json: bool) -> int:
    """The newest advice and approvals, to travel beside a saved plan; signed with the key that both machines share.

    It is JSON in any case; with --json a failure is told as JSON as well.

    exit codes: 0 done, 2 the journal is not readable

    examples:
      sophia advice export > advice.json        where the plan was saved
      sophia advice import advice.json          where it is applied
    """
    from sophia_infra.advice.travel import exported

    print(exported(journal, _key(key)))
    return 0


@advice.command("import")
@click.argument("file", type=FILE)
@_key_file
@options.journal
@options.as_json
def import_(file: str, key: str | None, journal: "Journal", as_json: bool) -> int:
    """Take in what another machine exported. FILE may be - for standard input.

    Approvals are taken in where the file is signed with the key. Advice of the rules is worked out again without it.

    exit codes: 0 taken in, 2 not an export, not signed with the key, or the journal can't be written

    examples:
      sophia advice export > advice.json        where the plan was saved
      sophia advice import advice.json          where it is applied
    """
    from sophia_infra.advice.travel import taken_in

    with click.open_file(file, encoding="utf-8", errors="replace") as stream:
        added = taken_in(journal, stream.read(), _key(key))
    if as_json:
        print_json(added=added)
    else:
        say(f"{added} rows taken into {journal.name}", GREEN)
    return 0
