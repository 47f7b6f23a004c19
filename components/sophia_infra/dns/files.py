"""Master files on disk: bounded, UTF-8, with `$INCLUDE` (the reader itself does no I/O).

Who may write a zone may not read this machine with it: `$INCLUDE` opens what is below the zone's own folder, links
followed, and what is below the folders in SOPHIA_INCLUDE. Of the latter no error quotes a word.
"""

import os
from dataclasses import replace
from pathlib import Path

from sophia_infra.dns.reader import Problem, Reading, ZoneTextError, read
from sophia_infra.dns.reader.problems import FIXES

ZONE_FILE_LIMIT = 64 * 2**20
"""Octets of a master file and all it includes, together: 64 MiB."""
WRITTEN_BY_US = "; written by sophia-infra"
"""How a master file begins that our backend writes: it holds what is live, and declares nothing."""
VARIABLE = "SOPHIA_INCLUDE"
"""More folders that `$INCLUDE` may read from, as PATH lists them."""


def read_file(
    path: str | Path,
    origin: str,
    *,
    default_ttl: int | None = None,
    limit: int = ZONE_FILE_LIMIT,
    text: str | None = None,
) -> Reading:
    """Read a master file and what it includes; `default_ttl` as in `reader.read`.

    With `text` it is read as if that stood in the file.

    A relative path in `$INCLUDE` is looked up beside the including file first, then, as BIND does, in the working
    directory. A file that is missing, no text, too large, or outside of where `$INCLUDE` may read is a problem of the
    reading, which then is not `readable`. Raises `ZoneTextError` for an origin that is not a domain name.
    """
    opener = _Opener(limit, Path(path).parent.resolve())
    try:
        text = opener.text(Path(path)) if text is None else text
    except ZoneTextError as error:
        return Reading([], list(error.problems), readable=False)
    reading = read(text, origin, file=str(path), default_ttl=default_ttl, open_include=opener.include)
    if not opener.foreign:
        return reading
    found = (reading.problems, reading.warnings, reading.notes)
    problems, warnings, notes = ([_unquoted(problem, opener.foreign) for problem in listed] for listed in found)
    return replace(reading, problems=problems, warnings=warnings, notes=notes)


def names_of(zone: str) -> tuple[str, ...]:
    """Return what the master file of a zone is called as a rule: `shop.example.zone`, `db.shop.example`."""
    return f"{zone}.zone", f"db.{zone}", f"{zone}.db"


def is_ours(path: Path) -> bool:
    """Return whether our backend wrote a file; OSError where it can't be read."""
    with path.open("rb") as file:
        return file.read(len(WRITTEN_BY_US)) == WRITTEN_BY_US.encode()


def declares(path: Path) -> bool:
    """Return whether a file is there that may declare a zone: none that our backend wrote."""
    try:
        return not is_ours(path)
    except OSError:
        return False


def _unquoted(problem: Problem, foreign: set[str]) -> Problem:
    if problem.file not in foreign:
        return problem
    message = f"{problem.code}, in a file outside of the zone's folder, of which nothing is shown"
    return Problem(problem.code, problem.file, problem.line, "line", "", message, FIXES.get(problem.code, "mend it"))


class _Opener:
    """Opens a zone's files; `foreign` are those outside of its own folder."""

    def __init__(self, limit: int, own: Path) -> None:
        self._limit, self._left, self._own = limit, limit, own
        self.foreign: set[str] = set()

    def include(self, path: str, including: str) -> tuple[str, str]:
        given = (Path(including).parent / path, Path(path))
        inside = [found for found in given if self._may_read(found)]
        if not inside:  # whether there is such a file is not for this zone to know
            raise _error("include-outside", Path(path), f"is outside of {self._own}, the zone's own folder")
        found = next((found for found in inside if found.exists()), inside[0])
        if found.exists() and not found.is_file():  # a pipe would be waited for
            raise _error("file-unreadable", found, "is no plain file")
        name = os.path.normpath(found)
        if not found.resolve().is_relative_to(self._own):
            self.foreign.add(name)
        return name, self.text(found)

    def _may_read(self, path: Path) -> bool:
        more = [Path(folder).resolve() for folder in os.environ.get(VARIABLE, "").split(os.pathsep) if folder]
        try:
            real = path.resolve()
        except (OSError, RuntimeError, ValueError):  # a circle of links, a name that no system takes
            return False
        return any(real.is_relative_to(folder) for folder in (self._own, *more))

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
