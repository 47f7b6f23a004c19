"""Service records: SRV, TLSA, SSHFP, NAPTR."""

import re
from collections.abc import Sequence

from sophia_infra.dns.lint.fixes.fix import Change, addresses_of, drop, fix
from sophia_infra.dns.lint.fixes.names import is_free
from sophia_infra.dns.lint.fixes.spelling import may_mean_another
from sophia_infra.dns.lint.services import (
    is_lost_naptr,
    is_sound_sshfp,
    is_sound_tlsa,
    is_tlsa_for_mail,
    naptr_parts,
)
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.zone.index import Zone, labels

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


@fix("null-mx-with-others", "srv-null-with-others")
def drop_null(zone: Zone, record: Record) -> Record | Change:
    """Remove the MX or SRV that says that there is no service, for as long as others say where it is."""
    others = [one for one in zone.at(record.owner, record.type) if not one.rdata.endswith(" .")]
    return drop(record, others) if record not in others else record


@fix("srv-owner")
def write_service(zone: Zone, record: Record) -> Record:
    """Put service and protocol in their order, with their underscores, where that name is free."""
    return _moved(zone, record, _SERVICES)


@fix("tlsa-owner")
def write_port(zone: Zone, record: Record) -> Record:
    """Put port and protocol in their order, with their underscores, where that name is free."""
    return _moved(zone, record, _ENDPOINTS)


def _moved(zone: Zone, record: Record, forms: Sequence[str]) -> Record:
    found = next(filter(None, (re.fullmatch(form, record.owner) for form in forms)), None)
    owner = "_{name}._{protocol}{host}".format_map(found.groupdict()) if found else record.owner
    return record._replace(owner=owner) if is_free(zone, owner) else record


@fix("srv-port-zero")
def give_port(zone: Zone, record: Record) -> Record:
    """Write the port that a well-known service has."""
    priority, weight, port, target = record.rdata.split(" ")
    usual = _PORTS.get(labels(record.owner)[0])
    known = usual is not None and port == "0" and target != "."
    return record._replace(rdata=f"{priority} {weight} {usual} {target}") if known else record


@fix("tlsa-invalid")
def drop_tlsa(zone: Zone, record: Record) -> Record | Change:
    """Leave out what can't match, where others of the set can (RFC 7671 section 4: it is not used)."""
    others = [one for one in zone.at(record.owner, "TLSA") if is_sound_tlsa(one)]
    return drop(record, others) if others and record not in others else record


@fix("tlsa-usage-mail")
def drop_unused_tlsa(zone: Zone, record: Record) -> Record | Change:
    """Leave out what mail does not use, where others of the set are used."""
    others = [one for one in zone.at(record.owner, "TLSA") if is_sound_tlsa(one) and is_tlsa_for_mail(one)]
    return drop(record, others) if others and not is_tlsa_for_mail(record) else record


@fix("tlsa-host-missing")
def drop_homeless_tlsa(zone: Zone, record: Record) -> Record | Change:
    """Remove what nobody asks for, until its host is there, where no name of the zone may be meant."""
    host = ".".join(labels(record.owner)[2:]) or "@"
    return record if may_mean_another(zone, host) else Change((record,), until=addresses_of(host))


@fix("sshfp-invalid")
def drop_sshfp(zone: Zone, record: Record) -> Record | Change:
    """Leave out what can't match, where others of the set can."""
    others = [one for one in zone.at(record.owner, "SSHFP") if is_sound_sshfp(one)]
    return drop(record, others) if others and record not in others else record


@fix("naptr-invalid")
def keep_what_the_flag_says(zone: Zone, record: Record) -> Record:
    """Keep the expression where the flag says that it makes a URI, else the replacement (RFC 3403, RFC 3958)."""
    start, flag, expression, replacement = naptr_parts(record)
    if expression == '""' or replacement == "." or flag not in {'"u"', '"s"', '"a"'}:
        return record
    return record._replace(rdata=f"{start} {expression} ." if flag == '"u"' else f'{start} "" {replacement}')


@fix("naptr-target-missing")
def drop_lost_naptr(zone: Zone, record: Record) -> Record | Change:
    """Leave out what leads to nothing, where others of the set lead on."""
    others = [one for one in zone.at(record.owner, "NAPTR") if not is_lost_naptr(zone, one)]
    owner = zone.relative(record.rdata.rpartition(" ")[2])
    if owner is None or not others or record in others or may_mean_another(zone, owner):
        return record
    return drop(record, others, [f"{owner} ANY"])
