"""What finds out that something is not as it should be: a file for each, pure over what was observed."""

from collections.abc import Callable, Iterator

from sophia_infra.agent.loop.detected import Detected
from sophia_infra.agent.loop.detectors import advised, drift, expiry, pools, secret_age
from sophia_infra.agent.loop.observing import Observed

DETECTORS: tuple[Callable[[Observed], Iterator[Detected]], ...] = (
    drift.detect,
    expiry.detect,
    advised.detect,
    pools.detect,
    secret_age.detect,
)
"""All of them."""
