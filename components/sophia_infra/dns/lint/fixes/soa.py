"""SOA: the names in it, and its timers."""

from sophia_infra.dns.lint.fixes.fix import fix
from sophia_infra.dns.lint.zone import Zone
from sophia_infra.dns.records import Record


@fix("soa-mailbox", "soa-name-lacks-dot")
def mend_soa_names(zone: Zone, record: Record) -> Record:
    """End the names in an SOA with their dot, and write the mailbox without an at sign."""
    primary, mailbox, rest = record.rdata.split(" ", 2)
    names = (_without_origin(zone, name.replace("\\@", ".", 1)) for name in (primary, mailbox))
    return record._replace(rdata=" ".join((*names, rest)))


def _without_origin(zone: Zone, name: str) -> str:
    owner = zone.relative(name)
    return name if owner is None or not zone.repeats_origin(owner) else f"{owner}."
