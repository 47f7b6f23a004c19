"""The account at a real CA that wants it bound to one of its own: registered, told of another contact, another key."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pulumi import UNKNOWN

from sophia_infra.credentials import Credentials
from sophia_infra.errors import SophiaError
from sophia_infra.tls import keys
from sophia_infra.tls.account_resource import AcmeAccountProvider, _binding, read_access
from sophia_infra.tls.issuers import Access, Binding, IssuerError
from sophia_infra.tls.issuers.acme.session import Session
from sophia_infra.tls.spec import ArgumentError
from tests.support import pebble as server
from tests.support.pebble import BOUND, KID, MAC, Pebble
from tests.support.refusals import refused
from tests.tls.acme.conftest import Make
from tests.tls.orders import order

NAMES = ("shop.example", "www.shop.example")
PROVIDER = AcmeAccountProvider()


@pytest.fixture(scope="module")
def _pebble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pebble]:
    server.skip_where_lacking()
    with server.running(tmp_path_factory.mktemp("bound"), config=BOUND) as running:
        yield running


def rsa_key() -> str:
    return keys.private_pem(rsa.generate_private_key(65537, 2048))


def ec_key(curve: Any) -> str:
    return keys.private_pem(ec.generate_private_key(curve))


def accounts(pebble: Pebble) -> int:
    return pebble.log.read_text().count("accounts in memory")


def test_an_account_is_bound_to_one_that_the_ca_has_of_its_own(make: Make, pebble: Pebble) -> None:
    unbound = make()
    with refused(IssuerError, "acme-refused", field="issuer.eab", value="externalAccountRequired"):
        unbound.preflight(NAMES, order().lifetime)
    make(eab={}).preflight(NAMES, order().lifetime)
    key, asked = ec_key(ec.SECP256R1()), order(domains=NAMES)
    for binding, kind in ((None, "externalAccountRequired"), (Binding("kid-2", MAC), "unauthorized")):
        with refused(IssuerError, "acme-refused", value=kind) as told:
            replace(unbound, access=Access(key, binding=binding)).issue(asked)
        assert MAC not in str(told.value)
    bound = replace(unbound, access=Access(key, binding=Binding(KID, MAC)))
    before = accounts(pebble)
    first = bound.issue(asked)
    assert bound.issue(order(domains=NAMES, generation=2, base=first.base)).generation == 2
    assert accounts(pebble) == before + 1
    assert MAC not in repr(bound)


def registered(make: Make, pebble: Pebble, key: str, email: str = "ops@shop.example") -> dict[str, Any]:
    """An account in the state, and at the CA."""
    inputs = {"directory": pebble.directory, "email": email, "trust": str(pebble.trust), "given_key": key}
    assert PROVIDER.check({}, inputs).failures == []
    outs = PROVIDER.create(inputs).outs
    assert outs is not None
    Session.open(make(email=email).settings, key, Binding(KID, MAC))
    return outs


def contact(make: Make, key: str) -> list[str]:
    return list(Session.open(make().settings, key, registers=False).registered()[1])


@pytest.mark.parametrize("kind", ["rsa", "p256", "p384"])
def test_a_given_key_of_any_kind_signs_and_the_account_goes_over_to_the_next(
    kind: str, make: Make, pebble: Pebble
) -> None:
    key = rsa_key() if kind == "rsa" else ec_key({"p256": ec.SECP256R1(), "p384": ec.SECP384R1()}[kind])
    olds, before = registered(make, pebble, key), accounts(pebble)
    news = {**olds, "given_key": ec_key(ec.SECP256R1()), "email": "dns@shop.example"}
    assert PROVIDER.diff("id", olds, news).changes
    outs = PROVIDER.update("id", olds, news).outs
    assert outs is not None
    assert outs["account_key"] == news["given_key"]
    assert contact(make, outs["account_key"]) == ["mailto:dns@shop.example"]
    with refused(IssuerError, "acme-refused", value="accountDoesNotExist"):
        Session.open(make().settings, key, registers=False)
    # A run that was killed once the CA knew: the state has the old key still, and the next run ends the same.
    assert PROVIDER.update("id", olds, news).outs == outs
    assert not PROVIDER.diff("id", outs, news).changes
    assert accounts(pebble) == before
    no_email = PROVIDER.update("id", outs, {**news, "email": None}).outs
    assert no_email is not None
    assert not contact(make, no_email["account_key"])


def test_of_a_key_by_reference_the_state_has_the_reference_and_the_account_goes_over_by_another_one(
    make: Make, pebble: Pebble, tmp_path: Path
) -> None:
    first, second = ec_key(ec.SECP256R1()), ec_key(ec.SECP384R1())
    for name, pem in (("first", first), ("second", second)):
        (tmp_path / name).touch(0o600)
        (tmp_path / name).write_text(pem)
    olds, before = registered(make, pebble, first), accounts(pebble)
    by_reference = {**olds, "given_key": f"file:{tmp_path}/first"}
    assert PROVIDER.diff("id", olds, by_reference).changes, "the state lets go of the key"
    referring = PROVIDER.update("id", olds, by_reference).outs
    assert referring == {**olds, "given_key": f"file:{tmp_path}/first", "account_key": f"file:{tmp_path}/first"}
    assert not PROVIDER.diff("id", referring, by_reference).changes

    moved = PROVIDER.update("id", referring, {**by_reference, "given_key": f"file:{tmp_path}/second"}).outs
    assert moved is not None
    assert "PRIVATE KEY" not in str(moved)
    assert contact(make, second)
    assert accounts(pebble) == before
    access = read_access({pebble.directory: {"account_key": moved["account_key"]}}, pebble.directory, Credentials())
    assert access.account_key == second.strip()


def test_a_reference_at_which_another_key_stands_is_refused_since_the_key_before_signs_the_change(
    pebble: Pebble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").touch(0o600)
    (tmp_path / "key").write_text(ec_key(ec.SECP256R1()))
    inputs = {"directory": pebble.directory, "trust": str(pebble.trust), "given_key": f"file:{tmp_path}/key"}
    outs = PROVIDER.create(inputs).outs
    assert outs is not None
    monkeypatch.setenv("SOPHIA_RUN", "the-next")
    (tmp_path / "key").write_text(ec_key(ec.SECP256R1()))
    with refused(ArgumentError, field="issuer.account_key", says="leads to another key than the account's"):
        PROVIDER.diff("id", outs, inputs)


def test_without_a_key_of_its_own_one_is_made_and_stays_and_an_account_nobody_has_registered_is_left(
    pebble: Pebble,
) -> None:
    inputs = {"directory": pebble.directory, "trust": str(pebble.trust)}
    outs, before = PROVIDER.create(inputs).outs, accounts(pebble)
    assert outs is not None
    assert not PROVIDER.diff("id", outs, inputs).changes
    assert PROVIDER.diff("id", outs, {**inputs, "given_key": UNKNOWN}).changes
    after = PROVIDER.update("id", outs, {**inputs, "email": "ops@shop.example"}).outs
    assert after is not None
    assert after["account_key"] == outs["account_key"]
    assert accounts(pebble) == before


@pytest.mark.parametrize("given", ["canary", ec_key(ec.SECP521R1()), 7])
def test_a_key_that_no_account_can_have_is_refused_and_not_shown(given: Any) -> None:
    told = PROVIDER.check({}, {"directory": "letsencrypt", "given_key": given}).failures[0].reason
    assert told.startswith("issuer.account_key can't be read; give the key of an ACME account")
    assert str(given) not in told


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kid": "kid"}, "issuer.eab.key"),
        ({"kid": "kid", "key": "not base64 canary"}, "issuer.eab.key"),
        ({"kid": "kid", "key": "canaryOfSeventeen"}, "issuer.eab.key"),
        ({"kid": "kid", "key": "canaryOfTwentyOneChar"}, "issuer.eab.key"),
        ({"kid": 7, "key": MAC}, "issuer.eab.kid"),
        ({"kid": "kid", "hmac": "canary"}, "issuer.eab.hmac"),
        ("canary", "issuer.eab"),
    ],
)
def test_what_binds_nothing_is_refused_by_field(given: Any, field: str) -> None:
    with refused(ArgumentError, field=field) as told:
        _binding(given)
    assert isinstance(told.value, SophiaError)
    assert "canary" not in str(told.value)
