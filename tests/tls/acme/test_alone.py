"""Runs on machines that share the journal and nothing else order a certificate once, and back off from what one met."""

from pathlib import Path
from typing import Any

import pytest

from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal
from sophia_infra.tls.certificate_resource import CertificateProvider
from sophia_infra.tls.events import Event, events
from sophia_infra.tls.issuers import IssuerError
from tests.support.pebble import BLOCKED, Pebble
from tests.support.refusals import refused
from tests.tls.orders import csr

LABEL = "demo/test/shop"


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Go over to a machine with a home of its own, and a run; the journal is the same for all."""
    monkeypatch.setenv("SOPHIA_JOURNAL", str(tmp_path / "shared" / "journal.db"))
    monkeypatch.setenv("SOPHIA_ADVICE_KEY", "one key for all machines, 32 bytes or more")

    def at(name: str) -> None:
        monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / name))
        monkeypatch.setenv("SOPHIA_RUN", name)

    return at


def checked(pebble: Pebble, account_key: str, *domains: str) -> Any:
    news: dict[str, Any] = {"label": LABEL, "domains": list(domains), "csr_pem": csr(domains), "resource": LABEL}
    news |= {"issuer": pebble.issuer, "challenge": pebble.challenge}
    result = CertificateProvider().check({}, news | {"accounts": {pebble.directory: {"account_key": account_key}}})
    return [failure.reason for failure in result.failures] or result.inputs


def test_of_two_that_planned_the_same_order_one_orders(machine: Any, pebble: Pebble, account_key: str) -> None:
    orders, plans = pebble.orders, {}
    for name in ("one", "two"):
        machine(name)
        plans[name] = checked(pebble, account_key, "shop.example")
    machine("one")
    CertificateProvider().create(plans["one"])
    machine("two")
    with refused(IssuerError, "base-moved", subject=LABEL, says="another run has ordered"):
        CertificateProvider().create(plans["two"])
    assert pebble.orders == orders + 1
    assert [found.row.what for found in events(Journal.open(), LABEL)] == [Event.ISSUED]


def test_fresh_runners_and_plans_of_before_do_not_repeat_what_failed(
    machine: Any, pebble: Pebble, account_key: str
) -> None:
    before, asked, plans = pebble.asked, list[int](), {}
    for name in ("one", "two"):
        machine(name)
        plans[name] = checked(pebble, account_key, "shop.example", BLOCKED)
    for name in plans:
        machine(name)
        with pytest.raises(SophiaError):
            CertificateProvider().create(plans[name])
        asked.append(pebble.asked)
    for name in ("three", "four"):  # as `up --skip-preview` in a loop, each on a new runner
        machine(name)
        (told,) = checked(pebble, account_key, "shop.example", BLOCKED)
        assert "try 1 at " in told
        assert "SOPHIA_RETRY=shop.example" in told
    assert before < asked[0] == asked[1] == pebble.asked
