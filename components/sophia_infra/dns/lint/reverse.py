"""PTR records of reverse zones (RFC 1035 section 3.5, RFC 3596 section 2.5)."""

import re
from collections.abc import Iterator

from sophia_infra.dns.lint.rule import ERROR, Problem, fix, is_free, rule
from sophia_infra.dns.rr.record import Record, labels
from sophia_infra.dns.rr.rtype import retarget
from sophia_infra.dns.rr.txt import quote
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.target import Target, resolve

_NIBBLES = frozenset("0123456789abcdef")
_V6_LABELS, _V4_LABELS = 32, 4
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_SOUND_V4 = re.compile(rf"{_OCTET}(?:\.{_OCTET})*")


@rule("ptr-target-reverse", ERROR)
def ptr_target_reverse(zone: Zone) -> Iterator[Problem]:
    """A target without its dot has the reverse zone's name appended. Service discovery (`_dns-sd`) may do so."""
    for record in zone.of("PTR"):
        back = record.rdata.endswith((".in-addr.arpa.", ".ip6.arpa."))
        if back and "_" not in record.owner and resolve(zone, record.rdata) is not Target.DOT_MISSING:
            why = f"The address is given the name {quote(record.rdata)}, which is no host."
            yield Problem(record.subject, why, "Write the host's full name, with a dot at its end.")


@fix("ptr-target-reverse")
def end_name(zone: Zone, record: Record) -> Record:
    """End a host's full name with its dot."""
    meant = labels(zone.relative(record.rdata) or "")
    whole = len(meant) > 1 and meant[-1].isalpha() and "arpa" not in meant
    return retarget(record, ".".join([*meant, ""])) if whole else record


@rule("ptr-target-is-address", ERROR, no_edit="the name of the host, only you know")
def ptr_target_is_address(zone: Zone) -> Iterator[Problem]:
    """A PTR names the host that has the address."""
    for record in zone.of("PTR"):
        name = record.rdata[:-1]
        if name[-1:].isdecimal() and name.count(".") == _V4_LABELS - 1 and _SOUND_V4.fullmatch(name):
            why = f"A PTR leads from an address to a name, and {quote(name)} is an address."
            yield Problem(record.subject, why, "Write the host's name.")


@rule("ptr-owner-invalid", ERROR)
def ptr_owner_invalid(zone: Zone) -> Iterator[Problem]:
    """Four octets make an IPv4 name and 32 nibbles an IPv6 name. Other labels (RFC 2317) are left alone."""
    if not zone.is_reverse:
        return
    suffix = labels(zone.origin)[:-2]
    is_v6 = zone.origin.endswith("ip6.arpa")
    sound = re.compile(rf"(?:[0-9a-f]\.){{{_V6_LABELS - len(suffix) - 1}}}[0-9a-f]") if is_v6 else _SOUND_V4
    for owner in dict.fromkeys(record.owner for record in zone.of("PTR")):
        if sound.fullmatch(owner) and (is_v6 or owner.count(".") + len(suffix) < _V4_LABELS):
            continue
        parts = [*labels(owner), *suffix]
        fault = _fault_v6(parts) if is_v6 else _fault_v4(parts)
        if fault and owner != "@":
            why = f"Nobody who looks an address up arrives here, because the name {fault}."
            yield Problem(f"{owner} PTR", why, "Correct the owner name.")


def _fault_v4(parts: list[str]) -> str:
    if not all(part.isdecimal() for part in parts):
        return ""
    if len(parts) > _V4_LABELS:
        return f"has {len(parts)} octets in place of {_V4_LABELS}"
    return "has an octet above 255" if any(int(part) > 255 for part in parts) else ""


def _fault_v6(parts: list[str]) -> str:
    if not _NIBBLES.issuperset(parts):
        wide = [part for part in parts if len(part) > 1 and _NIBBLES.issuperset(part)]
        return f"has more than one digit in the label {quote(wide[0])}" if wide else ""
    return f"has {len(parts)} nibbles in place of {_V6_LABELS}" if len(parts) != _V6_LABELS else ""


@fix("ptr-owner-invalid")
def shorten_owner(zone: Zone, record: Record) -> Record:
    """Take those octets or nibbles off an owner that the zone's name has already."""
    parts, suffix = labels(record.owner), labels(zone.origin)[:-2]
    length = _V6_LABELS if zone.origin.endswith("ip6.arpa") else _V4_LABELS
    excess = len(parts) + len(suffix) - length
    repeats = 0 < excess < len(parts) and parts[-excess:] == suffix[:excess]
    owner = ".".join(parts[:-excess]) if repeats else ""
    return record._replace(owner=owner) if owner and is_free(zone, owner) else record
