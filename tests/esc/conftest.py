from collections.abc import Iterator
from pathlib import Path

import pytest

from sophia_infra.esc import Cloud, cloud
from sophia_infra.esc.login import Login
from tests.support.esc_server import TOKEN, EscServer, serving


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EscServer]:
    """A service that this user is logged in to."""
    monkeypatch.setattr(cloud, "_PAUSE", 0.01)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi"))
    monkeypatch.delenv("PULUMI_CREDENTIALS_PATH", raising=False)
    with serving(EscServer()) as found:
        monkeypatch.setenv("PULUMI_BACKEND_URL", found.url)
        monkeypatch.setenv("PULUMI_ACCESS_TOKEN", TOKEN)
        yield found


@pytest.fixture
def source(server: EscServer) -> Cloud:
    return Cloud(Login(server.url, TOKEN))
