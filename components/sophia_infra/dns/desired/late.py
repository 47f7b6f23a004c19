"""The values that are known only at the apply, put into the zone. Pure."""

from dataclasses import replace

from sophia_infra.dns.desired.desired import Desired, World
from sophia_infra.dns.rr.record import merged, records_of


def with_late(desired: Desired, world: World) -> Desired:
    """Make `zone` of the text and the late values, less those that a staged switch holds back.

    A pending set MUST NOT be deleted for want of a value, so it stays as it is until the value is known.

    Raises:
        ZoneTextError: a value is no valid RDATA.
    """
    late = world.spec.late.without(desired.staged.held)
    records = [*late.records(world.spec.domain), *records_of(world.part.own, late.pending)]
    return replace(desired, zone=merged(desired.text, records), pending=(*desired.pending, *late.pending))
