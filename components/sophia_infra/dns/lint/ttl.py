"""Times to live: sets that disagree, and values that hurt."""

from collections.abc import Iterator

from sophia_infra.dns.lint.rule import WARNING, Problem, rule
from sophia_infra.dns.zone.index import Zone

_WEEK, _MINUTE = 604_800, 60
_STEADY = ("NS", "DS", "DNSKEY", "SOA", "MX")


@rule("ttl-too-long", "A TTL of more than a week", WARNING)
def ttl_too_long(zone: Zone) -> Iterator[Problem]:
    """RFC 8767 section 4 advises resolvers to cap TTLs at a week; until then a mistake sticks."""
    seen: set[str] = set()
    for record in zone.records:
        if record.ttl > _WEEK and record.subject not in seen:
            seen.add(record.subject)
            why = f"With a TTL of {record.ttl} s, a mistake in this record lasts for {record.ttl // 86_400} days."
            yield Problem(record.subject, why, "Use a day or less.")


@rule("ttl-too-short", "A TTL under a minute where the zone hangs on it", WARNING)
def ttl_too_short(zone: Zone) -> Iterator[Problem]:
    """RFC 1912 section 2.2: delegations, keys and mail servers change rarely, and every query pays for a short TTL."""
    for kind in _STEADY:
        short = (record for record in zone.of(kind) if record.ttl < _MINUTE)
        for subject, ttl in {record.subject: record.ttl for record in short}.items():
            why = f"With a TTL of {ttl} s, resolvers ask for the {kind} of this name all the time."
            yield Problem(subject, why, "Use an hour or more.")
