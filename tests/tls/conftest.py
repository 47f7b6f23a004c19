"""A clock that stands still, and a CA in a folder of the test's own."""

from pathlib import Path

import pytest

from sophia_infra.tls.issuers.embedded import EmbeddedCa
from tests.tls.orders import NOW


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_NOW", NOW.isoformat())
    monkeypatch.delenv("SOPHIA_CA_PASSPHRASE", raising=False)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the journal and the default CA go."""
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ca"


@pytest.fixture
def ca(folder: Path) -> EmbeddedCa:
    return EmbeddedCa.at(str(folder))
