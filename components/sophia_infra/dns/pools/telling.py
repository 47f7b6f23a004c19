"""What a preview says of a pool: what is left out and why, and what is on its way out or back. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from sophia_infra.dns.pools.choose import Choice, Standing
from sophia_infra.dns.pools.pool import Pool, TargetSet

UNPROBED_SHOWN = 3


def lines(one: TargetSet, choice: Choice, standings: Mapping[str, Standing], told: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines on one record set of a pool; none where every target is healthy and passed its probe."""
    for target, standing in standings.items():
        if line := _of_target(target, standing, choice, one.pool, told.get(target)):
            yield f"pool {one.subject}: {line}"
    unprobed = [target for target in standings if target not in told]
    if unprobed:
        yield f"pool {one.subject}: {_listed(unprobed)} could not be probed in time and count as before"
    if choice.rank == 0:
        yield f"pool {one.subject}: no target is healthy, so nothing changes: {_listed(choice.published)}"
    elif choice.rank > 1:
        yield f"pool {one.subject}: group {choice.rank} of {len(one.groups)} is published: no better one is healthy"
    if choice.kept:
        yield f"pool {one.subject}: the floor of {one.pool.floor:g} keeps {_listed(choice.kept)} published"


def _of_target(target: str, standing: Standing, choice: Choice, pool: Pool, why: str | None) -> str:
    reason = f": {why}" if why else ""
    if standing.healthy:
        return f"{target} failed {standing.against} of {pool.fall} probes{reason}" if standing.against else ""
    deed = "is down" if target in choice.published else "is left out"
    if standing.against:
        return f"{target} {deed}; it passed {standing.against} of {pool.rise} probes"
    return f"{target} {deed}{reason}"


def _listed(targets: Sequence[str]) -> str:
    named, more = ", ".join(targets[:UNPROBED_SHOWN]), len(targets) - UNPROBED_SHOWN
    return f"{named} and {more} more" if more > 0 else named
