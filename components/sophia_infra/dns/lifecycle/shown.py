"""What a model is shown of a zone's change: the record sets that change, and what in the zone needs them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sophia_infra.changes import subject_of
from sophia_infra.dns.desired.desired import World
from sophia_infra.dns.exposure.graph import Graph
from sophia_infra.dns.lifecycle.plan import ZonePlan
from sophia_infra.dns.rr.record import without

MOST = 20
LINES = 10
"""How many sets are shown, those first that weigh most, and how many lines of each."""


def sets_shown(world: World, planned: ZonePlan) -> Sequence[Mapping[str, Any]]:
    """Return the sets that change: `subject`, the lines `before` and `after`, and the sets that it is `needed_by`.

    No set is among them whose value came from another resource, now or before.
    """
    hidden = {*world.spec.late.subjects, *world.state.late.subjects}
    before, after = (_by_subject(without(text, hidden)) for text in (world.live.text, planned.shown))
    changed = [subject for subject in {**before, **after} if before.get(subject) != after.get(subject)]
    ranks = {subject_of(reason): rank for rank, reason in enumerate(planned.changes.reasons)}
    changed.sort(key=lambda subject: (ranks.get(subject, len(ranks)), subject))
    graph = Graph(without(planned.shown, hidden), world.spec.domain)
    return [
        {
            "subject": subject,
            "before": before.get(subject, [])[:LINES],
            "after": after.get(subject, [])[:LINES],
            "needed_by": graph.users(subject.partition(" ")[0]),
        }
        for subject in changed[:MOST]
    ]


def _by_subject(text: str) -> dict[str, list[str]]:
    """The lines of each record set; the SOA, whose serial changes with every apply, is none."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in text.splitlines():
        owner, _, rtype, _ = line.split(" ", 3)
        if rtype != "SOA":
            found[f"{owner} {rtype}"].append(line)
    return found
