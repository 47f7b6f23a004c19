"""`sophia advice list|show|approve|withdraw|raise|export|import`: what was advised, and what people said to it."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sophia_infra.cli import options
from sophia_infra.cli.command import Group
from sophia_infra.cli.options import COUNT, FILE
from sophia_infra.cli.terminal import GREEN, RED, agreed, print_json, say
from sophia_infra.journal.seal import KEY

if TYPE_CHECKING:
    from sophia_infra.advice.approval import Approval
    from sophia_infra.advice.model import Advice, Edit
    from sophia_infra.journal import Journal

ID_SHOWN = 12
MOST_LISTED = 1000

_id = click.argument("beginning", metavar="ID")


@click.group(cls=Group)
def advice() -> None:
    """Look at advice, and approve the edits it proposes."""


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
    from sophia_infra.advice.approval import proposed
    from sophia_infra.advice.model import Advice, Request

    found = [(row.time.isoformat(), row.row) for row in journal.newest(Advice, MOST_LISTED)]
    if as_json:
        print_json(advice=[{"time": time, **known.to_body()} for time, known in found])
        return 0
    for time, known in found:
        waiting = len(proposed(known))
        edits = f", {waiting} proposed {'edit' if waiting == 1 else 'edits'}" if waiting else ""
        request = journal.last(Request, known.id, foreign=True)
        about = f"{request.row.kind} {request.row.subject}  " if request else ""
        say(f"{known.id[:ID_SHOWN]}  {time[:19]}  {about}{known.verdict}: {known.summary}{edits}")
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


@advice.command()
@_id
@click.option("--only", metavar="SUBJECT", multiple=True, help="Only the edits of this record set; may be repeated.")
@click.option("--days", type=COUNT, metavar="N", help="How long the approval holds, 1 to 90 (default 7).")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.journal
@options.as_json
def approve(
    beginning: str, only: tuple[str, ...], days: int | None, yes: bool, journal: "Journal", as_json: bool
) -> int:
    """Approve edits, which the next preview then applies. ID is the beginning of the advice's id.

    exit codes: 0 approved, 1 not agreed to, 2 no such advice or edit

    examples:
      sophia advice approve 9f0c12
      sophia advice approve 9f0c12 --only '@ MX' --days 1
    """
    from sophia_infra.advice import approval
    from sophia_infra.cli.show import show_edits

    found = approval.find(journal, beginning)
    edits = _chosen(found, only)
    if not as_json:
        show_edits(edits)
    question = f"Approve {len(edits)} {'edit' if len(edits) == 1 else 'edits'} for the next `pulumi up`?"
    if not yes and not agreed(question, "there is no terminal to ask on; say --yes to approve from a script"):
        say("not approved; nothing was recorded", RED)
        return 1
    given = approval.approve(journal, found, edits, approval.DAYS if days is None else days)
    _report(found, given, as_json=as_json)
    return 0


@advice.command()
@_id
@options.journal
@options.as_json
def withdraw(beginning: str, journal: "Journal", as_json: bool) -> int:
    """Take an approval back, for edits that no apply has carried out yet. ID is the beginning of the advice's id.

    exit codes: 0 done, 2 no such advice, or the journal is not readable

    examples:
      sophia advice withdraw 9f0c12
    """
    from sophia_infra.advice import approval

    found = approval.find(journal, beginning)
    _report(found, approval.withdraw(journal, found), as_json=as_json)
    return 0


@advice.command("raise")
@click.argument("stack", metavar="[STACK]", default="")
@options.journal
@options.as_json
def raise_(stack: str, journal: "Journal", as_json: bool) -> int:
    """Let a stack go by its level of autonomy again, after what that level granted had failed and lowered it.

    STACK is project/stack; it may be left out where one stack alone goes by a lower level.

    exit codes: 0 raised, 2 no such stack goes by a lower level, or the journal is not readable

    examples:
      sophia advice raise
      sophia advice raise shop/prod
    """
    from sophia_infra.advice import approval, autonomy

    by = approval.user()
    name, was = autonomy.lift(journal, stack, by)
    if as_json:
        print_json(stack=name, was=str(was.level), why=was.why, by=by)
    else:
        say(f"{name} went by {was.level} ({was.why}); raised by {by}, its settings count again", GREEN)
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
def export(key: str | None, journal: "Journal") -> int:
    """The newest advice and approvals, to travel beside a saved plan; signed with the key that both machines share.

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


def _chosen(found: "Advice", only: Sequence[str]) -> "list[Edit]":
    from sophia_infra.advice.approval import ApprovalError, proposed

    waiting = proposed(found)
    strange = set(only) - {edit.subject for edit in waiting}
    if strange or not waiting:
        what = f"for {min(strange)!r}" if strange else "at all"
        shown = found.id[:ID_SHOWN]
        told = f"advice {shown} proposes no edit {what}; see: sophia advice show {shown}"
        raise ApprovalError(told, code="not-proposed", subject=min(strange, default=""))
    return [edit for edit in waiting if not only or edit.subject in only]


def _report(found: "Advice", approval: "Approval", *, as_json: bool) -> None:
    until = approval.until.isoformat(timespec="seconds") if approval.until else ""
    if as_json:
        print_json(advice=found.id, edits=len(approval.edits) if until else 0, until=until, by=approval.by)
    elif until:
        held = "the next preview shows it applied, unless the zone or the program moves"
        say(f"approved by {approval.by} until {until}: {held}", GREEN)
    else:
        say("withdrawn: nothing of this advice is approved any more", GREEN)
