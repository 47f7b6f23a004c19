"""Pool health: targets that do not answer their checks, as the preview's probes left them."""

from collections.abc import Iterator, Mapping

from sophia_infra.agent.loop.detected import Detected
from sophia_infra.agent.loop.observing import Observed


def detect(seen: Observed) -> Iterator[Detected]:
    """Yield each record set of a pool with targets that are down: people mend targets, and `up` publishes the rest."""
    for step in seen.steps:
        health = step.new.get("health")
        for subject, targets in health.items() if isinstance(health, Mapping) else ():
            down = sorted(target for target, standing in targets.items() if not standing.get("healthy"))
            if down:
                told = f"{len(down)} of {len(targets)} targets are down: {', '.join(down)}"
                about, way_out = f"pool {step.new.get('domain')} {subject}", "look at the targets"
                yield Detected("pools", about, told, way_out, " ".join(down))
