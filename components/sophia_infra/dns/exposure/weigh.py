"""How much hangs on a changed record set, and on the change as a whole; docs/exposure.md has the table."""

from collections.abc import Iterable, Iterator, Sequence

from sophia_infra.changes.model import Exposure, Reason, Weight
from sophia_infra.changes.subjects import covers
from sophia_infra.dns.exposure.concerns import CONCERNS
from sophia_infra.dns.exposure.graph import Graph
from sophia_infra.dns.exposure.retention import DAY, ttl_alone
from sophia_infra.dns.exposure.sets import SetChange

SHRINK_FLOOR = 10


def weigh(change: SetChange, graph: Graph) -> Reason:
    """Return the weightiest reason that any concern gives for a changed set, in the zone as it will be."""
    exposure, why = ttl_alone(change, graph) if change.ttl_only else _worst(change, graph)
    return Reason(exposure, change.subject, change.operation, why)


def _worst(change: SetChange, graph: Graph) -> Weight:
    found = [weight for concern in CONCERNS if (weight := concern(change, graph))]
    ordinary = Exposure.LOW, f"{len(change.old)} -> {len(change.new)} records"
    exposure, why = max(found, key=lambda weight: weight[0], default=ordinary)
    stays = max(change.new.values(), default=0)
    if stays > DAY and exposure < Exposure.HIGH:
        return Exposure(exposure + 1), f"{why}; a mistake stays in caches for {stays // 3600} hours"
    return exposure, why


def weigh_source(before: int, after: int) -> Iterator[Reason]:
    """Yield what it means that the source lost record sets since it was last applied, over ten and over a quarter."""
    lost = before - after
    if lost > SHRINK_FLOOR and lost * 4 > before:
        exposure = Exposure.CRITICAL if lost * 2 > before else Exposure.HIGH
        yield Reason(exposure, "@ ANY", "shrink", f"the source shrank from {before} to {after} record sets")


def weigh_protected(changes: Iterable[SetChange], protect: Sequence[str]) -> Iterator[Reason]:
    """Yield what would be deleted though the program says never to.

    A name whose type changes still leads somewhere: only a pattern with the old type protects it against that.
    """
    patterns = {"delete": protect, "replace": [pattern for pattern in protect if " " in pattern.strip()]}
    for change in changes:
        if any(covers(pattern, change.subject) for pattern in patterns.get(change.operation, ())):
            why = "protected: the program says never to delete it"
            yield Reason(Exposure.CRITICAL, change.subject, change.operation, why)
