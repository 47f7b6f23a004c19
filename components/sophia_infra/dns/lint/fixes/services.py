"""Service records: SRV, TLSA, SSHFP, NAPTR."""

from sophia_infra.dns.lint.fixes.fix import fix
from sophia_infra.dns.lint.zone import Zone
from sophia_infra.dns.records import Record


@fix("null-mx-with-others", "srv-null-with-others")
def drop_null(zone: Zone, record: Record) -> Record | None:
    """Remove the MX or SRV that says that there is no service."""
    return None if record.rdata.endswith(" .") else record


@fix("srv-owner")
def swap_labels(zone: Zone, record: Record) -> Record:
    """Put service and protocol in their order, where that name is free."""
    first, _, rest = record.owner.partition(".")
    second, dot, host = rest.partition(".")
    owner = f"{second}.{first}{dot}{host}"
    swapped = first.startswith("_") and second.startswith("_") and owner not in zone.by_name
    return record._replace(owner=owner) if swapped else record
