"""`sophia audit list|show|prune|accept|verify`: the journal, row by row and as a whole."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sophia_infra.cli import options
from sophia_infra.cli.command import Group, Parsed
from sophia_infra.cli.options import COUNT, FILE
from sophia_infra.cli.terminal import GREEN, RED, YELLOW, UsageError, agreed, print_json, say

if TYPE_CHECKING:
    from sophia_infra.journal import Entry, Head, Journal
    from sophia_infra.journal.archive import Archive
    from sophia_infra.journal.pruning import Pruning

MOST = 50


def _head(text: str) -> "Head":
    from sophia_infra.journal import Head

    return Head.parse(text)


def _before(text: str) -> datetime:
    """The time of `180d`, counted back from now, or of a date in UTC."""
    from sophia_infra import clock

    if age := re.fullmatch(r"([0-9]{1,5})d", text):
        return clock.now() - timedelta(days=int(age[1]))
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a date such as 2026-01-31, or an age such as 180d") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _archives(files: Iterable[str]) -> "list[Archive]":
    from sophia_infra.journal.archive import Archive

    return [Archive.read(Path(file)) for file in files]


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
        foreign = "" if entry.ours else "  (not of this machine)"
        say(f"{entry.sequence}  {entry.time[:19]}  {entry.kind}  {entry.key}  {about}".rstrip() + foreign)
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
    foreign = "" if entry.ours else "  (not of this machine)"
    say(f"{entry.sequence}  {entry.time}  {entry.kind}  {entry.key}{foreign}")
    for line in json.dumps(entry.value, indent=2, sort_keys=True).splitlines():
        say(line)
    return 0


@audit.command()
@click.option(
    "--before",
    type=Parsed(_before),
    required=True,
    metavar="DATE|AGE",
    help="What is older moves: a date such as 2026-01-31, or an age such as 180d (30d at least).",
)
@click.option("--to", type=click.Path(), metavar="FILE", help="The archive that the rows move into.")
@click.option("--dry-run", is_flag=True, help="Say what would move, and change nothing.")
@options.yes
@options.journal
@options.as_json
def prune(before: datetime, to: str | None, dry_run: bool, yes: bool, journal: "Journal", as_json: bool) -> int:
    """Move old rows into an archive. What questions are still answered from stays, whatever its age.

    exit codes: 0 moved, or nothing to move, 1 not agreed to, 2 refused, or not readable or writable

    examples:
      sophia audit prune --before 365d --dry-run
      sophia audit prune --before 2026-01-01 --to journal-2025.jsonl
    """
    from sophia_infra.advice.approval import user
    from sophia_infra.journal import pruning

    if not to and not dry_run:
        raise UsageError("say where the rows go, --to FILE, or --dry-run", field="--to")
    found = pruning.plan(journal.storage, before)
    if not as_json:
        say(_planned(found, before))
    if found and to and not dry_run:
        question = f"Move them from {journal.name} to {to}?"
        if not yes and not agreed(question, "there is no terminal to ask on; say --yes to prune from a script"):
            say("not pruned; nothing was changed", RED)
            return 1
        pruning.carry_out(journal.storage, found, Path(to), user())
        if not as_json:
            say(f"moved to {to}; the chain goes on after {found.ends}", GREEN)
    if as_json:
        counts = {"rows": found.rows if found else 0, "staying": len(found.staying) if found else 0}
        ends = {"begins": str(found.cut.head), "ends": str(found.ends)} if found else {"begins": "", "ends": ""}
        print_json(
            journal=journal.name, before=before.isoformat(), **counts, **ends, pruned=bool(found and not dry_run)
        )
    return 0


def _planned(found: "Pruning | None", before: datetime) -> str:
    if found is None:
        return f"no row is older than {before:%Y-%m-%d}; nothing to move"
    rows = f"rows {found.cut.head.sequence + 1} to {found.ends.sequence}, of {found.since[:10]} to {found.until[:10]}"
    return f"{rows}: they move to the archive; {len(found.staying)} stay here too, since answers rest on them"


@audit.command()
@options.yes
@options.journal
@options.as_json
def accept(yes: bool, journal: "Journal", as_json: bool) -> int:
    """Take on the rows of a journal's file that were not written on this machine, once you know where it comes from.

    Until then they let nothing through: see docs/journal.md. The chain is proved first.

    exit codes: 0 accepted, or nothing to accept, 1 not agreed to, 2 broken, or not readable or writable

    examples:
      sophia audit accept
      sophia audit accept --journal restored/.sophia --yes
    """
    from collections import Counter

    from sophia_infra.advice.approval import user

    last, kinds = None, Counter[str]()
    for entry in journal.storage.foreign():
        last, kinds[entry.kind] = entry.head, kinds[entry.kind] + 1
    if not as_json:
        counted = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        say(f"{kinds.total()} rows were not written on this machine: {counted}" if last else "no row is another's")
    if last:
        question = "Take them on? Their approvals hold then, and what they say of who wrote a zone."
        if not yes and not agreed(question, "there is no terminal to ask on; say --yes to accept from a script"):
            say("not accepted; nothing was changed", RED)
            return 1
        journal.accept(last, user())
        if not as_json:
            say(f"accepted, up to row {last.sequence}", GREEN)
    if as_json:
        print_json(journal=journal.name, rows=kinds.total(), kinds=dict(kinds), head=str(last or ""))
    return 0


@audit.command()
@options.journal
@options.as_json
def rekey(journal: "Journal", as_json: bool) -> int:
    """Seal the rows of a journal's file with today's key, where they have a seal by another one that is known here.

    After a change of SOPHIA_ADVICE_KEY, give the former one as SOPHIA_ADVICE_KEY_OLD. What counts for nothing stays so.

    exit codes: 0 done, or nothing to do, 2 not readable or writable, or a key is too short

    examples:
      SOPHIA_ADVICE_KEY_OLD=... sophia audit rekey
    """
    from sophia_infra.advice.approval import user

    rows = journal.rekey(user())
    if as_json:
        print_json(journal=journal.name, rows=rows)
        return 0
    say(f"{rows} rows are sealed by today's key now" if rows else "all that counts here is sealed by today's key")
    return 0


@audit.command()
@options.journal
@click.option(
    "--head", type=Parsed(_head), metavar="ROW:HASH", help="A head noted earlier, which must be in the chain."
)
@click.option(
    "--archive", "archives", type=FILE, metavar="FILE", multiple=True, help="What a prune moved away; may be repeated."
)
@options.as_json
def verify(journal: "Journal", head: "Head | None", archives: tuple[str, ...], as_json: bool) -> int:
    """Prove the journal's chain. That of a pruned journal begins where the prune ended, or with the archives.

    exit codes: 0 whole, 1 broken, 2 no journal or not readable

    examples:
      sophia audit verify
      sophia audit verify --journal /var/lib/infra/.sophia --json
      sophia audit verify --head 42:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
      sophia audit verify --archive journal-2024.jsonl --archive journal-2025.jsonl
    """
    found = journal.verify(*([head] if head else []), archives=_archives(archives))
    if as_json:
        remarks = [*found.remarks, *found.foreign]
        told = {"ok": found.ok, "rows": found.rows, "first_bad": found.first_bad, "why": found.why}
        ends = {"begins": str(found.begins), "head": str(found.head)}
        print_json(journal=journal.name, **told, **ends, remarks=remarks)
    elif found.ok:
        say(f"{journal.name}: whole, {found.rows} rows", GREEN)
        for remark in (*found.remarks, *found.foreign):
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
        "ours": entry.ours,
    }
