"""SVCB and HTTPS: address hints."""

from sophia_infra.dns.lint.fixes.fix import fix
from sophia_infra.dns.lint.svcb import addresses, hinted
from sophia_infra.dns.lint.zone import Zone
from sophia_infra.dns.records import Record


@fix("svcb-hint-differs")
def correct_hints(zone: Zone, record: Record) -> Record:
    """Give address hints the addresses of their host."""
    rdata = record.rdata
    for one, version, hints in hinted(zone):
        known = addresses(zone, record, version)
        if one == record and known:
            rdata = rdata.replace(",".join(hints), ",".join(sorted(known)))
    return record._replace(rdata=rdata)
