"""Master files on disk: bounded, UTF-8, with `$INCLUDE` (the reader itself does no I/O)."""

import os
from pathlib import Path

from sophia_infra.dns.reader import Problem, Reading, ZoneTextError, read
from sophia_infra.dns.reader.problems import FIXES

ZONE_FILE_LIMIT = 64 * 2**20
"""Octets of a master file and all it includes, together: 64 MiB."""


def read_file(
    path: str | Path, origin: str, *, default_ttl: int | None = None, limit: int = ZONE_FILE_LIMIT
) -> Reading:
    """Read a master file and what it includes; `default_ttl` as in `reader.read`.

    A relative path in `$INCLUDE` is looked up beside the including file first, then, as BIND does, in the working
    directory. A file that is missing, no text or too large is a problem of the reading, which then is not `readable`.
    Raises `ZoneTextError` for an origin that is not a domain name.
    """
    opener = _Opener(limit)
    try:
        text = opener.text(Path(path))
    except ZoneTextError as error:
        return Reading([], list(error.problems), readable=False)
    return read(text, origin, file=str(path), default_ttl=default_ttl, open_include=opener.include)


class _Opener:
    def __init__(self, limit: int) -> None:
        self._limit, self._left = limit, limit

    def include(self, path: str, including: str) -> tuple[str, str]:
        beside = Path(including).parent / path
        found = beside if beside.exists() or not Path(path).exists() else Path(path)
        return os.path.normpath(found), self.text(found)

    def text(self, path: Path) -> str:
        """Return a file's text, and count its octets against what is left of the limit."""
        octets = self._octets(path)
        self._left -= len(octets)
        try:
            return octets.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = octets.count(b"\n", 0, error.start) + 1
            message = f"octet 0x{octets[error.start]:02x} at offset {error.start} is not UTF-8"
            raise _error("not-text", path, message, line) from None

    def _octets(self, path: Path) -> bytes:
        try:
            if path.is_dir():
                raise _error("file-unreadable", path, "is a directory")
            self._weigh(path, path.stat().st_size)
            with path.open("rb") as file:
                octets = file.read(self._left + 1)
        except FileNotFoundError:
            raise _error("file-missing", path, "there is no such file") from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            raise _error("file-unreadable", path, f"can't be read: {reason or error}") from None
        self._weigh(path, len(octets))
        return octets

    def _weigh(self, path: Path, size: int) -> None:
        if size > self._left:
            others = f", after {self._limit - self._left} of other files" if self._left < self._limit else ""
            raise _error("file-too-large", path, f"has {size} octets{others}; the limit is {self._limit} in all")


def _error(code: str, path: Path, message: str, line: int = 0) -> ZoneTextError:
    return ZoneTextError([Problem(code, str(path), line, "file", "", message, FIXES[code])])
