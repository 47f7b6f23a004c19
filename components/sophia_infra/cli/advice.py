"""`sophia advice list|show|approve|withdraw`: the edits that advice proposes, and a person's word on them."""

import sys
from collections.abc import Sequence
from pathlib import Path

from sophia_infra.advice.approval import Approval, ApprovalError, approve, find, proposed, withdraw
from sophia_infra.advice.chain import Kind
from sophia_infra.advice.journal import Journal
from sophia_infra.advice.model import Advice, Edit
from sophia_infra.advice.travel import taken_in
from sophia_infra.cli.terminal import COLOURS, GREEN, RED, print_json, say

ID_SHOWN = 12


def list_(journal: Journal, *, as_json: bool) -> int:
    """Print the journaled advice, the newest first; return 0."""
    found = {entry.key: (entry.time, Advice.from_inputs(entry.value)) for entry in journal.newest(Kind.ADVICE)}
    if as_json:
        print_json(advice=[{"time": time, **advice.as_inputs()} for time, advice in found.values()])
        return 0
    for time, advice in found.values():
        waiting = len(proposed(advice))
        edits = f", {waiting} proposed {'edit' if waiting == 1 else 'edits'}" if waiting else ""
        say(f"{advice.id[:ID_SHOWN]}  {time[:19]}  {_about(journal, advice)}{advice.verdict}: {advice.summary}{edits}")
    return 0


def show(journal: Journal, beginning: str, *, as_json: bool) -> int:
    """Print one advice whole; return 0.

    Raises:
        ApprovalError: no advice, or more than one, has such an id.
    """
    advice = find(journal, beginning)
    if as_json:
        print_json(**advice.as_inputs())
        return 0
    say(f"{advice.id}  {advice.verdict}: {advice.summary}")
    for one in advice.findings:
        say(f"  {one.level} {one.code} {one.subject}: {one.message} -> {one.fix}", COLOURS[one.level])
    say_edits(advice.edits)
    return 0


def approve_(journal: Journal, beginning: str, only: Sequence[str], days: int, *, sure: bool, as_json: bool) -> int:
    """Approve the edits that an advice proposes, or those of some subjects; return 0, or 1 where nobody agreed.

    Raises:
        ApprovalError: there is no such advice, or it proposes no such edit.
    """
    advice = find(journal, beginning)
    edits = _chosen(advice, only)
    if not as_json:
        say_edits(edits)
    if not sure and not _agreed(len(edits)):
        say("not approved; nothing was recorded", RED)
        return 1
    _report(approve(journal, advice, edits, days), as_json=as_json)
    return 0


def withdraw_(journal: Journal, beginning: str, *, as_json: bool) -> int:
    """Take an approval back, for edits that no apply has carried out yet; return 0.

    Raises:
        ApprovalError: there is no such advice.
    """
    _report(withdraw(journal, find(journal, beginning)), as_json=as_json)
    return 0


def import_(journal: Journal, file: str, *, as_json: bool) -> int:
    """Take in what another machine exported; return 0.

    Raises:
        TravelError: it is no export; nothing was taken in.
    """
    text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8", errors="replace")
    added = taken_in(journal, text)
    if as_json:
        print_json(added=added)
    else:
        say(f"{added} rows taken into {journal.path}", GREEN)
    return 0


def _about(journal: Journal, advice: Advice) -> str:
    request = journal.find(Kind.REQUEST, advice.id)
    return f"{request.value['kind']} {request.value['subject']}  " if request else ""


def _chosen(advice: Advice, only: Sequence[str]) -> list[Edit]:
    waiting = proposed(advice)
    strange = set(only) - {edit.subject for edit in waiting}
    if strange or not waiting:
        what = f"for {min(strange)!r}" if strange else "at all"
        raise ApprovalError(
            f"advice {advice.id[:ID_SHOWN]} proposes no edit {what}; see: sophia advice show {advice.id[:ID_SHOWN]}"
        )
    return [edit for edit in waiting if not only or edit.subject in only]


def say_edits(edits: Sequence[Edit]) -> None:
    """Print edits, with the lines that each takes away and adds."""
    for edit in edits:
        say(f"  {edit.state} {edit.op} {edit.subject}: {edit.why}")
        for line in edit.asked:
            if line not in edit.lost:
                say(f"      {line}")
        for line in edit.lost:
            say(f"    - {line}", RED)
        for line in edit.new:
            say(f"    + {line}", GREEN)


def _agreed(count: int) -> bool:
    """Ask on the terminal. Without one there is nobody to ask, and silence is no approval."""
    if not sys.stdin.isatty():
        raise ApprovalError("there is no terminal to ask on; say --yes to approve from a script")
    print(f"Approve {count} {'edit' if count == 1 else 'edits'} for the next `pulumi up`? [y/N] ", end="", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _report(approval: Approval, *, as_json: bool) -> None:
    until = approval.until.isoformat(timespec="seconds") if approval.until else ""
    if as_json:
        print_json(advice=approval.advice, edits=len(approval.edits) if until else 0, until=until, by=approval.by)
    elif until:
        held = "the next preview shows it applied, unless the zone or the program moves"
        say(f"approved by {approval.by} until {until}: {held}", GREEN)
    else:
        say("withdrawn: nothing of this advice is approved any more", GREEN)
