"""SOA: the names in it, and its timers."""

from sophia_infra.dns.lint.fixes.fix import fix
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.zone.index import Zone

_EXPIRY, _ABSENCE = 1_209_600, 3_600
"""Two weeks and an hour, as docs/rules.md advises (RFC 1912 section 2.2, RFC 2308 section 5)."""
_TRIES = 4
"""How often secondaries try again until they would have asked anyway."""


@fix("soa-mailbox", "soa-name-lacks-dot")
def mend_soa_names(zone: Zone, record: Record) -> Record:
    """End the names in an SOA with their dot, and write the mailbox without an at sign."""
    primary, mailbox, rest = record.rdata.split(" ", 2)
    names = (_without_origin(zone, name.replace("\\@", ".", 1)) for name in (primary, mailbox))
    return record._replace(rdata=" ".join((*names, rest)))


def _without_origin(zone: Zone, name: str) -> str:
    owner = zone.relative(name)
    return name if owner is None or not zone.repeats_origin(owner) else f"{owner}."


@fix("soa-timers")
def expire_later(zone: Zone, record: Record) -> Record:
    """Let secondaries try again sooner than they ask, and serve the zone for two weeks without their primary."""
    start, *times, minimum = record.rdata.rsplit(" ", 4)
    refresh, retry, expire = map(int, times)
    retry = retry if retry <= refresh else refresh // _TRIES
    expire = expire if expire > refresh + retry else _EXPIRY
    return record._replace(rdata=f"{start} {refresh} {retry} {expire} {minimum}")


@fix("soa-negative-ttl")
def forget_absence(zone: Zone, record: Record) -> Record:
    """Let resolvers remember absence for an hour."""
    return record._replace(rdata=f"{record.rdata.rpartition(' ')[0]} {_ABSENCE}")
