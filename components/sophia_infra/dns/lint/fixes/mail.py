"""What receives mail: the policies of MTA-STS and of TLS reports."""

import re

from sophia_infra.dns.lint.fixes.fix import fix
from sophia_infra.dns.lint.mail import sts_fault
from sophia_infra.dns.lint.text import decode, with_text
from sophia_infra.dns.lint.zone import Zone
from sophia_infra.dns.records import Record

_STS = re.compile(r"\s*v\s*=\s*stsv1\s*;\s*id\s*=([^;]*);?\s*", re.IGNORECASE)


@fix("mta-sts-syntax")
def correct_sts(zone: Zone, record: Record) -> Record:
    """Begin an MTA-STS record as senders read it, and keep letters and digits of its id."""
    match = _STS.fullmatch(decode(record.rdata))
    text = f"v=STSv1; id={re.sub('[^A-Za-z0-9]', '', match[1])};" if match else ""
    return record if not match or sts_fault([text]) else with_text(record, text)
