"""Delegations, and what stands at the apex."""

from sophia_infra.dns.lint.fixes.fix import fix
from sophia_infra.dns.lint.zone import Zone
from sophia_infra.dns.records import Record


@fix("ds-at-apex")
def drop(zone: Zone, record: Record) -> None:
    """Remove the record."""
    return
