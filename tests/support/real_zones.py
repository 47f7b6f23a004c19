"""A university's production zones and their history, which include from the folder above their own."""

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sophia_infra.dns.files import VARIABLE
from tests.support.workspace import REPO

DATA = REPO.parent / "shared" / "data" / "ocf-zones"


@contextmanager
def history(folder: Path) -> Iterator[list[Path]]:
    """Unpack the versions, oldest first; meanwhile `$INCLUDE` may read in them, here and in child processes."""
    with tarfile.open(DATA / "history.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    with included(folder):
        yield sorted((folder / "history").iterdir())


@contextmanager
def included(folder: Path) -> Iterator[None]:
    """Let `$INCLUDE` read below a folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(folder))
        yield
