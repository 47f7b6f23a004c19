"""`sophia zone import`."""

import sys

from ..dns.importers import import_zone
from ..dns.reader import ZoneTextError
from ..dns.records import to_text
from .sources import name_of, read_text
from .terminal import complain


def run(file: str, origin: str, source: str) -> int:
    """Print canonical zone text, and on stderr what could not be carried over. Return 0.

    Raises:
        ZoneTextError: something in the file can't be read; nothing is printed then.
    """
    imported = import_zone(read_text(file), origin, source, file=name_of(file))
    for note in imported.notes:
        complain(str(note))
    if imported.problems:
        raise ZoneTextError(imported.problems)
    sys.stdout.write(to_text(imported.records))
    return 0
