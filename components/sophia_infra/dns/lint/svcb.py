"""SVCB and HTTPS (RFC 9460): targets, modes and address hints."""

import re
from collections.abc import Iterator

from sophia_infra.dns.lint.addresses import is_usable
from sophia_infra.dns.lint.pointers import drop_lost
from sophia_infra.dns.lint.rule import ERROR, WARNING, Change, Problem, drop, fix, leave_out, rule
from sophia_infra.dns.lint.spelling import respelled
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.rtype import target_of
from sophia_infra.dns.rr.txt import quote
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.target import Target, resolve

_SVCB_TYPES = ("SVCB", "HTTPS")
_HINT = re.compile(r'ipv([46])hint="?([0-9a-fA-F.:,]+)"?')


@rule("svcb-target-missing", ERROR)
def svcb_target_missing(zone: Zone) -> Iterator[Problem]:
    """RFC 9460 section 2.4: clients connect to the target's addresses."""
    for record in _records(zone):
        if _leads_to_nothing(zone, record):
            name = quote(target_of(record))
            why = f"{name} has no address, so clients that follow the record fail."
            yield Problem(record.subject, why, f"Give {name} an address, or use `.` for this name.")


def _records(zone: Zone) -> Iterator[Record]:
    return (record for rtype in _SVCB_TYPES for record in zone.of(rtype))


def _leads_to_nothing(zone: Zone, record: Record) -> bool:
    """Whether clients that follow a record find no address and no other record to follow."""
    name = target_of(record)
    lost = resolve(zone, name) in {Target.MISSING, Target.EMPTY, Target.LITERAL}
    return lost and not any(answer.type in _SVCB_TYPES for answer in zone.answers_to(name))


@fix("svcb-target-missing")
def respell_or_drop(zone: Zone, record: Record) -> Record | Change:
    """Point at the host whose name is a letter away, or leave a record out without which clients find a host."""
    if not _leads_to_nothing(zone, record):
        return record
    name = target_of(record)
    return respelled(zone, record, name) or drop_lost(zone, record, _others(zone, record))


@rule("svcb-alias-loop", ERROR)
def svcb_alias_loop(zone: Zone) -> Iterator[Problem]:
    """RFC 9460 section 2.4.2: in alias mode the target must be another name; `.` says that there is no service."""
    for record in _records(zone):
        if _leads_to_itself(zone, record):
            why = "The alias leads to the name it stands at, so clients give up."
            yield Problem(record.subject, why, "Use priority 1 and the target `.`, or point at another name.")


def _leads_to_itself(zone: Zone, record: Record) -> bool:
    return record.rdata.startswith("0 ") and zone.relative(target_of(record)) == record.owner


@fix("svcb-alias-loop")
def drop_loop(zone: Zone, record: Record) -> Record | Change:
    """Leave an alias to itself out, where clients find a host without it."""
    others = _others(zone, record) if _leads_to_itself(zone, record) else []
    return drop(record, others) if others else record


def _others(zone: Zone, record: Record) -> list[Record]:
    """Return what clients take without a record: the others of its set or, for the web, the name's addresses."""
    siblings = zone.at(record.owner, record.type)
    others = [other for other in siblings if not _leads_to_nothing(zone, other) and not _leads_to_itself(zone, other)]
    if record.type == "HTTPS" and resolve(zone, zone.absolute(record.owner)) is Target.HOST:
        others += zone.at(record.owner, "A", "AAAA")
    return others


@rule("svcb-mode-mixed", WARNING)
def svcb_mode_mixed(zone: Zone) -> Iterator[Problem]:
    """RFC 9460 section 2.4.1: with a record of priority 0, clients ignore all others of the set."""
    for rtype in _SVCB_TYPES:
        for owner, records in zone.several(rtype).items():
            aliases = [record for record in records if record.rdata.startswith("0 ")]
            if aliases and len(aliases) < len(records):
                why = "Because of the record with priority 0, clients ignore the others of this name."
                yield Problem(f"{owner} {rtype}", why, "Keep either the alias or the others.")


fix("svcb-mode-mixed")(lambda zone, record: leave_out(zone, record, lambda other: other.rdata.startswith("0 ")))


@rule("svcb-hint-differs", WARNING)
def svcb_hint_differs(zone: Zone) -> Iterator[Problem]:
    """RFC 9460 section 7.3: clients may connect to a hint before they know the addresses."""
    hinted = ((record, found) for record in _records(zone) for found in _HINT.findall(record.rdata))
    for record, (version, hints) in hinted:
        known = [host.rdata for host in _addresses(zone, record, version)]
        strange = [hint for hint in hints.split(",") if hint not in known]
        if known and strange:
            why = f"Clients may connect to {quote(strange[0])}, which is no address of this host."
            yield Problem(record.subject, why, "Give the hints the host's addresses, or leave them out.")


def _addresses(zone: Zone, record: Record, version: str) -> list[Record]:
    """Return the address records of a record's target, as far as this zone has and knows all of them."""
    rtype = "A" if version == "4" else "AAAA"
    name = target_of(record)
    owner = record.owner if name == "." else zone.relative(name)
    if owner is None or zone.is_beyond(owner) or zone.is_pending(owner):
        return []
    return [host for host in zone.answering(owner) if host.type == rtype]


@fix("svcb-hint-differs")
def correct_hints(zone: Zone, record: Record) -> Record | Change:
    """Give address hints the addresses of their host, for as long as it has those, and the public can use them."""
    rdata, base = record.rdata, list[Record]()
    for version, hints in _HINT.findall(record.rdata):
        known = _addresses(zone, record, version)
        if known and all(is_usable(zone, host) for host in known):
            rdata = rdata.replace(hints, ",".join(sorted(host.rdata for host in known)))
            base += known
    return Change((record, *base), (record._replace(rdata=rdata), *base)) if rdata != record.rdata else record
