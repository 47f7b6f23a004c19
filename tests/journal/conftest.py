"""The storages that the contract is held against."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sophia_infra.journal import Storage
from sophia_infra.journal.postgresql import PostgresStorage
from sophia_infra.journal.sqlite import SqliteStorage
from tests.support import postgresql

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    """The URL of a PostgreSQL that this run has for itself."""
    with postgresql.anywhere() as url:
        yield url


@pytest.fixture
def make_database(database_server: str) -> Callable[[], str]:
    """Makes an empty database and returns its URL."""
    psycopg = pytest.importorskip("psycopg")

    def made() -> str:
        name = f"journal_{next(_NUMBERS)}"
        with psycopg.connect(database_server, autocommit=True) as db:
            db.execute(f"CREATE DATABASE {name}")
        return database_server.rpartition("/")[0] + f"/{name}"

    return made


@pytest.fixture(params=["sqlite", "postgresql"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    """An empty journal."""
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / ".sophia"))
    if request.param == "sqlite":
        return SqliteStorage(tmp_path / "journal.db")
    return PostgresStorage(request.getfixturevalue("make_database")())
