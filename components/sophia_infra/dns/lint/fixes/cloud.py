"""Aliases to cloud services that have ended."""

from sophia_infra.dns.lint.fixes.fix import fix
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.zone.index import Zone


@fix("cloud-service-ended")
def drop_ended(zone: Zone, record: Record) -> Record | None:
    """Remove the alias, which leads nowhere, where no wildcard would answer in its place."""
    return None if zone.wildcard_over(record.owner) is None else record
