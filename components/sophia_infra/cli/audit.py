"""`sophia audit list|show|verify`: the journal, row by row and as a whole."""

import json
from typing import TYPE_CHECKING

import click

from sophia_infra.cli import options
from sophia_infra.cli.command import Group, Parsed
from sophia_infra.cli.options import COUNT
from sophia_infra.cli.terminal import GREEN, RED, YELLOW, print_json, say

if TYPE_CHECKING:
    from sophia_infra.journal import Entry, Head, Journal

MOST = 50


def _head(text: str) -> "Head":
    from sophia_infra.journal import Head

    return Head.parse(text)


@click.group(cls=Group)
def audit() -> None:
    """The journal of advice and applies."""


@audit.command("list")
@click.option("--kind", metavar="KIND", help="Only rows of this kind, such as outcome; see docs/journal.md.")
@click.option("--key", metavar="KEY", help="Only rows of this key (a location, a fingerprint); needs --kind.")
@click.option("--most", type=COUNT, default=MOST, metavar="N", help=f"How many rows at the most (default {MOST}).")
@options.journal
@options.as_json
def list_(kind: str | None, key: str | None, most: int, journal: "Journal", as_json: bool) -> int:
    """The newest rows of the journal, newest first.

    exit codes: 0 done, 2 wrong usage, or the journal is not readable

    examples:
      sophia audit list
      sophia audit list --kind outcome --most 10
      sophia audit list --kind apply-intent --key /srv/zones/db.shop.example --json
    """
    found = journal.entries(kind, key, most)
    if as_json:
        print_json(journal=journal.name, rows=[_told(entry) for entry in found])
        return 0
    for entry in found:
        about = " ".join(str(entry.value[name]) for name in ("resource", "domain", "label") if entry.value.get(name))
        say(f"{entry.sequence}  {entry.time[:19]}  {entry.kind}  {entry.key}  {about}".rstrip())
    if len(found) == most:
        say(f"only the newest {most} are listed; more with --most")
    return 0


@audit.command()
@click.argument("sequence", metavar="ROW", type=COUNT)
@options.journal
@options.as_json
def show(sequence: int, journal: "Journal", as_json: bool) -> int:
    """One row of the journal, with its body.

    exit codes: 0 done, 2 no such row, or the journal is not readable

    examples:
      sophia audit show 42
      sophia audit show 42 --json
    """
    entry = journal.entry(sequence)
    if as_json:
        print_json(**_told(entry))
        return 0
    say(f"{entry.sequence}  {entry.time}  {entry.kind}  {entry.key}")
    for line in json.dumps(entry.value, indent=2, sort_keys=True).splitlines():
        say(line)
    return 0


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
        print_json(journal=journal.name, **told, head=str(found.head), remarks=list(found.remarks))
    elif found.ok:
        say(f"{journal.name}: whole, {found.rows} rows", GREEN)
        for remark in found.remarks:
            say(remark, YELLOW)
        say(f"head {found.head}")
    else:
        say(f"{journal.name}: broken, {found.why}", RED)
        say(f"{found.rows} rows before that are whole")
    return int(not found.ok)


def _told(entry: "Entry") -> dict[str, object]:
    return {
        "sequence": entry.sequence,
        "time": entry.time,
        "kind": entry.kind,
        "key": entry.key,
        "body": entry.value,
        "hash": entry.hash,
    }
