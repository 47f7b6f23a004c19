"""Names in RDATA that gained or lost the origin."""

from sophia_infra.dns.lint.fixes.fix import fix
from sophia_infra.dns.lint.target import Target, retarget, target_of
from sophia_infra.dns.lint.zone import Zone
from sophia_infra.dns.records import Record


@fix("target-lacks-dot")
def add_dot(zone: Zone, record: Record) -> Record:
    """End a name that is complete with its dot."""
    name = target_of(record)
    if zone.target(name) is not Target.DOT_MISSING:
        return record
    return retarget(record, name.removesuffix(zone.absolute("@")))


@fix("target-excess-dot")
def remove_dot(zone: Zone, record: Record) -> Record:
    """Complete a bare label with the origin."""
    name = target_of(record)
    return retarget(record, name + zone.absolute("@")) if zone.target(name) is Target.DOT_EXTRA else record
