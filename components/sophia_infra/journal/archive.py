"""Rows that left a journal by `sophia audit prune`, in a file of their own.

The file is JSON Lines in UTF-8. Its first line says which rows it holds, `begins` and `ends` as `sequence:hash`: the
row before its first one, and its last one. Each line after that is a row, with the columns of docs/journal.md.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Self, TextIO

from sophia_infra.home import write_whole
from sophia_infra.journal.chain import EMPTY, Entry, Head
from sophia_infra.journal.storage import JournalError

VERSION = 1


@dataclass(frozen=True, slots=True)
class Archive:
    """A file with the rows from the one after `begins` to `ends`."""

    path: Path
    begins: Head
    ends: Head

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the first line of an archive.

        Raises:
            JournalError: the file is none, or can't be read.
        """
        with _opened(path) as file:
            try:
                head = json.loads(file.readline())
                if head["archive"] != VERSION:
                    raise JournalError(f"{path} is an archive of version {head['archive']}: upgrade sophia")
                begins, ends = Head.parse(head["begins"]), Head.parse(head["ends"])
            except (AttributeError, KeyError, TypeError, ValueError):
                raise JournalError(f"{path} is no archive of a journal", code="no-archive", field="archive") from None
        return cls(path, begins if begins.sequence else EMPTY, ends)

    def write(self, rows: Iterable[Entry]) -> None:
        """Write the file, whole or not at all; it is on disk when this returns.

        Raises:
            JournalError: it can't be written.
        """
        first = {"archive": VERSION, "begins": str(self.begins), "ends": str(self.ends)}
        try:
            write_whole(self.path, (json.dumps(line) + "\n" for line in chain([first], map(_columns, rows))))
        except OSError as error:
            raise JournalError(f"the archive {self.path} can't be written ({error})", field="to") from error

    def rows(self) -> Iterator[Entry]:
        """Yield the rows as they stand, sound or not, oldest first.

        Raises:
            JournalError: a line is no row, or can't be read.
        """
        with _opened(self.path) as file:
            file.readline()
            for number, line in enumerate(file, 2):
                try:
                    yield Entry(**json.loads(line))
                except (TypeError, ValueError):
                    raise JournalError(f"{self.path}:{number}: this is no row of a journal", field="archive") from None


def _columns(entry: Entry) -> dict[str, object]:
    columns = asdict(entry)
    del columns["ours"]  # whoever reads it judges for himself
    return columns


def _opened(path: Path) -> TextIO:
    try:
        return path.open(encoding="utf-8", errors="replace")
    except OSError as error:
        raise JournalError(f"the archive {path} can't be read ({error})", field="archive") from error
