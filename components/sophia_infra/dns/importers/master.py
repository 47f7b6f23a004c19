"""Master files (RFC 1035 section 5): what the reader reads."""

import re

from sophia_infra.dns.importers.collector import Imported
from sophia_infra.dns.reader import OpenInclude, read

_SOA = re.compile(r"^(\S+)\.[ \t]+(?:\S+[ \t]+){0,2}SOA[ \t]", re.MULTILINE | re.IGNORECASE)
_ORIGIN = re.compile(r"^\$ORIGIN[ \t]+(\S+)\.[ \t\r]*(?:;.*)?$", re.MULTILINE | re.IGNORECASE)


def records(text: str, origin: str, file: str, open_include: OpenInclude | None = None) -> Imported:
    """Read a master file. What name servers read each in their own way is noted."""
    reading = read(text, origin, file=file, open_include=open_include)
    notes = tuple(f"{warning.file}:{warning.line}: {warning.message}" for warning in reading.warnings)
    return Imported(reading.records, notes, tuple(reading.problems))


def zones(text: str, _: str) -> list[str]:
    """Return the name that the file gives itself: its SOA's full owner name, or else the first `$ORIGIN`."""
    found = _SOA.findall(text) or _ORIGIN.findall(text)
    return list(dict.fromkeys(name.lower() for name in found[:1]))
