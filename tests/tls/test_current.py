from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.journal import Journal
from sophia_infra.tls.certificate_resource import CertificateProvider
from sophia_infra.tls.current import held
from sophia_infra.tls.events import CertificateEvent, Event, note
from sophia_infra.tls.issuer_settings import IssuerSettings
from sophia_infra.tls.issuers import open_issuer
from sophia_infra.tls.issuers.acme import AcmeIssuer
from sophia_infra.tls.key_resource import CertificateKeyProvider
from sophia_infra.tls.spec import ArgumentError
from sophia_infra.tls.state import StoredCertificate
from sophia_infra.values import Value
from tests.support.ports import free_port
from tests.tls.orders import DOMAINS, NOW, csr, issue, order, wanted

URL = "https://ca.example/dir"
ISSUER = {"kind": "acme", "directory": URL}
NEWS: dict[str, Any] = {"label": "demo/test/shop", "domains": list(DOMAINS), "issuer": ISSUER}
NEWS |= {"challenge": {"kind": "http-01", "webroot": "/srv"}}


@pytest.fixture
def state(folder: Path) -> dict[str, Any]:
    """What a state has of a certificate by ACME; this machine has nothing of it."""
    request = csr()
    made = issue(folder, csr_pem=request)
    told = {"generation": 1.0, "certificate_pem": made.certificate_pem, "chain_pem": made.chain_pem, "root_pem": ""}
    return {**told, "directory": URL, "csr_pem": request}


def in_books(state: dict[str, Any], **changed: Any) -> None:
    """Have this machine know a certificate, as if it had ordered it."""
    issuer = open_issuer(IssuerSettings.read(Value("issuer", ISSUER, ArgumentError)))
    assert isinstance(issuer, AcmeIssuer)
    books, text = issuer._books("demo/test/shop"), state["certificate_pem"] + state["chain_pem"]
    with books.store.locked():
        books.add(order(**changed), text)


def checked(olds: dict[str, Any], state: dict[str, Any] | None, **news: Any) -> dict[str, Any]:
    told = {**NEWS, "csr_pem": (state or {}).get("csr_pem"), "of_state": state, **news}
    result = CertificateProvider().check(olds, told)
    assert [failure.reason for failure in result.failures] == []
    return result.inputs


def test_the_state_tells_what_stands_where_this_machine_knows_nothing_and_the_folder_where_it_knows_more(
    state: dict[str, Any],
) -> None:
    spec = wanted(issuer=ISSUER)
    found = held(spec, StoredCertificate.from_outputs(state))
    assert found is not None
    assert (found.generation, found.directory, found.certificate_pem) == (1, URL, state["certificate_pem"])
    assert held(spec) is None
    in_books(state, generation=2)
    found = held(spec, StoredCertificate.from_outputs(state), 1)
    assert found is not None
    assert found.generation == 2
    assert held(spec, generation=3) is None, "a folder that lags behind tells nothing"


@pytest.mark.parametrize(
    "changed",
    [
        {"certificate_pem": "garbage"},
        {"directory": "https://other.example/dir"},
        {"csr_pem": csr()},
        {"chain_pem": "garbage"},
        {"label": "demo/test/store"},
    ],
)
def test_a_certificate_in_the_state_that_is_damaged_or_somebody_elses_is_none(
    changed: dict[str, Any], state: dict[str, Any]
) -> None:
    assert held(wanted(issuer=ISSUER), StoredCertificate.from_outputs({**state, **changed})) is None


def test_a_machine_without_files_sees_no_change_while_nothing_is_due_and_looks_at_endpoints(
    state: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    olds = {**NEWS, "csr_pem": state["csr_pem"], "key_type": "ecdsa-p256", "generation": 1.0}
    found = checked(olds, state, endpoints=[f"127.0.0.1:{free_port()}#shop.example"])
    assert found["changes"]["updates"] == 0
    assert "of_state" not in found
    assert [finding["code"] for finding in found["advice"]["findings"]] == ["endpoint-unreachable"]
    monkeypatch.setenv("SOPHIA_RUN", "without the state")
    assert "this machine does not know it" in checked(olds, None, csr_pem=state["csr_pem"])["changes"]["reasons"][0]


def test_such_a_machine_makes_the_next_key_and_keeps_the_one_in_use_beside_it(
    state: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPHIA_NOW", (NOW + timedelta(days=61)).isoformat())
    stands = held(wanted(issuer=ISSUER), StoredCertificate.from_outputs(state))
    assert stands is not None
    assert stands.facts is not None
    result = CertificateKeyProvider().check({**NEWS, "generation": 1.0}, {**NEWS, "of_state": state})
    assert (result.failures, result.inputs["generation"]) == ([], 2)
    assert result.inputs["in_use"] == {"key": stands.facts.public_key_sha256, "stays": False}


def test_three_changes_of_names_without_an_order_leave_the_key_in_use_on_a_machine_without_files(
    state: dict[str, Any],
) -> None:
    provider = CertificateKeyProvider()
    olds: dict[str, Any] = {**NEWS, "generation": 1.0}
    outs: dict[str, Any] = {**olds, "private_key_pem": "the key in use", "csr_pem": state["csr_pem"]}
    for names in (["shop.example"], ["store.example"], ["store.example", "shop.example"]):
        olds = provider.check(olds, {**NEWS, "domains": names, "of_state": state}).inputs
        outs = provider.update("id", outs, olds).outs or {}
        assert (outs["former_key_pem"], outs["former_csr_pem"]) == ("the key in use", state["csr_pem"])


def test_a_folder_whose_next_order_has_failed_does_not_lag_behind_the_key(state: dict[str, Any]) -> None:
    in_books(state)
    olds, store = {**NEWS, "generation": 2.0}, {**NEWS, "domains": ["store.example"]}
    assert CertificateKeyProvider().check(olds, store).inputs["in_use"]["key"] == ""
    note(Journal.open(), "demo/test/shop", CertificateEvent.of(Event.FAILED, wanted(issuer=ISSUER), 2))
    assert CertificateKeyProvider().check(olds, store).inputs["in_use"]["key"] != ""


def test_a_key_that_was_never_ordered_for_takes_nothing_from_a_machine_whose_folder_knows_the_certificate(
    state: dict[str, Any],
) -> None:
    in_books(state)
    provider, outs = (
        CertificateKeyProvider(),
        {**NEWS, "private_key_pem": "the key in use", "csr_pem": state["csr_pem"]},
    )
    olds: dict[str, Any] = {**NEWS, "generation": 1.0}
    for names in (["shop.example"], ["store.example"]):
        olds = provider.check(olds, {**NEWS, "domains": names, "of_state": state}).inputs
        outs = provider.update("id", outs, olds).outs or {}
        assert (outs["former_key_pem"], outs["former_csr_pem"]) == ("the key in use", state["csr_pem"])


def test_the_state_tells_what_stands_where_the_folder_lags_behind_it(state: dict[str, Any]) -> None:
    in_books(state)
    later = state | {"generation": 3.0}
    found = held(wanted(issuer=ISSUER), StoredCertificate.from_outputs(later), 3)
    assert found is not None
    assert found.generation == 3
