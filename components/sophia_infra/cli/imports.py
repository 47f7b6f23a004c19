"""`sophia zone import`."""

import sys

from sophia_infra.cli.sources import name_of, read_text, read_zone
from sophia_infra.cli.terminal import complain
from sophia_infra.dns.importers import Imported, import_zone
from sophia_infra.dns.reader import ZoneTextError
from sophia_infra.dns.records import to_text


def run(file: str, origin: str, source: str) -> int:
    """Print canonical zone text, and on stderr what could not be carried over. Return 0.

    Raises:
        ZoneTextError: something in the file can't be read; nothing is printed on stdout then.
    """
    imported = _imported(file, origin, source)
    for note in imported.notes:
        complain(note)
    if imported.problems:
        raise ZoneTextError(imported.problems)
    sys.stdout.write(to_text(imported.records))
    return 0


def _imported(file: str, origin: str, source: str) -> Imported:
    if source != "master":
        return import_zone(read_text(file), origin, source, file=name_of(file))
    reading = read_zone(file, origin)  # which follows $INCLUDE
    notes = tuple(f"{one.file}:{one.line}: {one.message}" for one in reading.warnings)
    return Imported(reading.records, notes, tuple(reading.problems))
