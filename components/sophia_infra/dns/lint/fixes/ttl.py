"""Times to live: a set has one, so its records change together."""

from sophia_infra.dns.lint.fixes.fix import Change, fix_set
from sophia_infra.dns.zone.index import Zone

_DAY, _HOUR = 86_400, 3_600


@fix_set("ttl-too-long")
def shorten(zone: Zone, owner: str, kind: str) -> Change:
    """Let nobody keep a set for more than a day."""
    records = tuple(zone.at(owner, kind))
    return Change(records, tuple(record._replace(ttl=min(record.ttl, _DAY)) for record in records))


@fix_set("ttl-too-short")
def lengthen(zone: Zone, owner: str, kind: str) -> Change:
    """Let resolvers keep a set that the zone hangs on for an hour."""
    records = tuple(zone.at(owner, kind))
    return Change(records, tuple(record._replace(ttl=max(record.ttl, _HOUR)) for record in records))
