"""`sophia zone diff`."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby

from sophia_infra.advice.model import Verdict
from sophia_infra.changes import Changes, Exposure, Limits, Violation
from sophia_infra.cli.sources import STDIN, UsageError, read_zone
from sophia_infra.cli.terminal import BOLD, GREEN, RED, YELLOW, print_json, say
from sophia_infra.dns.exposure import SetChange, between, changed_sets, joined
from sophia_infra.dns.reader import ZoneTextError
from sophia_infra.dns.rr.owner import owner_order
from sophia_infra.dns.rr.record import to_text

SHOWN_LINES = 40
SHOWN_RECORDS = 10
_COLOURS = {"+": GREEN, "-": RED, "~": YELLOW}
_VERDICT_COLOURS = {Verdict.APPROVE: GREEN, Verdict.CAUTION: YELLOW, Verdict.BLOCK: RED}

Line = tuple[str, str]
"""A sign, indented where the line belongs to the one above it, and a text."""


def run(old: str, new: str, origin: str, limits: Limits, *, as_json: bool, show_all: bool) -> int:
    """Print what NEW changes in OLD. Return 1 when that is beyond the limits, else 0.

    Raises:
        ZoneTextError: one of the files holds something that a name server refuses.
        UsageError: both are to come from standard input.
    """
    if old == new == STDIN:
        raise UsageError("only one of OLD and NEW can be -, for standard input is read once")
    base, desired = canonical_zone(old, origin), canonical_zone(new, origin)
    changes = between(base, desired, origin=origin, previous=base)
    violations = limits.judge(changes)
    judged = verdict(changes, violations)
    if as_json:
        listed = [asdict(violation) for violation in violations]
        print_json(changes=changes.as_inputs(), verdict=str(judged), violations=listed)
    else:
        show_sets(changed_sets(base, desired), show_all=show_all)
        show_sum(changes, judged, violations)
    return int(bool(violations))


def verdict(changes: Changes, violations: Sequence[Violation]) -> Verdict:
    """Return block beyond a limit, caution at high exposure within the limits, approve otherwise."""
    if violations:
        return Verdict.BLOCK
    return Verdict.CAUTION if changes.exposure >= Exposure.HIGH else Verdict.APPROVE


def canonical_zone(file: str, origin: str) -> str:
    """Return a master file as canonical text. Raises ZoneTextError where a name server would refuse it."""
    reading = read_zone(file, origin)
    if reading.problems or not reading.readable:
        raise ZoneTextError(reading.problems)
    return to_text(reading.records)


def show_sets(changes: list[SetChange], *, show_all: bool) -> None:
    """Print the record sets that change, in canonical order: the first ones, or all."""
    shown = 0
    ordered = sorted(joined(changes), key=lambda one: (owner_order(one.owner), one.type))
    together = [list(group) for _, group in groupby(ordered, key=_as_one)]
    for index, group in enumerate(together):
        lines = list(_lines(group)) if show_all else _bounded(list(_lines(group)))
        shown += len(lines)
        if shown > SHOWN_LINES and not show_all:
            say(f"and {sum(map(len, together[index:]))} more record sets; --all shows them")
            return
        for sign, text in lines:
            say(f"{sign} {text}", _COLOURS[sign.strip()])


def _as_one(change: SetChange) -> tuple[str, str]:
    """What tells sets apart: of a name that changes its type, addresses of both families go at once."""
    return change.owner, "" if change.becomes else change.type


def _lines(group: list[SetChange]) -> Iterator[Line]:
    change = group[0]
    if change.becomes:
        yield "~", f"{change.owner} {', '.join(one.type for one in group)} becomes {change.becomes}"
        yield from (("  -", f"{ttl} {one.type} {rdata}") for one in group for rdata, ttl in one.old.items())
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


def show_sum(changes: Changes, judged: Verdict, violations: Sequence[Violation]) -> None:
    """Print what a change comes to: counts, exposure with its reasons, verdict, and the limits it goes beyond."""
    if not changes:
        say("no changes")
        return
    counts = f"{changes.creates} to create, {changes.updates} to update, {changes.deletes} to delete"
    say(f"{counts}; {changes.before} -> {changes.after} record sets", BOLD)
    say(f"exposure: {changes.exposure}")
    for reason in changes.reasons:
        say(f"  {reason}")
    say(f"verdict: {judged}", _VERDICT_COLOURS[judged])
    for violation in violations:
        say(f"  {violation.limit}: {violation}")
