"""One Pebble for all tests of a process, and an issuer in a home of each test's own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sophia_infra.tls import keys
from sophia_infra.tls.challenge_settings import ChallengeSettings
from sophia_infra.tls.issuer_settings import IssuerSettings
from sophia_infra.tls.issuers import Access
from sophia_infra.tls.issuers.acme import AcmeIssuer
from sophia_infra.tls.spec import ArgumentError, KeyType
from sophia_infra.values import Value
from tests.support import pebble as server
from tests.support.pebble import Pebble

Make = Callable[..., AcmeIssuer]


@pytest.fixture(scope="session")
def _pebble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pebble]:
    server.skip_where_lacking()
    with server.running(tmp_path_factory.mktemp("pebble")) as running:
        yield running


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pebble's clock is the machine's."""
    monkeypatch.delenv("SOPHIA_NOW", raising=False)


@pytest.fixture
def pebble(_pebble: Pebble) -> Iterator[Pebble]:
    yield _pebble
    assert _pebble.shown == [], "every test leaves no proof"


@pytest.fixture
def account_key() -> str:
    """A key for each test: told to know no name as shown, Pebble still does for one in a hundred of an account."""
    return keys.private_pem(keys.generate(KeyType.ECDSA_P256))


@pytest.fixture
def make(pebble: Pebble, account_key: str) -> Make:
    """Make the issuer of Pebble, with other settings if need be."""

    def made(**changed: Any) -> AcmeIssuer:
        settings = IssuerSettings.read(Value("issuer", {**pebble.issuer, **changed}, ArgumentError))
        challenge = ChallengeSettings.from_inputs({"challenge": pebble.challenge}, ArgumentError)
        return AcmeIssuer(settings, challenge, Access(account_key))

    return made
