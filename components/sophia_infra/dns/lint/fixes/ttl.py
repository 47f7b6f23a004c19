"""Times to live: a set has one, so its records change together."""

from sophia_infra.dns.lint.fixes.fix import Change, fix_set
from sophia_infra.dns.lint.zone import Zone

_DAY = 86_400


@fix_set("ttl-too-long")
def shorten(zone: Zone, owner: str, kind: str) -> Change:
    """Let nobody keep a set for more than a day."""
    records = tuple(zone.at(owner, kind))
    return Change(records, tuple(record._replace(ttl=min(record.ttl, _DAY)) for record in records))
