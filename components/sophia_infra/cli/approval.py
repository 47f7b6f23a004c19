"""`sophia advice approve|reject|raise`: what people say to the edits of advice, and to a level that was lost."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sophia_infra.cli import options
from sophia_infra.cli.advice import ID_SHOWN
from sophia_infra.cli.command import Command
from sophia_infra.cli.options import COUNT, FILE
from sophia_infra.cli.terminal import GREEN, RED, UsageError, agreed, print_json, say
from sophia_infra.values import Value

if TYPE_CHECKING:
    from sophia_infra.advice.approval import Approval
    from sophia_infra.advice.model import Advice, Edit
    from sophia_infra.journal import Journal

_NOBODY = "there is no terminal to ask on; say --yes to approve from a script"


def _chosen(command: Callable[..., int]) -> Callable[..., int]:
    """Add what approving and rejecting have in common: which edits, and why."""
    only = "Only the edits of this record set; may be repeated."
    for option in (
        options.as_json,
        options.journal,
        click.option("--why", metavar="TEXT", default="", help="Why, for those who read the journal."),
        click.option("--only", metavar="SUBJECT", multiple=True, help=only),
        click.argument("beginning", metavar="ID"),
    ):
        command = option(command)
    return command


@click.command(cls=Command)
@_chosen
@click.option("--days", type=COUNT, metavar="N", help="How long the approval holds, 1 to 90 (default 7).")
@click.option("--until", metavar="TIME", help="When it ends: a day, or a time, in the next 90 days.")
@click.option("--file", type=FILE, metavar="FILE", help="Write it into a file of approvals, and not into the journal.")
@options.yes
def approve(
    beginning: str,
    only: tuple[str, ...],
    why: str,
    days: int | None,
    until: str | None,
    file: str | None,
    yes: bool,
    journal: "Journal",
    as_json: bool,
) -> int:
    """Approve edits, which the next preview then applies. ID is the beginning of the advice's id.

    exit codes: 0 approved, 1 not agreed to, 2 no such advice or edit

    examples:
      sophia advice approve 9f0c12
      sophia advice approve 9f0c12 --file approvals.yaml --why 'agreed with the mail team'
      sophia advice approve 9f0c12 --only '@ MX' --until 2026-12-01 --why 'agreed with the mail team'
    """
    from sophia_infra import clock
    from sophia_infra.advice import approval
    from sophia_infra.agent.execution.rows import AGENT
    from sophia_infra.changes import overrides
    from sophia_infra.cli.show import show_edits

    if file and not why:
        raise UsageError("--file is read by whoever reviews it; say why with --why TEXT", field="--why")
    if until and days is not None:
        raise UsageError("--days and --until both say when the approval ends; give one of them", field="--until")
    if days is not None and not 1 <= days <= approval.MOST_DAYS:
        told = f"--days is {days}; give 1 to {approval.MOST_DAYS}"
        raise UsageError(told, field="--days", value=days, limit=approval.MOST_DAYS)
    end = approval.ends(approval.DAYS if days is None else days)
    if until:
        end = overrides.until_of(Value("--until", until, approval.ApprovalError), clock.now())
    found = approval.find(journal, beginning)
    if found.advisor == AGENT and yes and not file:
        told = "--yes approves no run of the agent: a person says so on a terminal, or by a reviewed file (--file)"
        raise UsageError(told, field="--yes", subject=found.id)
    edits = _of(found, only)
    if not as_json:
        show_edits(edits)
    question = f"Approve {len(edits)} {'edit' if len(edits) == 1 else 'edits'} for the next `pulumi up`?"
    if not yes and not agreed(question, _NOBODY):
        say("not approved; nothing was recorded", RED)
        return 1
    if file:
        given = _into_file(file, journal, found, edits, end, _reason(why))
    else:
        given = approval.approve(journal, found, edits, end, _reason(why))
    _report(found, edits, given, file or "", as_json=as_json)
    return 0


@click.command(cls=Command)
@_chosen
def reject(beginning: str, only: tuple[str, ...], why: str, journal: "Journal", as_json: bool) -> int:
    """Say no to edits, approved before or not, until somebody approves them. What an apply has written stays.

    exit codes: 0 rejected, 2 no such advice or edit, or the journal can't be written

    examples:
      sophia advice reject 9f0c12 --why 'the old host stays'
      sophia advice reject 9f0c12 --only '@ MX'
    """
    from sophia_infra.advice import approval

    found = approval.find(journal, beginning)
    edits = _of(found, only)
    _report(found, edits, approval.reject(journal, found, edits, _reason(why)), "", as_json=as_json)
    return 0


@click.command("raise", cls=Command)
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


def _into_file(
    file: str, journal: "Journal", found: "Advice", edits: "Sequence[Edit]", end: datetime, why: str
) -> "Approval":
    """Add edits to a file of approvals, which holds once it is merged and the stack reads it."""
    from sophia_infra.advice import approval, approvals_file

    approval.refuse_unfit(journal, found, edits, end)
    request = approval.request_of(journal, found).row
    given = approval.approval_of(request, edits, end, why)
    approvals_file.append(Path(file), request, found, edits, given)
    return given


def _reason(why: str) -> str:
    from sophia_infra.advice.approval import ApprovalError
    from sophia_infra.changes.overrides import why_of

    return why_of(Value("--why", why, ApprovalError)) if why else ""


def _of(found: "Advice", only: Sequence[str]) -> "list[Edit]":
    """The edits that are chosen of those that an advice proposes."""
    from sophia_infra.advice.approval import ApprovalError, proposed

    waiting = proposed(found)
    strange = set(only) - {edit.subject for edit in waiting}
    if strange or not waiting:
        what = f"for {min(strange)!r}" if strange else "at all"
        shown = found.id[:ID_SHOWN]
        told = f"advice {shown} proposes no edit {what}; see: sophia advice show {shown}"
        raise ApprovalError(told, code="not-proposed", subject=min(strange, default=""))
    return [edit for edit in waiting if not only or edit.subject in only]


def _report(found: "Advice", edits: "Sequence[Edit]", said: "Approval", file: str, *, as_json: bool) -> None:
    until = said.until.isoformat(timespec="seconds") if said.until else ""
    if as_json:
        chosen = [{"subject": edit.subject, "digest": edit.digest} for edit in edits]
        print_json(
            advice=found.id,
            said="approved" if until else "rejected",
            edits=chosen,
            until=until,
            by=said.by,
            why=said.why,
            file=file,
        )
    elif file:
        holds = "where it is merged, and sophia:approvals of the stack names it"
        say(f"written into {file}: approved by {said.by} until {until}, {holds}", GREEN)
    elif until:
        held = "the next preview shows it applied, unless the zone or the program moves"
        say(f"approved by {said.by} until {until}: {held}", GREEN)
    else:
        say(f"rejected by {said.by}: {', '.join(edit.subject for edit in edits)}", GREEN)
