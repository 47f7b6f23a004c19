"""A real primary for each test, Knot and BIND in turn, and the backend that writes to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from sophia_infra.dns.backends import Credentials
from sophia_infra.dns.backends.rfc2136.backend import SEEN, Rfc2136
from tests.support import bind, knot
from tests.support.primary import SECRET, Primary

Start = Callable[..., AbstractContextManager[Primary]]
SERVERS: dict[str, tuple[Callable[[], bool], Start]] = {
    "knot": (knot.installed, knot.updatable),
    "bind": (bind.installed, bind.updatable),
}


def opened(primary: Primary, secret: str = SECRET, **settings: object) -> Rfc2136:
    """The backend of a primary's zone."""
    given = {name: value for name, value in primary.settings.items() if name != "kind"}
    credentials = Credentials({"sophia:tsigSecret": secret}.get)
    return Rfc2136.from_settings(given | settings, primary.domain, credentials)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "home"))
    SEEN.clear()  # the next server may have the last one's port
    return tmp_path / "home"


@pytest.fixture(params=SERVERS)
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Start:
    """Starts the server: `with start() as primary`."""
    installed, updatable = SERVERS[request.param]
    if not installed():
        pytest.skip(f"{request.param} is not installed; python -m engine.debian gets it")

    def started(**options: str) -> AbstractContextManager[Primary]:
        return updatable(tmp_path / request.param, **options)

    return started


@pytest.fixture
def primary(start: Start) -> Iterator[Primary]:
    with start() as running:
        yield running


@pytest.fixture
def zone(primary: Primary) -> Rfc2136:
    return opened(primary)
