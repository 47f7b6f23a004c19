"""How changes, findings and edits are shown to a person."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from sophia_infra.advice.model import Edit, Finding, Verdict
from sophia_infra.changes import Changes, Violation
from sophia_infra.cli.terminal import BOLD, COLOURS, GREEN, RED, YELLOW, plain, print_json, say
from sophia_infra.dns.rr.record import owner_order

if TYPE_CHECKING:
    from sophia_infra.dns.exposure import SetChange
    from sophia_infra.dns.live.change import Applied, Outcome, Proposal

SHOWN_LINES = 40
SHOWN_RECORDS = 10
_COLOURS = {"+": GREEN, "-": RED, "~": YELLOW}
VERDICT_COLOURS = {Verdict.APPROVE: GREEN, Verdict.CAUTION: YELLOW, Verdict.BLOCK: RED}

Line = tuple[str, str]
"""A sign, indented where the line belongs to the one above it, and a text."""


def show_sets(changes: "Sequence[SetChange]", *, show_all: bool) -> None:
    """Print the record sets that change, in canonical order: the first ones, or all."""
    from sophia_infra.dns.exposure import joined  # findings are shown without it

    shown = 0
    ordered = sorted(joined(changes), key=lambda change: (owner_order(change.owner), change.type))
    together = [list(group) for _, group in groupby(ordered, key=_switched_together)]
    for index, group in enumerate(together):
        lines = list(_lines(group)) if show_all else _bounded(list(_lines(group)))
        shown += len(lines)
        if shown > SHOWN_LINES and not show_all:
            say(f"and {sum(map(len, together[index:]))} more record sets; --all shows them")
            return
        for sign, text in lines:
            say(f"{sign} {text}", _COLOURS[sign.strip()])


def _switched_together(change: "SetChange") -> tuple[str, str]:
    """The key of a group of sets. Where a name becomes a CNAME, its A and its AAAA go at once."""
    return change.owner, "" if change.becomes else change.type


def _lines(group: "list[SetChange]") -> Iterator[Line]:
    change = group[0]
    if change.becomes:
        yield "~", f"{change.owner} {', '.join(gone.type for gone in group)} becomes {change.becomes}"
        yield from (("  -", f"{ttl} {gone.type} {rdata}") for gone in group for rdata, ttl in gone.old.items())
        yield from (("  +", f"{ttl} {change.becomes} {rdata}") for rdata, ttl in change.new.items())
        return
    if change.operation == "update":
        yield "~", change.subject
        yield from (("  -", f"{ttl} {rdata}") for rdata, ttl in change.old.items() if change.new.get(rdata) != ttl)
        yield from (("  +", f"{ttl} {rdata}") for rdata, ttl in change.new.items() if change.old.get(rdata) != ttl)
        return
    sign, records = ("+", change.new) if change.operation == "create" else ("-", change.old)
    for rdata, ttl in records.items():
        yield sign, f"{change.owner} {ttl} {change.type} {rdata}"


def _bounded(lines: list[Line]) -> list[Line]:
    left = len(lines) - SHOWN_RECORDS
    return [*lines[:SHOWN_RECORDS], ("~", f"and {left} more records of this set")] if left > 1 else lines


def show_sum(changes: Changes, verdict: Verdict, violations: Sequence[Violation]) -> None:
    """Print what a change comes to: counts, exposure with its reasons, verdict, and the limits it goes beyond."""
    if not changes:
        say("no changes")
        return
    counts = f"{changes.creates} to create, {changes.updates} to update, {changes.deletes} to delete"
    say(f"{counts}; {changes.before} -> {changes.after} record sets", BOLD)
    say(f"exposure: {changes.exposure}")
    for reason in changes.reasons:
        say(f"  {reason}")
    say(f"verdict: {verdict}", VERDICT_COLOURS[verdict])
    for violation in violations:
        say(f"  {violation.limit}: {violation}")
    if violations and all(options := list(dict.fromkeys(map(_option, violations)))):
        say(f"if it is meant: {' '.join(options)}")


def plain_violations(violations: Sequence[Violation]) -> list[Mapping[str, str]]:
    """Return violations as JSON values, each with its way out."""
    return [
        {
            "limit": violation.limit,
            "value": violation.value,
            "allowed": violation.allowed,
            "message": f"{violation}; if it is meant: {option}" if (option := _option(violation)) else str(violation),
        }
        for violation in violations
    ]


def _option(violation: Violation) -> str:
    """The option that accepts what goes beyond a limit; empty where none does."""
    limit, equals, value = violation.accept.partition("=")
    if not limit:
        return ""
    if not equals and not limit.endswith(" ANY"):
        return f"--allow '{limit}'"
    return f"--{violation.limit.replace('_', '-')} {value or violation.value}"


def show_proposal(proposal: "Proposal", *, show_all: bool) -> None:
    """Print what a change by hand would do."""
    from sophia_infra.dns.exposure import changed_sets
    from sophia_infra.dns.serial import with_serial

    show_sets(changed_sets(with_serial(proposal.live.text, 0), with_serial(proposal.desired, 0)), show_all=show_all)
    for finding in proposal.findings:
        show_finding(finding, "new ")
    show_sum(proposal.changes, proposal.verdict, proposal.violations)


def show_outcome(proposal: "Proposal", outcome: "Outcome", applied: "Applied | None") -> None:
    """Print what came of a change by hand, and how to undo it."""
    from sophia_infra.dns.backends.backup import options as restoring
    from sophia_infra.dns.live.change import Outcome

    if applied:
        say(f"{proposal.domain} is changed", GREEN)
        if applied.backup:
            undo = f"sophia dns restore {proposal.domain} {applied.backup}{restoring(proposal.live)}"
            say(f"to undo it: {undo}, with the same backend")
    elif outcome in (Outcome.REFUSED, Outcome.DECLINED):
        say("nothing was changed", RED)


def print_proposal(proposal: "Proposal", outcome: "Outcome", applied: "Applied | None") -> None:
    """Print the JSON object that tells of a change by hand."""
    print_json(
        zone=proposal.domain,
        outcome=str(outcome),
        changes=proposal.changes.as_inputs(),
        verdict=str(proposal.verdict),
        violations=plain_violations(proposal.violations),
        findings=plain(proposal.findings),
        serial=applied.serial if applied else proposal.live.serial,
        backup=str(applied.backup) if applied and applied.backup else None,
    )


def show_finding(finding: Finding, before: str = "") -> None:
    """Print a finding with its fix on one line."""
    say(f"{before}{finding}", COLOURS[finding.level])


def show_edits(edits: Sequence[Edit]) -> None:
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
