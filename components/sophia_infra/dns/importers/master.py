"""Master files (RFC 1035 section 5): what the reader reads."""

from sophia_infra.dns.importers.collector import Imported
from sophia_infra.dns.reader import OpenInclude, read


def records(text: str, origin: str, file: str, open_include: OpenInclude | None = None) -> Imported:
    """Read a master file. What name servers read each in their own way is noted."""
    reading = read(text, origin, file=file, open_include=open_include)
    notes = tuple(f"{warning.file}:{warning.line}: {warning.message}" for warning in reading.warnings)
    return Imported(reading.records, notes, tuple(reading.problems))
