"""Service records: SRV, TLSA, SSHFP, NAPTR. For SVCB and HTTPS see `svcb.py`."""

import re
from collections.abc import Iterator, Sequence

from sophia_infra.dns.lint.fix import Change, addresses_of, drop, fix, is_free
from sophia_infra.dns.lint.rule import ERROR, WARNING, Problem, rule
from sophia_infra.dns.lint.spelling import may_mean_another
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import quote
from sophia_infra.dns.zone.index import Zone, labels
from sophia_infra.dns.zone.target import Target

PROTOCOLS = frozenset({"_tcp", "_udp", "_sctp"})
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
# The highest values in use (IANA "DANE Parameters"); 255 is for private use.
_TLSA_LIMITS = {"usage": 3, "selector": 1, "matching type": 2}
_PRIVATE_USE = 255
# Key algorithms of SSHFP: RSA, DSA, ECDSA, Ed25519, Ed448 (RFC 4255, 6594, 7479, 8709).
_SSHFP_ALGORITHMS = frozenset("12346")
_SSHFP_TYPES = frozenset("12")
# Ports of services that SRV records are in use for (IANA, "Service Name and Transport Protocol Port Number Registry").
_PORTS = {
    "_caldav": 80,
    "_caldavs": 443,
    "_carddav": 80,
    "_carddavs": 443,
    "_imap": 143,
    "_imaps": 993,
    "_kerberos": 88,
    "_kpasswd": 464,
    "_ldap": 389,
    "_pop3": 110,
    "_pop3s": 995,
    "_sip": 5060,
    "_sips": 5061,
    "_stun": 3478,
    "_submission": 587,
    "_submissions": 465,
    "_turn": 3478,
    "_xmpp-client": 5222,
    "_xmpp-server": 5269,
}
_WORD, _PORT, _PROTOCOL, _HOST = r"[a-z][a-z0-9-]*", r"\d{1,5}", r"_?(?P<protocol>tcp|udp|sctp)", r"(?P<host>(\..+)?)"
_SERVICES = [rf"_?(?P<name>{_WORD})\.{_PROTOCOL}{_HOST}", rf"{_PROTOCOL}\._(?P<name>{_WORD}){_HOST}"]
_ENDPOINTS = [rf"_?(?P<name>{_PORT})\.{_PROTOCOL}{_HOST}", rf"{_PROTOCOL}\._?(?P<name>{_PORT}){_HOST}"]


@rule("srv-owner", "An SRV stands at a name without service and protocol", WARNING)
def srv_owner(zone: Zone) -> Iterator[Problem]:
    """RFC 2782: the owner begins with `_service._proto`. Targets of aliases may be called anything."""
    for owner in zone.rrsets("SRV"):
        first, *rest = labels(owner)
        found = first.startswith("_") and rest and rest[0].startswith("_")
        swapped = first in PROTOCOLS
        if (swapped or not found) and first != "*" and owner not in zone.alias_targets:
            why = "Clients ask for SRV at `_service._proto`, in this order and with both underscores, and never here."
            yield Problem(f"{owner} SRV", why, "Move the record to a name such as `_sip._tcp`.")


@fix("srv-owner")
def write_service(zone: Zone, record: Record) -> Record:
    """Put service and protocol in their order, with their underscores, where that name is free."""
    return _moved(zone, record, _SERVICES)


@rule("srv-port-zero", "An SRV has the port 0", WARNING)
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


@rule("srv-null-with-others", "An SRV says that there is no service, beside others that name one", ERROR)
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
    others = [one for one in zone.at(record.owner, record.type) if not one.rdata.endswith(" .")]
    return drop(record, others) if record not in others else record


@rule("tlsa-invalid", "A TLSA record can't match any certificate", ERROR)
def tlsa_invalid(zone: Zone) -> Iterator[Problem]:
    """RFC 6698 section 2.1. Mail servers that use DANE then refuse to deliver (RFC 7672)."""
    for record in zone.of("TLSA"):
        for what, value in _unknown(record):
            why = f"The {what} {value} does not exist, so no certificate can match."
            yield Problem(record.subject, why, "Make the record anew from the certificate, usually as `3 1 1`.")


def _unknown(record: Record) -> Iterator[tuple[str, str]]:
    for (what, limit), value in zip(_TLSA_LIMITS.items(), record.rdata.split(" "), strict=False):
        if limit < int(value) != _PRIVATE_USE:
            yield what, value


def is_sound_tlsa(record: Record) -> bool:
    """Whether the numbers of a TLSA record have a meaning."""
    return not any(_unknown(record))


@fix("tlsa-invalid")
def drop_tlsa(zone: Zone, record: Record) -> Record | Change:
    """Leave out what can't match, where others of the set can (RFC 7671 section 4: it is not used)."""
    others = [one for one in zone.at(record.owner, "TLSA") if is_sound_tlsa(one)]
    return drop(record, others) if others and record not in others else record


@rule("tlsa-usage-mail", "A TLSA record of a mail server has a usage that mail does not know", WARNING)
def tlsa_usage_mail(zone: Zone) -> Iterator[Problem]:
    """RFC 7672 section 3.1.3: senders treat the usages 0 and 1 as unusable, so the server has no DANE."""
    for record in zone.of("TLSA"):
        if record.owner.startswith("_25._tcp.") and not is_tlsa_for_mail(record):
            why = f"Mail servers that use DANE ignore the usage {record.rdata.partition(' ')[0]}."
            yield Problem(record.subject, why, "Use `3 1 1` with the server's key, or `2 1 1` with its issuer's.")


def is_tlsa_for_mail(record: Record) -> bool:
    """Whether mail servers read a TLSA record's usage."""
    return record.rdata.partition(" ")[0] not in {"0", "1"}


@fix("tlsa-usage-mail")
def drop_unused_tlsa(zone: Zone, record: Record) -> Record | Change:
    """Leave out what mail does not use, where others of the set are used."""
    others = [one for one in zone.at(record.owner, "TLSA") if is_sound_tlsa(one) and is_tlsa_for_mail(one)]
    return drop(record, others) if others and not is_tlsa_for_mail(record) else record


@rule("tlsa-host-missing", "A TLSA record belongs to a host that is not there", WARNING)
def tlsa_host_missing(zone: Zone) -> Iterator[Problem]:
    """RFC 6698 section 3: `_port._proto` stand before the name that clients connect to."""
    for owner in zone.rrsets("TLSA"):
        port, _, rest = owner.partition(".")
        protocol, _, host = rest.partition(".")
        placed = port.startswith("_") and protocol in PROTOCOLS and owner not in zone.alias_targets
        if placed and zone.target(zone.absolute(host or "@")) in {Target.MISSING, Target.EMPTY}:
            why = f"{quote(zone.absolute(host or '@'))} has no address, so nobody asks for this record."
            yield Problem(f"{owner} TLSA", why, "Move it to the host's name, or remove it.")


@fix("tlsa-host-missing")
def drop_homeless_tlsa(zone: Zone, record: Record) -> Record | Change:
    """Remove what nobody asks for, until its host is there, where no name of the zone may be meant."""
    host = ".".join(labels(record.owner)[2:]) or "@"
    return record if may_mean_another(zone, host) else Change((record,), until=addresses_of(host))


@rule("tlsa-owner", "A TLSA record stands at a name without port and protocol", WARNING)
def tlsa_owner(zone: Zone) -> Iterator[Problem]:
    """RFC 6698 section 3: `_443._tcp` before the host's name. Targets of aliases may be called anything."""
    for owner in zone.rrsets("TLSA"):
        first, *rest = labels(owner)
        numbered = first.removeprefix("_").isdecimal() or first in {"*", "_*"}
        whole = first[0] in "_*" and rest and rest[0] in {"_tcp", "_udp", "_sctp", "_quic"}
        slipped = numbered or first in PROTOCOLS or not any(label.startswith("_") for label in labels(owner))
        if slipped and not whole and owner not in zone.alias_targets:
            why = "Clients look for TLSA at `_port._proto` before the host's name, and never here."
            yield Problem(f"{owner} TLSA", why, "Move the record to a name such as `_443._tcp.www`.")


@fix("tlsa-owner")
def write_port(zone: Zone, record: Record) -> Record:
    """Put port and protocol in their order, with their underscores, where that name is free."""
    return _moved(zone, record, _ENDPOINTS)


def _moved(zone: Zone, record: Record, forms: Sequence[str]) -> Record:
    found = next(filter(None, (re.fullmatch(form, record.owner) for form in forms)), None)
    owner = "_{name}._{protocol}{host}".format_map(found.groupdict()) if found else record.owner
    return record._replace(owner=owner) if is_free(zone, owner) else record


@rule("sshfp-invalid", "An SSHFP record can't match any key", ERROR)
def sshfp_invalid(zone: Zone) -> Iterator[Problem]:
    """RFC 4255 section 3.1, RFC 6594."""
    for record in zone.of("SSHFP"):
        if not is_sound_sshfp(record):
            algorithm, kind, _ = record.rdata.split(" ", 2)
            why = f"There is no SSH key algorithm {algorithm} with a fingerprint of type {kind}."
            yield Problem(record.subject, why, "Make the record anew with `ssh-keygen -r` on the host.")


def is_sound_sshfp(record: Record) -> bool:
    """Whether the algorithm and the fingerprint's type of an SSHFP record exist."""
    algorithm, kind, _ = record.rdata.split(" ", 2)
    return algorithm in _SSHFP_ALGORITHMS and kind in _SSHFP_TYPES


@fix("sshfp-invalid")
def drop_sshfp(zone: Zone, record: Record) -> Record | Change:
    """Leave out what can't match, where others of the set can."""
    others = [one for one in zone.at(record.owner, "SSHFP") if is_sound_sshfp(one)]
    return drop(record, others) if others and record not in others else record


@rule("naptr-invalid", "A NAPTR has both a regular expression and a replacement, or neither", ERROR)
def naptr_invalid(zone: Zone) -> Iterator[Problem]:
    """RFC 3403 section 4.1: the two exclude each other."""
    for record in zone.of("NAPTR"):
        if _naptr_choice(record):
            why = "A NAPTR has either a regular expression or a replacement, and clients discard any other."
            yield Problem(record.subject, why, 'Leave the expression `""`, or the replacement `.`.')


def _naptr_choice(record: Record) -> bool:
    """Whether a NAPTR fails to choose."""
    _, _, expression, replacement = naptr_parts(record)
    return bool(expression) and (expression != '""') == (replacement != ".")


def naptr_parts(record: Record) -> tuple[str, str, str, str]:
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
    start, flag, expression, replacement = naptr_parts(record)
    if expression == '""' or replacement == "." or flag not in {'"u"', '"s"', '"a"'}:
        return record
    return record._replace(rdata=f"{start} {expression} ." if flag == '"u"' else f'{start} "" {replacement}')


@rule("naptr-target-missing", "A NAPTR leads to nothing", ERROR)
def naptr_target_missing(zone: Zone) -> Iterator[Problem]:
    """RFC 3403 section 4.1: the replacement is the next name to be looked up."""
    for record in zone.of("NAPTR"):
        if is_lost_naptr(zone, record):
            name = quote(record.rdata.rpartition(" ")[2])
            why = f"{name} has no records, so whoever follows the NAPTR ends there."
            yield Problem(record.subject, why, f"Add records for {name}, or remove the NAPTR.")


def is_lost_naptr(zone: Zone, record: Record) -> bool:
    """Whether the name that a NAPTR leads to is this zone's, and has no records."""
    owner = zone.relative(record.rdata.rpartition(" ")[2])
    known = owner is not None and not zone.is_beyond(owner) and not zone.is_pending(owner)
    return known and not zone.answers(owner or "@")


@fix("naptr-target-missing")
def drop_lost_naptr(zone: Zone, record: Record) -> Record | Change:
    """Leave out what leads to nothing, where others of the set lead on."""
    others = [one for one in zone.at(record.owner, "NAPTR") if not is_lost_naptr(zone, one)]
    owner = zone.relative(record.rdata.rpartition(" ")[2])
    if owner is None or not others or record in others or may_mean_another(zone, owner):
        return record
    return drop(record, others, [f"{owner} ANY"])
