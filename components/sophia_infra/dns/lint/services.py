"""Services and where they are: SRV and NAPTR. For SVCB and HTTPS see `svcb.py`."""

import re
from collections.abc import Iterator, Sequence

from sophia_infra.dns.lint.rule import ERROR, WARNING, Change, Problem, drop, fix, is_free, leave_out, rule
from sophia_infra.dns.lint.spelling import may_mean_another
from sophia_infra.dns.rr.record import Record, labels
from sophia_infra.dns.rr.txt import quote
from sophia_infra.dns.zone.index import Zone

PROTOCOLS = frozenset({"_tcp", "_udp", "_sctp"})
PROTOCOL, HOST = r"_?(?P<protocol>tcp|udp|sctp)", r"(?P<host>(\..+)?)"
"""How a protocol and a host are written in the owners that `moved` reads."""

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
# Ports of services that SRV records are in use for (IANA, "Service Name and Transport Protocol Port Number Registry").
_PORTS = (
    {"_caldav": 80, "_caldavs": 443, "_carddav": 80, "_carddavs": 443, "_imap": 143, "_imaps": 993, "_kerberos": 88}
    | {"_kpasswd": 464, "_ldap": 389, "_pop3": 110, "_pop3s": 995, "_sip": 5060, "_sips": 5061, "_stun": 3478}
    | {"_submission": 587, "_submissions": 465, "_turn": 3478, "_xmpp-client": 5222, "_xmpp-server": 5269}
)
_WORD = r"[a-z][a-z0-9-]*"
_SERVICES = [rf"_?(?P<name>{_WORD})\.{PROTOCOL}{HOST}", rf"{PROTOCOL}\._(?P<name>{_WORD}){HOST}"]


@rule("srv-owner", WARNING)
def srv_owner(zone: Zone) -> Iterator[Problem]:
    """RFC 2782: the owner begins with `_service._proto`. Targets of aliases may be called anything."""
    for owner in zone.rrsets("SRV"):
        first, *rest = labels(owner)
        found = first.startswith("_") and rest and rest[0].startswith("_")
        if (first in PROTOCOLS or not found) and first != "*" and owner not in zone.alias_targets:
            why = "Clients ask for SRV at `_service._proto`, in this order and with both underscores, and never here."
            yield Problem(f"{owner} SRV", why, "Move the record to a name such as `_sip._tcp`.")


@fix("srv-owner")
def write_service(zone: Zone, record: Record) -> Record:
    """Put service and protocol in their order, with their underscores, where that name is free."""
    return moved(zone, record, _SERVICES)


def moved(zone: Zone, record: Record, forms: Sequence[str]) -> Record:
    """Return a record at the name that one of these forms makes of its owner, where that is free."""
    found = next(filter(None, (re.fullmatch(form, record.owner) for form in forms)), None)
    owner = "_{name}._{protocol}{host}".format_map(found.groupdict()) if found else record.owner
    return record._replace(owner=owner) if is_free(zone, owner) else record


@rule("srv-port-zero", WARNING)
def srv_port_zero(zone: Zone) -> Iterator[Problem]:
    """RFC 2782: the port is that of the service on the target, and nothing listens on port 0."""
    for record in zone.of("SRV"):
        _, _, port, target = record.rdata.split(" ")
        if port == "0" and target != ".":
            why = f"Clients would connect to port 0 of {quote(target)}, where nothing can listen."
            yield Problem(record.subject, why, "Write the service's port, or the target `.` where there is no service.")


@fix("srv-port-zero")
def give_port(zone: Zone, record: Record) -> Record:
    """Write the port that a well-known service has."""
    priority, weight, port, target = record.rdata.split(" ")
    usual = _PORTS.get(labels(record.owner)[0])
    known = usual is not None and port == "0" and target != "."
    return record._replace(rdata=f"{priority} {weight} {usual} {target}") if known else record


@rule("srv-null-with-others", ERROR)
def srv_null_with_others(zone: Zone) -> Iterator[Problem]:
    """RFC 2782: the target `.` means that the service is not available at this domain."""
    for owner, records in zone.several("SRV").items():
        null = [record for record in records if record.rdata.endswith(" .")]
        if null and len(null) < len(records):
            why = "One SRV says that there is no such service here, and the others say where it is."
            yield Problem(f"{owner} SRV", why, "Remove the one with the target `.`, or all the others.")


@fix("srv-null-with-others")
def drop_null(zone: Zone, record: Record) -> Record | Change:
    """Remove the MX or SRV that says that there is no service, for as long as others say where it is."""
    return leave_out(zone, record, lambda other: not other.rdata.endswith(" ."))


@rule("naptr-invalid", ERROR)
def naptr_invalid(zone: Zone) -> Iterator[Problem]:
    """RFC 3403 section 4.1: the two exclude each other."""
    for record in zone.of("NAPTR"):
        _, _, expression, replacement = _naptr_parts(record)
        if expression and (expression != '""') == (replacement != "."):
            why = "A NAPTR has either a regular expression or a replacement, and clients discard any other."
            yield Problem(record.subject, why, 'Leave the expression `""`, or the replacement `.`.')


def _naptr_parts(record: Record) -> tuple[str, str, str, str]:
    """Return what stands before the expression, the flags, the expression, and the replacement; texts in their quotes.

    A NAPTR is `order preference "flags" "services" "regexp" replacement`; of another form all texts are empty.
    """
    texts = [match.span() for match in _QUOTED.finditer(record.rdata)]
    if len(texts) != 3:
        return record.rdata, "", "", ""
    flags, expression = (record.rdata[start:end] for start, end in (texts[0], texts[2]))
    return record.rdata[: texts[2][0] - 1], flags.lower(), expression, record.rdata.rpartition(" ")[2]


@fix("naptr-invalid")
def keep_what_the_flag_says(zone: Zone, record: Record) -> Record:
    """Keep the expression where the flag says that it makes a URI, else the replacement (RFC 3403, RFC 3958)."""
    start, flag, expression, replacement = _naptr_parts(record)
    if expression == '""' or replacement == "." or flag not in {'"u"', '"s"', '"a"'}:
        return record
    return record._replace(rdata=f"{start} {expression} ." if flag == '"u"' else f'{start} "" {replacement}')


@rule("naptr-target-missing", ERROR)
def naptr_target_missing(zone: Zone) -> Iterator[Problem]:
    """RFC 3403 section 4.1: the replacement is the next name to be looked up."""
    for record in zone.of("NAPTR"):
        if _is_lost(zone, record):
            name = quote(record.rdata.rpartition(" ")[2])
            why = f"{name} has no records, so whoever follows the NAPTR ends there."
            yield Problem(record.subject, why, f"Add records for {name}, or remove the NAPTR.")


def _is_lost(zone: Zone, record: Record) -> bool:
    """Whether the name that a NAPTR leads to is this zone's, and has no records."""
    owner = zone.relative(record.rdata.rpartition(" ")[2])
    known = owner is not None and not zone.is_beyond(owner) and not zone.is_pending(owner)
    return known and not zone.answering(owner or "@")


@fix("naptr-target-missing")
def drop_lost_naptr(zone: Zone, record: Record) -> Record | Change:
    """Leave out what leads to nothing, where others of the set lead on."""
    others = [other for other in zone.at(record.owner, "NAPTR") if not _is_lost(zone, other)]
    owner = zone.relative(record.rdata.rpartition(" ")[2])
    if owner is None or not others or record in others or may_mean_another(zone, owner):
        return record
    return drop(record, others, [f"{owner} ANY"])
