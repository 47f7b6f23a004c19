"""What a program changes about its orders, and what changes at its CA: the next run goes by it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from acme import messages

from sophia_infra.tls import keys
from sophia_infra.tls.account_resource import AcmeAccountProvider
from sophia_infra.tls.issuers import Access, IssuerError
from sophia_infra.tls.issuers.acme.session import Session
from sophia_infra.tls.spec import KeyType
from tests.support.pebble import Pebble
from tests.support.refusals import refused
from tests.tls.acme.conftest import Make
from tests.tls.acme.stacks import NAMES, asked, up
from tests.tls.orders import csr, order


def test_another_profile_is_ordered_at_once(pebble: Pebble, account_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    news, resolver = asked(pebble, account_key, "demo/test/shop"), pebble.resolver.server
    outs = up({}, news, resolver)
    profiles = {pebble.directory: pebble.issuer["profile"]}  # as its key remembers them
    news |= {"issuer": {**pebble.issuer, "profile": "shortlived"}, "csr_pem": csr(NAMES)}
    monkeypatch.setenv("SOPHIA_RUN", "another")
    renewed = up(outs, {**news, "remembered": {"generation": 1.0, "profiles": profiles}}, resolver)
    assert renewed["changes"]["reasons"][0].endswith("renew: profile changed from default to shortlived")
    begins, ends = (datetime.fromisoformat(renewed[name]) for name in ("not_before", "not_after"))
    assert ends - begins <= timedelta(days=6)


def test_an_account_that_was_deactivated_orders_nothing_and_another_key_begins_anew(
    make: Make, account_key: str, pebble: Pebble
) -> None:
    session, before = Session.open(make().settings, account_key), pebble.issued
    gone = messages.UpdateRegistration.from_json({"status": "deactivated"})
    session.post(session.account, gone, "deactivate the account")
    with refused(IssuerError, "acme-refused", field="issuer", value="unauthorized", says="another issuer.account_key"):
        make().issue(order(domains=NAMES))
    assert pebble.issued == before

    state = {"directory": pebble.directory, "trust": str(pebble.trust), "account_key": account_key}
    given = keys.private_pem(keys.generate(KeyType.ECDSA_P256))
    outs = AcmeAccountProvider().update("id", state, {**state, "given_key": given}).outs
    assert outs is not None
    assert replace(make(), access=Access(outs["account_key"])).issue(order(domains=NAMES)).generation == 1
