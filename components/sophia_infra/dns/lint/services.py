"""Service records: SRV owners, SVCB and HTTPS, TLSA, SSHFP, NAPTR."""

import re
from collections.abc import Iterator

from sophia_infra.dns.lint.rule import ERROR, WARNING, Problem, rule
from sophia_infra.dns.lint.target import Target, target_of
from sophia_infra.dns.lint.text import quote
from sophia_infra.dns.lint.zone import Zone, labels
from sophia_infra.dns.records import Record

_SVCB_TYPES = ("SVCB", "HTTPS")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
# The highest values in use (IANA "DANE Parameters"); 255 is for private use.
_TLSA_LIMITS = {"usage": 3, "selector": 1, "matching type": 2}
_PRIVATE_USE = 255
# Key algorithms of SSHFP: RSA, DSA, ECDSA, Ed25519, Ed448 (RFC 4255, 6594, 7479, 8709).
_SSHFP_ALGORITHMS = frozenset("12346")
_SSHFP_TYPES = frozenset("12")


@rule("srv-owner", "An SRV stands at a name without service and protocol", WARNING)
def srv_owner(zone: Zone) -> Iterator[Problem]:
    """RFC 2782: the owner begins with `_service._proto`. Targets of aliases may be called anything."""
    for owner in zone.rrsets("SRV"):
        first, *rest = labels(owner)
        found = first.startswith("_") and rest and rest[0].startswith("_")
        if not found and first != "*" and owner not in zone.alias_targets:
            why = "Clients ask for SRV at `_service._proto`, with both underscores, and never here."
            yield Problem(f"{owner} SRV", why, "Move the record to a name such as `_sip._tcp`.")


@rule("svcb-target-missing", "SVCB or HTTPS points at nothing", ERROR)
def svcb_target_missing(zone: Zone) -> Iterator[Problem]:
    """RFC 9460 section 2.4: clients connect to the target's addresses."""
    for kind in _SVCB_TYPES:
        for fate in (Target.MISSING, Target.EMPTY, Target.LITERAL):
            for record, name in zone.targets(kind, fate):
                if not _leads_on(zone, name):
                    why = f"{quote(name)} has no address in this zone, so clients that follow the record fail."
                    yield Problem(record.subject, why, f"Give {quote(name)} an address, or use `.` for this name.")


def _leads_on(zone: Zone, name: str) -> bool:
    return any(record.type in _SVCB_TYPES for record in zone.answers(zone.relative(name) or "@"))


@rule("svcb-alias-loop", "An HTTPS or SVCB alias leads to itself", ERROR)
def svcb_alias_loop(zone: Zone) -> Iterator[Problem]:
    """RFC 9460 section 2.4.2: in alias mode the target must be another name; `.` says that there is no service."""
    for kind in _SVCB_TYPES:
        for record in zone.of(kind):
            if record.rdata.startswith("0 ") and zone.relative(target_of(record)) == record.owner:
                why = "The alias leads to the name it stands at, so clients give up."
                yield Problem(record.subject, why, "Use priority 1 and the target `.`, or point at another name.")


@rule("tlsa-invalid", "A TLSA record can't match any certificate", ERROR)
def tlsa_invalid(zone: Zone) -> Iterator[Problem]:
    """RFC 6698 section 2.1. Mail servers that use DANE then refuse to deliver (RFC 7672)."""
    for record in zone.of("TLSA"):
        for (what, limit), value in zip(_TLSA_LIMITS.items(), record.rdata.split(" "), strict=False):
            if limit < int(value) != _PRIVATE_USE:
                why = f"The {what} {value} does not exist, so no certificate can match."
                yield Problem(record.subject, why, "Make the record anew from the certificate, usually as `3 1 1`.")


@rule("tlsa-owner", "A TLSA record stands at a name without port and protocol", WARNING)
def tlsa_owner(zone: Zone) -> Iterator[Problem]:
    """RFC 6698 section 3: `_443._tcp` before the host's name. Targets of aliases may be called anything."""
    for owner in zone.rrsets("TLSA"):
        first, *rest = labels(owner)
        numbered = first.removeprefix("_").isdecimal() or first in {"*", "_*"}
        whole = first[0] in "_*" and rest and rest[0] in {"_tcp", "_udp", "_sctp", "_quic"}
        slipped = numbered or not any(label.startswith("_") for label in labels(owner))
        if slipped and not whole and owner not in zone.alias_targets:
            why = "Clients look for TLSA at `_port._proto` before the host's name, and never here."
            yield Problem(f"{owner} TLSA", why, "Move the record to a name such as `_443._tcp.www`.")


@rule("sshfp-invalid", "An SSHFP record can't match any key", ERROR)
def sshfp_invalid(zone: Zone) -> Iterator[Problem]:
    """RFC 4255 section 3.1, RFC 6594."""
    for record in zone.of("SSHFP"):
        algorithm, kind, _ = record.rdata.split(" ", 2)
        if algorithm not in _SSHFP_ALGORITHMS or kind not in _SSHFP_TYPES:
            why = f"There is no SSH key algorithm {algorithm} with a fingerprint of type {kind}."
            yield Problem(record.subject, why, "Make the record anew with `ssh-keygen -r` on the host.")


@rule("naptr-invalid", "A NAPTR has both a regular expression and a replacement, or neither", ERROR)
def naptr_invalid(zone: Zone) -> Iterator[Problem]:
    """RFC 3403 section 4.1: the two exclude each other."""
    for record in zone.of("NAPTR"):
        if _naptr_choice(record):
            why = "A NAPTR has either a regular expression or a replacement, and clients discard any other."
            yield Problem(record.subject, why, 'Leave the expression `""`, or the replacement `.`.')


def _naptr_choice(record: Record) -> bool:
    """Whether a NAPTR fails to choose: `order preference "flags" "services" "regexp" replacement`."""
    expressions = _QUOTED.findall(record.rdata)
    has_replacement = record.rdata.rpartition(" ")[2] != "."
    return len(expressions) == 3 and (expressions[2] != '""') == has_replacement
