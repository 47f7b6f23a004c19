"""PTR records of reverse zones (RFC 1035 section 3.5, RFC 3596 section 2.5)."""

from collections.abc import Iterator

from sophia_infra.dns.lint.rule import ERROR, Problem, rule
from sophia_infra.dns.lint.text import quote
from sophia_infra.dns.lint.zone import Target, Zone, labels

_NIBBLES = frozenset("0123456789abcdef")
_V6_LABELS, _V4_LABELS = 32, 4


@rule("ptr-target-reverse", "A PTR leads back into the reverse tree", ERROR)
def ptr_target_reverse(zone: Zone) -> Iterator[Problem]:
    """A target without its dot has the reverse zone's name appended. Service discovery (`_dns-sd`) may do so."""
    for record in zone.of("PTR"):
        back = record.rdata.endswith((".in-addr.arpa.", ".ip6.arpa."))
        if back and "_" not in record.owner and zone.target(record.rdata) is not Target.DOT_MISSING:
            why = f"The address is given the name {quote(record.rdata)}, which is no host."
            yield Problem(record.subject, why, "Write the host's full name, with a dot at its end.")


@rule("ptr-target-is-address", "A PTR leads to an address", ERROR)
def ptr_target_is_address(zone: Zone) -> Iterator[Problem]:
    """A PTR names the host that has the address."""
    for record in zone.of("PTR"):
        name = record.rdata.rstrip(".")
        if name.count(".") == _V4_LABELS - 1 and all(label.isdecimal() for label in name.split(".")):
            why = f"A PTR leads from an address to a name, and {quote(name)} is an address."
            yield Problem(record.subject, why, "Write the host's name.")


@rule("ptr-owner-invalid", "A PTR stands at a name that is no address", ERROR)
def ptr_owner_invalid(zone: Zone) -> Iterator[Problem]:
    """Four octets make an IPv4 name and 32 nibbles an IPv6 name. Other labels (RFC 2317) are left alone."""
    if not zone.is_reverse:
        return
    suffix = labels(zone.origin)[:-2]
    fault_of = _fault_v6 if zone.origin.endswith("ip6.arpa") else _fault_v4
    for owner in zone.rrsets("PTR"):
        fault = fault_of([*labels(owner), *suffix]) if owner != "@" else ""
        if fault:
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
