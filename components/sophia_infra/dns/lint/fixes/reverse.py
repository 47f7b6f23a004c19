"""PTR: owners that repeat the zone's own octets, and targets that lack their dot."""

from sophia_infra.dns.lint.fixes.fix import fix
from sophia_infra.dns.lint.fixes.names import is_free
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.zone.index import Zone, labels
from sophia_infra.dns.zone.target import retarget

_V4_LABELS, _V6_LABELS = 4, 32


@fix("ptr-target-reverse")
def end_name(zone: Zone, record: Record) -> Record:
    """End a host's full name with its dot."""
    meant = labels(zone.relative(record.rdata) or "")
    whole = len(meant) > 1 and meant[-1].isalpha() and "arpa" not in meant
    return retarget(record, ".".join([*meant, ""])) if whole else record


@fix("ptr-owner-invalid")
def shorten_owner(zone: Zone, record: Record) -> Record:
    """Take those octets or nibbles off an owner that the zone's name has already."""
    parts, suffix = labels(record.owner), labels(zone.origin)[:-2]
    length = _V6_LABELS if zone.origin.endswith("ip6.arpa") else _V4_LABELS
    excess = len(parts) + len(suffix) - length
    repeats = 0 < excess < len(parts) and parts[-excess:] == suffix[:excess]
    owner = ".".join(parts[:-excess]) if repeats else ""
    return record._replace(owner=owner) if owner and is_free(zone, owner) else record
