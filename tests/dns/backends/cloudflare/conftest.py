"""A Cloudflare on loopback with one small zone, and the backend for it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.dns.backends import BaseMovedError, Decide, Live, open_backend
from sophia_infra.dns.backends.cloudflare.backend import Cloudflare
from tests.support.cloudflare_server import TOKEN, CloudflareServer, serving

Open = Callable[..., Cloudflare]


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[float]:
    """What the client would have waited; nothing is waited for."""
    waited: list[float] = []
    monkeypatch.setattr("sophia_infra.dns.backends.cloudflare.client.time.sleep", waited.append)
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", TOKEN)
    return waited


@pytest.fixture
def server() -> Iterator[CloudflareServer]:
    with serving(CloudflareServer()) as running:
        running.add("A", "shop.example", content="192.0.2.1", ttl=300)
        running.add("A", "www.shop.example", content="192.0.2.2", comment="the web", tags=["team:web"])
        running.add("TXT", "shop.example", content='"v=spf1 -all"', ttl=3600)
        yield running


@pytest.fixture
def opened(server: CloudflareServer) -> Open:
    """Open the backend with these settings."""

    def open_(**settings: Any) -> Cloudflare:
        given = {"kind": "cloudflare", "endpoint": server.endpoint, **settings}
        backend = open_backend(given, server.domain)
        assert isinstance(backend, Cloudflare)
        return backend

    return open_


@pytest.fixture
def zone(opened: Open) -> Cloudflare:
    return opened()


def planned(zone: Cloudflare, *changes: Callable[[str], str]) -> tuple[str, Decide]:
    """A desired zone that is the live one after these changes, and the decision that was planned for it."""
    base = zone.read()
    desired = base.text
    for change in changes:
        desired = change(desired)
    desired = zone.normalize(desired, base)

    def decide(live: Live) -> str:
        if live.base != base.base:
            raise BaseMovedError(zone.location)
        return desired

    return desired, decide


def replacing(old: str, new: str) -> Callable[[str], str]:
    """A change of one part of a zone's text."""

    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return change
