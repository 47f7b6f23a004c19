from collections.abc import Iterator
from pathlib import Path

import pytest

from sophia_infra.esc.cloud import Cloud
from sophia_infra.esc.login import Login
from tests.support.esc_server import TOKEN, EscServer, logged_in


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EscServer]:
    """A service that this user is logged in to."""
    with logged_in(tmp_path / "pulumi", monkeypatch) as found:
        yield found


@pytest.fixture
def source(server: EscServer) -> Cloud:
    return Cloud(Login(server.url, TOKEN))
