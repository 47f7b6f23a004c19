"""Each test is a run of its own: within a run a reference is looked up once."""

import pytest


@pytest.fixture(autouse=True)
def _run(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_RUN", request.node.name)
