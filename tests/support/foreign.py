"""Rows in a journal's file that another machine wrote, or that somebody forged: whole in all but their seals."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from sophia_infra.journal import Journal, Row
from sophia_infra.journal.seal import KEY


@contextmanager
def machine(key: str = "") -> Iterator[None]:
    """Be another machine, with a key of its own, or with a shared one."""
    with tempfile.TemporaryDirectory(prefix="sophia-elsewhere-") as state:
        changed = {"XDG_STATE_HOME": state, KEY: key}
        with mock.patch.dict(os.environ, changed):
            yield


def forge(journal: Journal, *rows: tuple[str, Row]) -> None:
    """Add rows that this machine does not vouch for, each by its key."""
    with machine():
        for key, row in rows:
            journal.write(key, row)
