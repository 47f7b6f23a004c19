"""`sophia zone import`."""

import sys
from pathlib import Path

from sophia_infra.cli.sources import STDIN, name_of, read_text
from sophia_infra.cli.terminal import complain
from sophia_infra.dns.importers.source import Source
from sophia_infra.dns.reader import ZoneTextError
from sophia_infra.dns.rr.record import to_text


def run(file: str, origin: str | None, chosen: str | None, *, strict: bool) -> int:
    """Print canonical zone text, and on stderr what could not be carried over.

    Return 0; with `strict`, 1 where anything could not.

    Raises:
        ZoneTextError: something in the file can't be read; nothing is printed on stdout then.
        OriginError: there is no such zone in the file, or several and none was named.
    """
    source = opened(file, chosen)
    zone = source.pick(origin)
    imported = source.read(zone)
    if chosen is None:
        complain(f"{source.file} is read as {source.format}; --from names another format")
    if origin is None:
        complain(f"the zone is {zone}")
    for note in imported.notes:
        complain(note)
    if imported.problems:
        raise ZoneTextError(imported.problems)
    sys.stdout.write(to_text(imported.records))
    return int(strict and bool(imported.notes))


def opened(file: str, chosen: str | None) -> Source:
    """Open a verb's FILE: a path to a file or a folder, or standard input for `-`."""
    if file == STDIN:
        return Source.of_text(read_text(file), name_of(file), chosen)
    path = Path(file)
    return Source.of_path(path, "" if path.is_dir() else read_text(file), chosen)
