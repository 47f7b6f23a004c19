"""BIMI records that mail programs can't read."""

import re

from sophia_infra.dns.lint.fixes.fix import fix
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import decode, with_text
from sophia_infra.dns.zone.index import Zone

_START = re.compile(r"\s*v\s*=\s*bimi1\s*[;,\s]\s*", re.IGNORECASE)


@fix("bimi-syntax")
def correct_bimi(zone: Zone, record: Record) -> Record:
    """Begin a BIMI record as mail programs read it, and have them fetch the logo by HTTPS, as they only do."""
    text = _START.sub("v=BIMI1; ", decode(record.rdata), count=1)
    return with_text(record, re.sub(r"\b([la])\s*=\s*http://", r"\1=https://", text))
