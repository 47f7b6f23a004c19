"""SVCB and HTTPS (RFC 9460): targets, modes and address hints."""

import re
from collections.abc import Iterator

from sophia_infra.dns.lint.rule import ERROR, WARNING, Problem, rule
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import quote
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.target import Target, target_of

_SVCB_TYPES = ("SVCB", "HTTPS")
HINT = re.compile(r'ipv([46])hint="?([0-9a-fA-F.:,]+)"?')


@rule("svcb-target-missing", "SVCB or HTTPS points at nothing", ERROR)
def svcb_target_missing(zone: Zone) -> Iterator[Problem]:
    """RFC 9460 section 2.4: clients connect to the target's addresses."""
    for record in _records(zone):
        if leads_to_nothing(zone, record):
            name = quote(target_of(record))
            why = f"{name} has no address, so clients that follow the record fail."
            yield Problem(record.subject, why, f"Give {name} an address, or use `.` for this name.")


def _records(zone: Zone) -> Iterator[Record]:
    return (record for kind in _SVCB_TYPES for record in zone.of(kind))


def leads_to_nothing(zone: Zone, record: Record) -> bool:
    """Whether clients that follow a record find no address and no other record to follow."""
    name = target_of(record)
    lost = zone.target(name) in {Target.MISSING, Target.EMPTY, Target.LITERAL}
    return lost and not any(answer.type in _SVCB_TYPES for answer in zone.answers_to(name))


@rule("svcb-alias-loop", "An HTTPS or SVCB alias leads to itself", ERROR)
def svcb_alias_loop(zone: Zone) -> Iterator[Problem]:
    """RFC 9460 section 2.4.2: in alias mode the target must be another name; `.` says that there is no service."""
    for record in _records(zone):
        if leads_to_itself(zone, record):
            why = "The alias leads to the name it stands at, so clients give up."
            yield Problem(record.subject, why, "Use priority 1 and the target `.`, or point at another name.")


def leads_to_itself(zone: Zone, record: Record) -> bool:
    """Whether a record is an alias to its own name."""
    return record.rdata.startswith("0 ") and zone.relative(target_of(record)) == record.owner


@rule("svcb-mode-mixed", "An alias stands beside HTTPS or SVCB records of a service", WARNING)
def svcb_mode_mixed(zone: Zone) -> Iterator[Problem]:
    """RFC 9460 section 2.4.1: with a record of priority 0, clients ignore all others of the set."""
    for kind in _SVCB_TYPES:
        for owner, records in zone.several(kind).items():
            aliases = [record for record in records if record.rdata.startswith("0 ")]
            if aliases and len(aliases) < len(records):
                why = "Because of the record with priority 0, clients ignore the others of this name."
                yield Problem(f"{owner} {kind}", why, "Keep either the alias or the others.")


@rule("svcb-hint-differs", "An address hint is none of the host's addresses", WARNING)
def svcb_hint_differs(zone: Zone) -> Iterator[Problem]:
    """RFC 9460 section 7.3: clients may connect to a hint before they know the addresses."""
    for record, version, hints in hinted(zone):
        known = [host.rdata for host in addresses(zone, record, version)]
        strange = [hint for hint in hints if hint not in known]
        if known and strange:
            why = f"Clients may connect to {quote(strange[0])}, which is no address of this host."
            yield Problem(record.subject, why, "Give the hints the host's addresses, or leave them out.")


def hinted(zone: Zone) -> Iterator[tuple[Record, str, list[str]]]:
    """Yield records with address hints: `4` or `6`, and the addresses."""
    for record in _records(zone):
        for version, hints in HINT.findall(record.rdata):
            yield record, version, hints.split(",")


def addresses(zone: Zone, record: Record, version: str) -> list[Record]:
    """Return the address records of a record's target, as far as this zone has and knows all of them."""
    kind = "A" if version == "4" else "AAAA"
    name = target_of(record)
    owner = record.owner if name == "." else zone.relative(name)
    if owner is None or zone.is_beyond(owner) or zone.is_pending(owner):
        return []
    return [one for one in zone.answers(owner) if one.type == kind]
