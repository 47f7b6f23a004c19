"""Where a subcommand's FILE comes from: a path, or standard input for `-`."""

import sys
from contextlib import nullcontext
from pathlib import Path

from sophia_infra.cli.options import STDIN
from sophia_infra.dns.files import ZONE_FILE_LIMIT, read_file
from sophia_infra.dns.reader import FIXES, Problem, Reading, ZoneTextError, read
from sophia_infra.dns.rr.record import Record, to_text

STDIN_NAME = "<stdin>"


def read_zone(file: str, origin: str) -> Reading:
    """Read a master file; a relative $INCLUDE works in a file, not on standard input."""
    if file == STDIN:
        return read(read_text(file), origin, file=STDIN_NAME)
    return read_file(file, origin)


def records_of(file: str, origin: str) -> list[Record]:
    """Return the records of a master file.

    Raises:
        ZoneTextError: a name server would refuse some of it.
    """
    return read_zone(file, origin).sound()


def canonical_zone(file: str, origin: str) -> str:
    """Return a master file as canonical text. Raises ZoneTextError as `records_of`."""
    return to_text(records_of(file, origin))


def read_text(file: str) -> str:
    """Return the text of a file, whatever its format.

    Raises:
        ZoneTextError: it is larger than 64 MiB, or not UTF-8.
        OSError: it can't be opened or read.
    """
    with nullcontext(sys.stdin.buffer) if file == STDIN else Path(file).open("rb") as stream:
        content = stream.read(ZONE_FILE_LIMIT + 1)
    if len(content) > ZONE_FILE_LIMIT:
        raise _refused("file-too-large", file, f"holds more than {ZONE_FILE_LIMIT} octets, the limit")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"octet {content[error.start]:#04x} at offset {error.start} is not UTF-8"
        raise _refused("not-text", file, message) from None


def name_of(file: str) -> str:
    """Return a file's name as messages give it."""
    return STDIN_NAME if file == STDIN else file


def _refused(code: str, file: str, message: str) -> ZoneTextError:
    return ZoneTextError([Problem(code, name_of(file), 0, "file", "", message, FIXES[code])])
