"""DMARC records in the wrong place, or begun or addressed in a way that receivers don't read."""

import re

from sophia_infra.dns.lint.dmarc import faults
from sophia_infra.dns.lint.fixes.fix import fix
from sophia_infra.dns.lint.text import decode, with_text
from sophia_infra.dns.lint.zone import Zone
from sophia_infra.dns.records import Record

_BARE_ADDRESS = re.compile(r"\b(ru[af]\s*=\s*|,\s*)(?=[^@\s:;,]+@[^@\s:;,]+(?:[;,\s]|$))")
_START = re.compile(r"""[\s"']*v\s*=\s*dmarc1\s*[;,]?\s*""", re.IGNORECASE)


@fix("dmarc-misplaced")
def move_dmarc(zone: Zone, record: Record) -> Record:
    """Move a DMARC record to `_dmarc`, where that is free."""
    right = "_dmarc" if record.owner == "@" else "_" + record.owner
    misplaced = decode(record.rdata).startswith("v=DMARC1") and not zone.exists(right)
    return record._replace(owner=right) if misplaced else record


@fix("dmarc-syntax")
def correct_dmarc(zone: Zone, record: Record) -> Record:
    """Begin a DMARC record as receivers read it, where that is all that is wrong."""
    text = _START.sub("v=DMARC1; ", decode(record.rdata), count=1).strip()
    return record if faults(text) else with_text(record, text)


@fix("dmarc-report-address", "tls-report-syntax")
def add_mailto(zone: Zone, record: Record) -> Record:
    """Write `mailto:` before bare addresses of reports."""
    return with_text(record, _BARE_ADDRESS.sub(r"\1mailto:", decode(record.rdata)))
