"""The few lines that a preview shows of a zone."""

from collections.abc import Sequence

from sophia_infra.advice import report
from sophia_infra.advice.model import Advice, Edit
from sophia_infra.changes import Changes
from sophia_infra.dns.rr.record import Record

FOREIGN_SHOWN = 5
"""How many of the record sets that others manage are named."""


def tell(
    domain: str,
    changes: Changes,
    foreign: Sequence[Record],
    edits: Sequence[Edit],
    ended: Sequence[Edit],
    advice: Advice,
) -> None:
    """Tell what would change, what stays because it is somebody else's, what was approved, and what is advised.

    `ended` are the approved edits that held until now.
    """
    if changes:
        report.say_once(f"zone {domain}: {counted(changes)}")
    if foreign:
        report.say_once(f"zone {domain}: {_left_alone(foreign)}")
    if edits:
        listed = ", ".join(edit.subject for edit in edits)
        report.say_once(f"zone {domain}: approved edits stand in for what the program says: {listed}")
    if ended:
        listed = ", ".join(edit.subject for edit in ended)
        report.say_once(f"zone {domain}: edited no more, since what the edit was for has changed: {listed}")
    report.tell(f"zone {domain}", advice)


def counted(changes: Changes) -> str:
    """Return what a plan does in one line, with the reason that weighs most."""
    counts = {"create": changes.creates, "update": changes.updates, "delete": changes.deletes}
    parts = [f"{count} to {verb}" for verb, count in counts.items() if count]
    parts += [f"{len(changes.pending)} known at apply"] if changes.pending else []
    worst = f"; {changes.reasons[0]}" if changes.reasons else ""
    return f"{', '.join(parts)} of {changes.before} record sets, exposure {changes.exposure}{worst}"


def _left_alone(records: Sequence[Record]) -> str:
    subjects = list(dict.fromkeys(record.subject for record in records))
    named, more = ", ".join(subjects[:FOREIGN_SHOWN]), len(subjects) - FOREIGN_SHOWN
    listed = f"{named} and {more} more" if more > 0 else named
    return f"{len(subjects)} record sets are not this stack's and stay as they are: {listed}"
