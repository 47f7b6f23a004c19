"""How long data is kept: TTLs, the timers of the SOA; and the names in the SOA."""

from collections.abc import Iterator

from sophia_infra.dns.lint.rule import WARNING, Change, Problem, fix, fix_set, rule
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import quote
from sophia_infra.dns.zone.index import Zone

_EXPIRY, _TRIES = 1_209_600, 4
"""Two weeks (RFC 1912 section 2.2), and how often secondaries try again until they would have asked anyway."""
_MINUTE, _HOUR, _DAY, _WEEK = 60, 3_600, 86_400, 604_800
_STEADY = ("NS", "DS", "DNSKEY", "SOA", "MX")


@rule("soa-timers", WARNING)
def soa_timers(zone: Zone) -> Iterator[Problem]:
    """RFC 1912 section 2.2: secondaries must be able to miss refreshes before they drop the zone."""
    for record in zone.of("SOA"):
        _, _, _, *times = record.rdata.split(" ")
        refresh, retry, expire, _ = map(int, times)
        if expire <= refresh + retry:
            why = f"Secondaries drop the zone after {expire} s, before a second try ({refresh} + {retry} s)."
            yield Problem(record.subject, why, "Set the expiry to one to four weeks.")
        elif retry > refresh:
            why = f"Secondaries that failed wait longer ({retry} s) than those that did not ({refresh} s)."
            yield Problem(record.subject, why, "Set the retry to a part of the refresh.")


@fix("soa-timers")
def expire_later(zone: Zone, record: Record) -> Record:
    """Let secondaries try again sooner than they ask, and serve the zone for two weeks without their primary."""
    start, *times, minimum = record.rdata.rsplit(" ", 4)
    refresh, retry, expire = map(int, times)
    retry = retry if retry <= refresh else refresh // _TRIES
    expire = expire if expire > refresh + retry else _EXPIRY
    return record._replace(rdata=f"{start} {refresh} {retry} {expire} {minimum}")


@rule("soa-negative-ttl", WARNING)
def soa_negative_ttl(zone: Zone) -> Iterator[Problem]:
    """RFC 2308 section 5: one to three hours work well, more than a day is trouble."""
    for record in zone.of("SOA"):
        minimum = min(record.ttl, int(record.rdata.rpartition(" ")[2]))
        if minimum > _DAY:
            why = f"Whoever asks for a name too early will be told for {minimum} s that it does not exist."
            yield Problem(record.subject, why, "Set the SOA's last field (minimum) to an hour.")


@fix("soa-negative-ttl")
def forget_absence(zone: Zone, record: Record) -> Record:
    """Let resolvers remember absence for an hour."""
    return record._replace(rdata=f"{record.rdata.rpartition(' ')[0]} {_HOUR}")


@rule("soa-name-lacks-dot", WARNING)
def soa_name_lacks_dot(zone: Zone) -> Iterator[Problem]:
    """RFC 1035 section 5.1: a name without its dot has the origin appended. Updates go to the first one (RFC 2136)."""
    for record in zone.of("SOA"):
        for name in record.rdata.split(" ")[:2]:
            owner = zone.relative(name)
            if owner is not None and zone.repeats_origin(owner):
                why = f"The origin was appended to a name that is complete without it: {quote(name)}."
                yield Problem(record.subject, why, f"Write {quote(f'{owner}.')}, with a dot at its end.")


@rule("soa-mailbox", WARNING)
def soa_mailbox(zone: Zone) -> Iterator[Problem]:
    """RFC 1035 section 3.3.13: the first dot stands for the at sign, and one that is written is part of the name."""
    for record in zone.of("SOA"):
        mailbox = record.rdata.split(" ")[1]
        if "\\@" in mailbox:
            why = f"{quote(mailbox)} is read as a mailbox with two at signs, so nobody can write to it."
            yield Problem(record.subject, why, f"Write {quote(mailbox.replace(chr(92) + '@', '.', 1))}.")


@fix("soa-mailbox", "soa-name-lacks-dot")
def mend_soa_names(zone: Zone, record: Record) -> Record:
    """End the names in an SOA with their dot, and write the mailbox without an at sign."""
    *written, rest = record.rdata.split(" ", 2)
    names = [name.replace("\\@", ".", 1) for name in written]
    owners = ((name, zone.relative(name)) for name in names)
    whole = (f"{owner}." if owner and zone.repeats_origin(owner) else name for name, owner in owners)
    return record._replace(rdata=" ".join((*whole, rest)))


@rule("ttl-too-long", WARNING)
def ttl_too_long(zone: Zone) -> Iterator[Problem]:
    """RFC 8767 section 4 advises resolvers to cap TTLs at a week; until then a mistake sticks."""
    for subject, ttl in {record.subject: record.ttl for record in zone.records if record.ttl > _WEEK}.items():
        why = f"With a TTL of {ttl} s, a mistake in this record lasts for {ttl // _DAY} days."
        yield Problem(subject, why, "Use a day or less.")


@rule("ttl-too-short", WARNING)
def ttl_too_short(zone: Zone) -> Iterator[Problem]:
    """RFC 1912 section 2.2: delegations, keys and mail servers change rarely, and every query pays for a short TTL."""
    for rtype in _STEADY:
        short = (record for record in zone.of(rtype) if record.ttl < _MINUTE)
        for subject, ttl in {record.subject: record.ttl for record in short}.items():
            why = f"With a TTL of {ttl} s, resolvers ask for the {rtype} of this name all the time."
            yield Problem(subject, why, "Use an hour or more.")


@fix_set("ttl-too-long", "ttl-too-short")
def bound_ttl(zone: Zone, owner: str, rtype: str) -> Change:
    """Let nobody keep a set for more than a day, and resolvers keep one that the zone hangs on for an hour."""
    records = tuple(zone.at(owner, rtype))
    return Change(records, tuple(record._replace(ttl=min(max(record.ttl, _HOUR), _DAY)) for record in records))
