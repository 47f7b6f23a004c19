"""Times to live: sets that disagree, and values that hurt."""

from collections.abc import Iterator

from sophia_infra.dns.lint.fix import Change, fix_set
from sophia_infra.dns.lint.rule import WARNING, Problem, rule
from sophia_infra.dns.zone.index import Zone

_WEEK, _MINUTE = 604_800, 60
_STEADY = ("NS", "DS", "DNSKEY", "SOA", "MX")
_DAY, _HOUR = 86_400, 3_600


@rule("ttl-too-long", WARNING)
def ttl_too_long(zone: Zone) -> Iterator[Problem]:
    """RFC 8767 section 4 advises resolvers to cap TTLs at a week; until then a mistake sticks."""
    seen: set[str] = set()
    for record in zone.records:
        if record.ttl > _WEEK and record.subject not in seen:
            seen.add(record.subject)
            why = f"With a TTL of {record.ttl} s, a mistake in this record lasts for {record.ttl // 86_400} days."
            yield Problem(record.subject, why, "Use a day or less.")


@fix_set("ttl-too-long")
def shorten(zone: Zone, owner: str, rtype: str) -> Change:
    """Let nobody keep a set for more than a day."""
    records = tuple(zone.at(owner, rtype))
    return Change(records, tuple(record._replace(ttl=min(record.ttl, _DAY)) for record in records))


@rule("ttl-too-short", WARNING)
def ttl_too_short(zone: Zone) -> Iterator[Problem]:
    """RFC 1912 section 2.2: delegations, keys and mail servers change rarely, and every query pays for a short TTL."""
    for rtype in _STEADY:
        short = (record for record in zone.of(rtype) if record.ttl < _MINUTE)
        for subject, ttl in {record.subject: record.ttl for record in short}.items():
            why = f"With a TTL of {ttl} s, resolvers ask for the {rtype} of this name all the time."
            yield Problem(subject, why, "Use an hour or more.")


@fix_set("ttl-too-short")
def lengthen(zone: Zone, owner: str, rtype: str) -> Change:
    """Let resolvers keep a set that the zone hangs on for an hour."""
    records = tuple(zone.at(owner, rtype))
    return Change(records, tuple(record._replace(ttl=max(record.ttl, _HOUR)) for record in records))
