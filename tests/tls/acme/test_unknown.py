"""While inputs are unknown, `check` publishes as unknown what it may decide on later: a saved plan allows no more."""

from pathlib import Path
from typing import Any

import pytest
from pulumi import UNKNOWN
from pulumi.dynamic import ResourceProvider

from sophia_infra import clock
from sophia_infra.journal import Journal
from sophia_infra.tls import setbacks
from sophia_infra.tls.certificate_resource import CertificateProvider
from sophia_infra.tls.events import note
from sophia_infra.tls.issuers import IssuerError
from sophia_infra.tls.key_resource import CertificateKeyProvider
from sophia_infra.tls.spec import CertificateSpec, KeyType
from tests.support.pebble import Pebble
from tests.tls.acme.stacks import NAMES, up
from tests.tls.orders import csr

Inputs = dict[str, Any]
KINDS = ("embedded", "a request of its own", "acme", "several", "held back")
LATE = ("domains", "issuer", "lifetime", "revoke", "zone", "challenge", "endpoints")


@pytest.fixture
def news(request: pytest.FixtureRequest, pebble: Pebble, account_key: str, folder: Path) -> tuple[Inputs, Inputs]:
    """The inputs of the last run, and those of this one."""
    kind = request.param
    asked: Inputs = {"label": "demo/test/shop", "domains": list(NAMES), "csr_pem": csr(NAMES)}
    if kind == "embedded":
        return {}, {**asked, "issuer": {"folder": str(folder)}}
    if kind == "a request of its own":
        given = csr(NAMES, KeyType.RSA_3072)
        return {}, {**asked, "issuer": {"folder": str(folder)}, "csr": given, "csr_pem": given}
    asked |= {"issuer": pebble.issuer, "challenge": pebble.challenge}
    asked["accounts"] = {pebble.directory: {"account_key": account_key}}
    if kind == "several":
        asked["others"] = [{**pebble.issuer, "directory": f"{pebble.directory}ectory"}]
    if kind != "held back":
        return {}, asked
    olds, named = up({}, asked, pebble.resolver.server), {"serial_number": "AB", "reason": "keyCompromise"}
    wider = {**asked, "domains": ["shop.example"], "revoke": named}
    spec, journal, refused = CertificateSpec.from_inputs(wider), Journal.open(), IssuerError("no", code="acme-refused")
    note(journal, spec.label, setbacks.failure(journal, spec, 2, refused, clock.now()))
    return olds, wider


def published(provider: ResourceProvider, olds: Inputs, news: Inputs, pebble: Pebble) -> Inputs:
    provider._setting = {"sophia:resolver": pebble.resolver.server}.get  # type: ignore[attr-defined]  # both have it
    result = provider.check(olds, news)
    assert result.failures == []
    return result.inputs


@pytest.mark.parametrize("news", KINDS, indirect=True)
@pytest.mark.parametrize("provider", [CertificateKeyProvider(), CertificateProvider()], ids=["key", "certificate"])
def test_nothing_is_added_and_nothing_known_is_changed_once_an_input_is_known(
    provider: ResourceProvider, news: tuple[Inputs, Inputs], pebble: Pebble
) -> None:
    olds, asked = news
    known = published(provider, olds, asked, pebble)
    for late in LATE:
        planned = published(provider, olds, {**asked, late: UNKNOWN}, pebble)
        added = known.keys() - planned.keys() - {"changes", "advice"}
        changed = {name for name in known.keys() & planned.keys() if planned[name] not in (UNKNOWN, known[name])}
        assert (late, added, changed - {"changes", "advice"}) == (late, set(), set())


@pytest.mark.parametrize("news", ["held back"], indirect=True)
def test_an_order_that_waits_is_one_of_the_cases(news: tuple[Inputs, Inputs], pebble: Pebble) -> None:
    inputs = published(CertificateProvider(), *news, pebble)
    assert inputs["waits"]
