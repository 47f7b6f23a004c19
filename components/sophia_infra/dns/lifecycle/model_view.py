"""What a model is shown of a zone's change: the record sets that change, and what in the zone needs them."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sophia_infra.changes import subject_of
from sophia_infra.dns.desired.desired import World
from sophia_infra.dns.exposure import SetChange, changed_sets
from sophia_infra.dns.exposure.graph import Graph
from sophia_infra.dns.lifecycle.plan import ZonePlan
from sophia_infra.dns.rr.record import without

MOST = 20
LINES = 10
"""How many sets are shown, those first that weigh most, and how many lines of each."""


def sets_shown(world: World, planned: ZonePlan) -> Sequence[Mapping[str, Any]]:
    """Return the sets that change: `subject`, the lines `before` and `after`, and the sets that it is `needed_by`.

    No set is among them whose value came from another resource, now or before; nor is the SOA.
    """
    hidden = {*world.spec.late.subjects, *world.state.late.subjects}
    before, after = (without(text, hidden) for text in (world.live.text, planned.shown))
    changed = [change for change in changed_sets(before, after) if change.type != "SOA"]
    ranks = {subject_of(reason): rank for rank, reason in enumerate(planned.changes.reasons)}
    changed.sort(key=lambda change: (ranks.get(change.subject, len(ranks)), change.subject))
    graph = Graph(after, world.spec.domain)
    return [
        {
            "subject": change.subject,
            "before": list(islice(_lines(change, change.old), LINES)),
            "after": list(islice(_lines(change, change.new), LINES)),
            "needed_by": graph.users(change.owner),
        }
        for change in changed[:MOST]
    ]


def _lines(change: SetChange, values: Mapping[str, int]) -> Iterator[str]:
    return (f"{change.owner} {ttl} {change.type} {rdata}" for rdata, ttl in values.items())
