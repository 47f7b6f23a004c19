"""A PostgreSQL that asks for passwords, and a folder of the journal's own."""

import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import postgresql
from tests.support import redis as redis_servers

_NUMBERS = itertools.count(1)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="session")
def files() -> Iterator[Path]:
    """The folder of the server's files."""
    with tempfile.TemporaryDirectory(prefix="sophia-secrets-") as parent:
        Path(parent).chmod(0o755)  # the server's own user has to get in, which it may not below pytest's folder
        yield Path(parent) / "server"


@pytest.fixture(scope="session")
def server(files: Path) -> Iterator[str]:
    """The URL of its superuser; all others are asked for passwords."""
    folder = postgresql.programs()
    if folder is None:
        pytest.skip("no PostgreSQL here: apt-get install postgresql")
    with postgresql.server(files, folder) as url:
        postgresql.ask_for_passwords(files, url)
        yield url


@pytest.fixture
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Redis of the test's own."""
    if not redis_servers.program():
        pytest.skip("redis-server is not installed; python -m engine.debian gets it")
    with redis_servers.server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def new_group() -> Callable[[], str]:
    """Returns the name of a group that no test has used."""
    return lambda: f"app{next(_NUMBERS)}"


@pytest.fixture
def group(new_group: Callable[[], str]) -> str:
    return new_group()
