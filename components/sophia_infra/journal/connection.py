"""The process's connection to a journal's file, shared by its threads: opening one costs more than most questions."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from sophia_infra.journal.sql import Queue

if TYPE_CHECKING:
    import sqlite3

_OPEN = 4
"""How many journals a process keeps open; it has one, but for tests."""


@dataclass(slots=True, eq=False)
class Connection:
    """The connection to the file at `path`, for one thread at a time, and what waits to be written to it."""

    path: Path
    queue: Queue = field(default_factory=Queue)
    _lock: Lock = field(default_factory=Lock)
    _db: "sqlite3.Connection | None" = None
    _file: tuple[int, ...] = ()

    @contextmanager
    def used(self, mode: str, busy_seconds: float) -> Iterator["sqlite3.Connection"]:
        """Hand the connection to this thread; what it began and did not commit is rolled back.

        Raises:
            sqlite3.Error, OSError: the file can't be opened in this mode (`rw`, or `rwc` to make it), or a statement of
                the caller's fails.
        """
        with self._lock:
            db = self._opened(mode)
            db.execute(f"PRAGMA busy_timeout = {int(busy_seconds * 1000)}")
            try:
                yield db
            finally:
                if db.in_transaction:
                    db.rollback()

    def close(self) -> None:
        """Close the file."""
        if self._db is not None:
            self._db.close()
            self._db = None

    __del__ = close

    def _opened(self, mode: str) -> "sqlite3.Connection":
        """Return the connection to the file that stands at the path now, which may be another than before."""
        import sqlite3

        if self._db is None or self._file != _identity(self.path):
            self.close()
            address = f"{self.path.as_uri()}?mode={mode}"
            self._db = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA synchronous = EXTRA")
            self._db.text_factory = _decode
            self._file = _identity(self.path)
        return self._db


@lru_cache(maxsize=_OPEN)
def connection(path: Path, process: int) -> Connection:
    """Return the connection of this process (`os.getpid()`) to a file: SQLite forbids to carry one over a fork."""
    return Connection(path)


def _identity(path: Path) -> tuple[int, ...]:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return ()
    return found.st_dev, found.st_ino


def _decode(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")  # a damaged row shall fail its hash, not the query
