"""Master files (RFC 1035 section 5) and single records, read into canonical form: pure, and no I/O."""

from sophia_infra.dns.reader.master import OpenInclude
from sophia_infra.dns.reader.problems import FIXES, Problem, ZoneTextError
from sophia_infra.dns.reader.reading import (
    Reading,
    check_zone,
    read,
    read_rdata,
    refuse_unloadable,
    zone_name,
)
from sophia_infra.dns.reader.syntax import DEFAULT_TTL, TTL_LIMIT

__all__ = [
    "DEFAULT_TTL",
    "FIXES",
    "TTL_LIMIT",
    "OpenInclude",
    "Problem",
    "Reading",
    "ZoneTextError",
    "check_zone",
    "read",
    "read_rdata",
    "refuse_unloadable",
    "zone_name",
]
