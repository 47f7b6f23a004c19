"""The records that pools publish. Pure; the world has asked their targets."""

from dataclasses import replace

from sophia_infra.dns.desired.desired import Desired, World
from sophia_infra.dns.rr.record import merged


def with_pools(desired: Desired, world: World) -> Desired:
    """Add the records that pools publish."""
    pools = world.pools
    return replace(desired, text=merged(desired.text, pools.records), pending=(*desired.pending, *pools.pending))
