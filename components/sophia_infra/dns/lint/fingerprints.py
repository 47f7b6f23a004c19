"""What the certificates and keys of hosts have to match: TLSA and SSHFP."""

from collections.abc import Iterator

from sophia_infra.dns.lint.rule import ERROR, WARNING, Change, Problem, address_sets_of, fix, leave_out, rule
from sophia_infra.dns.lint.services import HOST, PROTOCOL, PROTOCOLS, moved
from sophia_infra.dns.lint.spelling import may_mean_another
from sophia_infra.dns.rr.record import Record, labels
from sophia_infra.dns.rr.txt import quote
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.target import Target, resolve

# The highest values in use (IANA "DANE Parameters"); 255 is for private use.
_TLSA_LIMITS = {"usage": 3, "selector": 1, "matching type": 2}
_PRIVATE_USE = 255
# Key algorithms of SSHFP: RSA, DSA, ECDSA, Ed25519, Ed448 (RFC 4255, 6594, 7479, 8709).
_SSHFP_ALGORITHMS = frozenset("12346")
_SSHFP_TYPES = frozenset("12")
_PORT = r"\d{1,5}"
_ENDPOINTS = [rf"_?(?P<name>{_PORT})\.{PROTOCOL}{HOST}", rf"{PROTOCOL}\._?(?P<name>{_PORT}){HOST}"]


@rule("tlsa-invalid", ERROR)
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


def _is_sound_tlsa(record: Record) -> bool:
    return not any(_unknown(record))


# What can't match is not used (RFC 7671 section 4).
fix("tlsa-invalid")(lambda zone, record: leave_out(zone, record, _is_sound_tlsa))


@rule("tlsa-usage-mail", WARNING)
def tlsa_usage_mail(zone: Zone) -> Iterator[Problem]:
    """RFC 7672 section 3.1.3: senders treat the usages 0 and 1 as unusable, so the server has no DANE."""
    for record in zone.of("TLSA"):
        if record.owner.startswith("_25._tcp.") and not _is_for_mail(record):
            why = f"Mail servers that use DANE ignore the usage {record.rdata.partition(' ')[0]}."
            yield Problem(record.subject, why, "Use `3 1 1` with the server's key, or `2 1 1` with its issuer's.")


def _is_for_mail(record: Record) -> bool:
    return record.rdata.partition(" ")[0] not in {"0", "1"}


@fix("tlsa-usage-mail")
def drop_unused_tlsa(zone: Zone, record: Record) -> Record | Change:
    """Leave out what mail does not use, where others of the set are used."""
    if _is_for_mail(record):
        return record
    return leave_out(zone, record, lambda other: _is_sound_tlsa(other) and _is_for_mail(other))


@rule("tlsa-host-missing", WARNING)
def tlsa_host_missing(zone: Zone) -> Iterator[Problem]:
    """RFC 6698 section 3: `_port._proto` stand before the name that clients connect to."""
    for owner in zone.rrsets("TLSA"):
        port, _, rest = owner.partition(".")
        protocol, _, host = rest.partition(".")
        placed = port.startswith("_") and protocol in PROTOCOLS and owner not in zone.alias_targets
        if placed and resolve(zone, zone.absolute(host or "@")) in {Target.MISSING, Target.EMPTY}:
            why = f"{quote(zone.absolute(host or '@'))} has no address, so nobody asks for this record."
            yield Problem(f"{owner} TLSA", why, "Move it to the host's name, or remove it.")


@fix("tlsa-host-missing")
def drop_homeless_tlsa(zone: Zone, record: Record) -> Record | Change:
    """Remove what nobody asks for, until its host is there, where no name of the zone may be meant."""
    host = ".".join(labels(record.owner)[2:]) or "@"
    return record if may_mean_another(zone, host) else Change((record,), until=address_sets_of(host))


@rule("tlsa-owner", WARNING)
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
    return moved(zone, record, _ENDPOINTS)


@rule("sshfp-invalid", WARNING)
def sshfp_invalid(zone: Zone) -> Iterator[Problem]:
    """RFC 4255 section 3.1, RFC 6594."""
    for record in zone.of("SSHFP"):
        if not _is_sound_sshfp(record):
            algorithm, fingerprint_type, _ = record.rdata.split(" ", 2)
            why = f"There is no SSH key algorithm {algorithm} with a fingerprint of type {fingerprint_type}."
            yield Problem(record.subject, why, "Make the record anew with `ssh-keygen -r` on the host.")


def _is_sound_sshfp(record: Record) -> bool:
    algorithm, fingerprint_type, _ = record.rdata.split(" ", 2)
    return algorithm in _SSHFP_ALGORITHMS and fingerprint_type in _SSHFP_TYPES


fix("sshfp-invalid")(lambda zone, record: leave_out(zone, record, _is_sound_sshfp))
