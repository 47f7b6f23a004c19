"""A domain at the stand-in, and the backend that reaches it without waiting."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import stamina

from sophia_infra.dns.backends import BaseMovedError, Decide, Live, open_backend
from sophia_infra.dns.backends.namecheap.backend import Namecheap
from tests.support.namecheap_server import IP, KEY, USER, Account, Domain, running

DOMAIN = "shop.example"
HOSTS = [
    ("@", "A", "192.0.2.1", "10", 1800),
    ("www", "CNAME", "shop.example.", "10", 1800),
    ("old", "URL301", "https://www.shop.example/", "10", 1800),
]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NAMECHEAP_API_KEY", KEY)
    with stamina.set_testing(True, attempts=99, cap=True):  # all the tries there are, without the pauses
        yield tmp_path / "home"


@pytest.fixture
def account() -> Iterator[Account]:
    with running(shop_example=Domain(list(HOSTS))) as account:
        yield account


@pytest.fixture
def panel(account: Account) -> Domain:
    return account.domains[DOMAIN]


def opened(account: Account, domain: str = DOMAIN, **settings: object) -> Namecheap:
    """The backend, which never waits between its requests."""
    given = {"kind": "namecheap", "username": USER, "client_ip": IP, "endpoint": account.endpoint, **settings}
    backend = open_backend(given, domain)
    assert isinstance(backend, Namecheap)
    api = backend.api
    return Namecheap(replace(api, budget=replace(api.budget, sleep=lambda _: None)))


@pytest.fixture
def backend(account: Account) -> Namecheap:
    return opened(account)


def planned(backend: Namecheap, *lines: str) -> Decide:
    """What an apply decides whose plan was made now: the frame, and these records."""
    live = backend.read()
    zone = frame(live) + "".join(f"{line}\n" for line in lines)
    desired = backend.normalize(zone, live)

    def decide(now: Live) -> str:
        if now.base != live.base:
            raise BaseMovedError(backend.location)
        return desired

    return decide


def frame(live: Live) -> str:
    return "".join(line for line in live.text.splitlines(keepends=True) if line.startswith(("@ 3601 SOA", "@ 1800 NS")))


def records(live: Live) -> list[str]:
    return [line for line in live.text.splitlines() if f"{line}\n" not in frame(live)]
