"""What a zone's inputs show beside `changes`: the records that come and go, and what in the zone needs a name. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sophia_infra.changes import Changes, subject_of
from sophia_infra.dns.exposure import SetChange, between, changed_sets, joined
from sophia_infra.dns.exposure.graph import Graph
from sophia_infra.report.model import Line

MOST = 400
"""So many lines of one diff are kept."""
_APEX = "@ SOA"

Users = Callable[[str], list[str]]
"""Returns what needs a name of the zone, as the zone will be."""


def sets(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[SetChange]:
    """Return the sets in which two texts differ.

    Of a first run there is no old text, and `details` has what changes; a secret text shows none.
    """
    before, after = _text(old), _text(new)
    if before is None or (after is None and new):
        return []
    return [change for change in joined(changed_sets(before, after or "")) if change.subject != _APEX or new]


def lines(sets: Sequence[SetChange], changes: Changes) -> tuple[Line, ...]:
    """Return the records of sets that come and go, the weightiest first."""
    ranks = {subject_of(reason): rank for rank, reason in enumerate(changes.reasons)}
    weighed = sorted(sets, key=lambda change: ranks.get(change.subject, len(ranks)))
    found = [line for change in weighed for line in _of_set(change)]
    left = len(found) - MOST
    return (*found[:MOST], Line("!", f"and {left} more lines")) if left > 0 else tuple(found)


def hidden(sets: Sequence[SetChange], new: Mapping[str, Any], changes: Changes) -> tuple[str, ...]:
    """Return what changes, or may change, and is not among the lines."""
    late, secret = changes.pending, new.get("late_secret") or ()
    found = [*(f"{subject} (not known yet)" for subject in late), *(f"{subject} (secret)" for subject in secret)]
    left = changes.creates + changes.updates + changes.deletes - len(sets)
    if sets and left > 0:
        found.append(f"{left} more record sets: of late values, or changed by others since the last apply")
    return tuple(found)


def users(inputs: Mapping[str, Any]) -> Users:
    """Return what answers who needs a name; where no text says it, nothing is known to."""
    text, domain = _text(inputs), inputs.get("domain")
    relied_on = inputs.get("relied_on")
    if text is None or not isinstance(domain, str):
        return lambda _owner: []
    outside = relied_on.items() if isinstance(relied_on, Mapping) else ()
    return Graph(text, domain, relied_on=outside).users


def gone(old: Mapping[str, Any]) -> Changes | None:
    """Weigh a zone that leaves the stack; None where it is none, or holds but a part of one.

    The records that come from other resources, and what a backend holds beside, are not in the inputs.
    """
    text, domain = _text(old), old.get("domain")
    if text is None or not isinstance(domain, str) or "manage" in old or "ignore" in old:
        return None
    return between(text, "", origin=domain)


def _text(inputs: Mapping[str, Any]) -> str | None:
    """The canonical zone text; None where there is none, and for what stands in its place where it is secret."""
    text = inputs.get("text")
    return text if isinstance(text, str) and text.endswith("\n") else None


def _of_set(change: SetChange) -> Iterator[Line]:
    becomes = change.becomes or change.type
    same = change.new if becomes == change.type else {}
    for rdata, ttl in change.old.items():
        if same.get(rdata) != ttl:
            yield Line("-", f"{change.owner} {ttl} {change.type} {rdata}")
    for rdata, ttl in change.new.items():
        if becomes != change.type or change.old.get(rdata) != ttl:
            yield Line("+", f"{change.owner} {ttl} {becomes} {rdata}")
