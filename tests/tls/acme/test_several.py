"""Two CAs in an order: the second signs where the first can not by itself, and the first signs again later."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.dns.renewals.renewal import known
from sophia_infra.journal import Journal
from sophia_infra.tls import keys
from sophia_infra.tls.certificate_resource import CertificateProvider
from sophia_infra.tls.issuers import IssuerError
from sophia_infra.tls.issuers.several import passes_on
from sophia_infra.tls.key_resource import CertificateKeyProvider
from sophia_infra.tls.spec import CAA_ISSUERS
from tests.support import pebble as server
from tests.support.pebble import BLOCKED, Pebble
from tests.support.ports import free_port
from tests.support.refusals import refused
from tests.tls.orders import checked, created, csr

NAMES = ("shop.example", "www.shop.example")
PROVIDER = CertificateProvider()


@pytest.fixture(scope="module")
def second(_pebble: Pebble, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pebble]:
    """A CA that looks at the same web server as the first, and blocks no name."""
    config = {"httpPort": _pebble.http_port, "domainBlocklist": []}
    with server.running(tmp_path_factory.mktemp("second"), has_web_server=False, config=config) as running:
        yield running


def down(pebble: Pebble) -> dict[str, Any]:
    return {**pebble.issuer, "directory": f"https://127.0.0.1:{free_port()}/dir"}


@pytest.fixture
def news(pebble: Pebble, second: Pebble) -> dict[str, Any]:
    return {
        "label": "demo/test/shop",
        "domains": list(NAMES),
        "csr_pem": csr(NAMES),
        "issuer": pebble.issuer,
        "others": [second.issuer],
        "challenge": pebble.challenge,
    }


def with_accounts(news: dict[str, Any], account_key: str) -> dict[str, Any]:
    directories = [issuer["directory"] for issuer in (news["issuer"], *news["others"])]
    return {**news, "accounts": {directory: {"account_key": account_key} for directory in directories}}


def updated(olds: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
    outs = PROVIDER.update("id", olds, inputs).outs
    assert outs is not None
    return outs


def generation_of_key(news: dict[str, Any], olds: dict[str, Any]) -> Any:
    result = CertificateKeyProvider().check(olds, news)
    assert result.failures == []
    return result.inputs["generation"]


def test_the_second_signs_while_the_first_is_down_and_the_first_signs_the_renewal(
    news: dict[str, Any],
    pebble: Pebble,
    second: Pebble,
    account_key: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    without_first = with_accounts({**news, "issuer": down(pebble)}, account_key)
    before = pebble.issued, second.issued
    inputs = checked({}, without_first)
    assert inputs["asks"] == second.directory
    said = capsys.readouterr().err
    assert "can't be reached" in said
    assert f"{second.directory} is asked for a certificate of its profile default" in said
    outs = created(inputs)
    assert outs["directory"] == second.directory
    assert (pebble.issued, second.issued) == (before[0], before[1] + 1)

    # The first is back: nothing is due, and nothing changes hands.
    news = with_accounts(news, account_key)
    news["others"] = [second.issuer]
    again = checked(inputs, news)
    assert not PROVIDER.diff("id", outs, again).changes
    assert again["asks"] == second.directory

    # Another machine, with the state alone, takes the second's certificate on.
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "another machine"))
    taken = updated(outs, checked(inputs, news))
    assert taken["directory"] == second.directory
    assert (pebble.issued, second.issued) == (before[0], before[1] + 1)

    monkeypatch.setenv("SOPHIA_NOW", (datetime.now(UTC) + timedelta(days=61)).isoformat())
    due = checked(again, {**news, "csr_pem": csr(NAMES)})
    assert (due["generation"], due["asks"]) == (2, pebble.directory)
    assert generation_of_key(news, again) == 2
    renewed = updated(taken, due)
    assert renewed["directory"] == pebble.directory
    assert (pebble.issued, second.issued) == (before[0] + 1, before[1] + 1)
    # Killed before the state was saved: the same order again is handed out.
    assert updated(taken, due)["certificate_pem"] == renewed["certificate_pem"]
    assert pebble.issued == before[0] + 1


def test_the_ca_that_check_has_chosen_is_asked_though_the_first_is_back_by_the_apply(
    news: dict[str, Any], pebble: Pebble, second: Pebble, account_key: str
) -> None:
    chosen = checked({}, with_accounts({**news, "issuer": down(pebble)}, account_key))
    before = pebble.issued, second.issued
    outs = created({**chosen, "issuer": pebble.issuer, "accounts": with_accounts(news, account_key)["accounts"]})
    assert outs["directory"] == second.directory
    assert (pebble.issued, second.issued) == (before[0], before[1] + 1)


def test_what_caa_records_call_the_ca_is_kept_of_an_order_as_check_has_seen_it(
    news: dict[str, Any], account_key: str
) -> None:
    inputs = checked({}, {**with_accounts(news, account_key), "resource": "demo/test/shop"})
    created({**inputs, CAA_ISSUERS: ["ca.example"]})
    (renewal,) = known((), NAMES[0], Journal.open(), datetime.now(UTC))
    assert renewal.issuers == ("ca.example",)


def test_a_name_that_one_ca_will_not_sign_is_signed_by_the_next(
    news: dict[str, Any], pebble: Pebble, second: Pebble, account_key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [*NAMES, BLOCKED]
    news = with_accounts({**news, "domains": names, "csr_pem": csr(tuple(names))}, account_key)
    outs = created(checked({}, news))
    assert outs["directory"] == second.directory
    assert "rejectedIdentifier" in capsys.readouterr().err


def test_a_proof_that_is_not_found_is_nothing_that_another_ca_would_find(
    news: dict[str, Any], second: Pebble, account_key: str, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    challenge = {"kind": "http-01", "webroot": str(tmp_path / "elsewhere")}
    inputs = checked({}, with_accounts({**news, "challenge": challenge}, account_key))
    log = second.log.read_text()
    with refused(IssuerError, "challenge-failed", value="unauthorized"):
        PROVIDER.create(inputs)
    assert second.log.read_text() == log


def test_where_nobody_can_sign_it_is_the_first_that_is_told(news: dict[str, Any], pebble: Pebble) -> None:
    first = down(pebble)
    result = PROVIDER.check({}, {**news, "issuer": first, "others": [down(pebble)]})
    assert first["directory"].split("/")[2] in result.failures[0].reason


@pytest.mark.parametrize(
    ("code", "value", "passes"),
    [
        ("unreachable", None, True),
        ("acme-slow", None, True),
        ("acme-refused", "rateLimited", True),
        ("challenge-failed", "caa", True),
        ("challenge-failed", "dns", False),
        ("challenge-failed", "unauthorized", False),
        ("challenge-failed", "connection", False),
        ("base-moved", None, False),
        ("locked", None, False),
    ],
)
def test_a_reason_of_one_ca_goes_on_to_the_next_and_one_of_ours_does_not(code: str, value: Any, passes: bool) -> None:
    assert passes_on(IssuerError("no", code=code, value=value)) is passes


def test_a_key_stays_while_one_of_its_issuers_does(news: dict[str, Any], pebble: Pebble, second: Pebble) -> None:
    provider = CertificateKeyProvider()
    news = {**{name: news[name] for name in ("label", "domains", "issuer", "others")}, "generation": 1}
    news = {**news, "key_type": "ecdsa-p256"}
    outs = provider.create(news).outs
    assert outs is not None
    assert keys.holds(outs["private_key_pem"], outs["public_key_sha256"])
    left = {**news, "issuer": second.issuer, "others": []}
    assert not provider.diff("id", outs, left).changes
    assert not provider.diff("id", outs, {**news, "issuer": second.issuer, "others": [pebble.issuer]}).changes
    other = {**news, "issuer": {"kind": "acme", "directory": "letsencrypt"}, "others": []}
    assert provider.diff("id", outs, other).changes
