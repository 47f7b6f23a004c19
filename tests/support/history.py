"""A journal with a long past: many rows, written in one transaction."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sophia_infra.journal import Journal, Kind
from sophia_infra.journal.sql import Append, SqlStorage


class Past(NamedTuple):
    """A row to write."""

    kind: Kind
    key: str
    body: Mapping[str, Any]


def write(journal: Journal | SqlStorage, rows: Iterable[Past]) -> None:
    """Write rows as `append` does, without waiting for the disk after each."""
    storage = journal.storage if isinstance(journal, Journal) else journal
    assert isinstance(storage, SqlStorage)
    storage.write([Append(row.kind, row.key, row.body, once=False) for row in rows])
