"""What failed holds the next order back: by the journal alone, for as long as it says, and not for ever."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from sophia_infra.journal import Journal
from sophia_infra.tls.certificate_resource import CertificateProvider
from sophia_infra.tls.component import _key_of
from sophia_infra.tls.events import CertificateEvent, Event, note
from sophia_infra.tls.issuers import IssuerError
from sophia_infra.tls.issuers.embedded import EmbeddedCa
from sophia_infra.tls.key_resource import CertificateKeyProvider
from sophia_infra.tls.plan import Plan, Setback
from sophia_infra.tls.setbacks import failure, setback
from sophia_infra.tls.spec import CertificateSpec
from tests.tls.orders import DOMAINS, NOW, csr, order, wanted

LABEL = "demo/test/shop"
ACME = {"kind": "acme", "directory": "https://ca.example/dir"}
REFUSED = IssuerError("no", code="acme-refused", value="serverInternal")


def asked(**changed: Any) -> CertificateSpec:
    return wanted(**{"issuer": ACME, "challenge": {"kind": "http-01", "webroot": "/srv"}, **changed})


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    def moved(after: timedelta) -> datetime:
        monkeypatch.setenv("SOPHIA_NOW", (NOW + after).isoformat())
        return NOW + after

    return moved


def fail(spec: CertificateSpec, now: datetime, error: IssuerError = REFUSED) -> CertificateEvent:
    event = failure(Journal.open(), spec, 1, error, now)
    note(Journal.open(), spec.label, event)
    return event


def waits(spec: CertificateSpec, now: datetime) -> datetime | None:
    found = setback(Journal.open(), spec, now)
    return found.until if found else None


def test_each_failure_waits_for_longer_up_to_20_hours_and_a_certificate_ends_it(at: Any) -> None:
    now, waited = at(timedelta()), []
    for _ in range(5):
        until = fail(asked(), now).until
        assert until is not None
        assert waits(asked(), until - timedelta(seconds=1)) == until
        assert waits(asked(), until) is None
        waited.append(until - now)
        now = at(until - NOW)
    assert [pause / timedelta(minutes=1) for pause in waited] == [1, 10, 100, 1200, 1200]
    note(Journal.open(), LABEL, CertificateEvent.of(Event.ISSUED, asked(), 1, serial_number="1", not_after=now))
    assert fail(asked(), now).tries == 1


def test_a_daily_run_tries_each_day_though_its_order_fails_minutes_after_it_began(at: Any) -> None:
    for day in range(7):
        begun = at(timedelta(days=day))
        assert waits(asked(), begun) is None, f"held back on day {day}"
        fail(asked(), begun + timedelta(minutes=10))


def test_what_the_ca_asks_for_is_the_least(at: Any) -> None:
    limited = IssuerError("no", code="acme-refused", value="rateLimited")
    limited.retry_at = NOW + timedelta(days=3)
    assert fail(asked(), at(timedelta()), limited).until == limited.retry_at
    assert waits(asked(domains=["other.example"]), NOW) == limited.retry_at, "a rate limit is no matter of the names"


def test_it_counts_for_its_names_in_any_order_and_for_its_issuer(at: Any) -> None:
    until = fail(asked(), at(timedelta())).until
    assert waits(asked(domains=[*reversed(DOMAINS)]), NOW) == until
    assert waits(asked(domains=["shop.example"]), NOW) is None
    assert waits(asked(issuer={**ACME, "directory": "https://other.example/dir"}), NOW) is None
    assert waits(replace(asked(), label="demo/test/another"), NOW) is None


@pytest.mark.parametrize("code", ["locked", "base-moved", "unusable", "account"])
def test_what_no_ca_heard_of_holds_nothing_back(code: str, at: Any) -> None:
    assert fail(asked(), at(timedelta()), IssuerError("no", code=code)).until is None
    assert waits(asked(), NOW) is None


def test_a_person_may_ask_anew_after_a_minute(at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        fail(asked(), at(timedelta()))
    for name in ("shop.example", f"www.example.net, {LABEL}"):
        monkeypatch.setenv("SOPHIA_RETRY", name)
        assert waits(asked(), NOW) == NOW + timedelta(minutes=1)
        assert waits(asked(), NOW + timedelta(minutes=1)) is None
    monkeypatch.setenv("SOPHIA_RETRY", "www.shop.example")
    assert waits(asked(), NOW) == NOW + timedelta(hours=20)


def test_nobody_asks_sooner_than_a_ca_wants_to_be_asked(at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_RETRY", "shop.example")
    error = IssuerError("no", code="acme-refused")
    error.retry_at = NOW + timedelta(days=2)
    fail(asked(), at(timedelta()), error)
    assert waits(asked(), NOW + timedelta(hours=1)) == NOW + timedelta(days=2)


def test_nothing_is_planned_while_it_waits_and_both_resources_keep_their_generation(ca: EmbeddedCa) -> None:
    held, due = ca.issue(order(generation=2)), NOW + timedelta(days=61)
    back = Setback("it failed", due + timedelta(minutes=1))
    certificate, key = (Plan.make(wanted(), held, due, standing, back) for standing in (2, 3))
    assert (certificate.generation, key.generation) == (2, 3)
    assert Plan.make(wanted(), held, due, 2).generation == 3
    assert Plan.make(wanted(), held, NOW, 2, back).waits is None, "nothing is due"
    assert certificate.is_renewal
    assert not Plan.make(wanted(domains=["shop.example"]), held, due).is_renewal


def test_a_certificate_can_be_waited_with_while_it_is_good_and_its_end_not_near(ca: EmbeddedCa) -> None:
    held = ca.issue(order())
    plan = Plan.make(wanted(), held, NOW)
    assert plan.may_wait(NOW + timedelta(days=80))
    assert not plan.may_wait(NOW + timedelta(days=81))
    assert not replace(plan, held=replace(held, withdrawn="revoked")).may_wait(NOW)
    known = Setback("it failed", None, NOW + timedelta(days=80))
    fresh = [Plan.make(asked(), None, NOW, 1, back) for back in (known, Setback("it failed"))]
    assert [plan.may_wait(NOW + timedelta(days=79)) for plan in fresh] == [True, False]


def test_a_runner_without_files_knows_by_the_journal_how_long_the_one_in_the_state_is_good(at: Any) -> None:
    issued = CertificateEvent.of(
        Event.ISSUED, asked(), 1, serial_number="1", not_after=at(timedelta()) + timedelta(days=90)
    )
    note(Journal.open(), LABEL, issued)
    fail(asked(), at(timedelta(days=61)))
    found = setback(Journal.open(), asked(), NOW + timedelta(days=61))
    assert found is not None
    assert found.stands_until == NOW + timedelta(days=81)


def test_without_a_certificate_to_wait_with_the_preview_says_until_when_and_what_orders_now(at: Any) -> None:
    until = fail(asked(), at(timedelta())).until
    news = {"label": LABEL, "domains": list(DOMAINS), "issuer": ACME, "csr_pem": csr()}
    result = CertificateProvider().check({}, news | {"challenge": {"kind": "http-01", "webroot": "/srv"}})
    (told,) = [failed.reason for failed in result.failures]
    assert f"{until:%Y-%m-%d %H:%M} UTC" in told
    assert "order at once with SOPHIA_RETRY=shop.example pulumi up" in told


def test_the_key_that_serves_stays_beside_the_next_until_that_has_a_certificate(folder: Any) -> None:
    provider = CertificateKeyProvider()
    props = {"label": LABEL, "domains": list(DOMAINS), "key_type": "ecdsa-p256", "issuer": {"folder": str(folder)}}
    first = provider.create({**props, "generation": 1}).outs
    assert first is not None
    due = {**props, "generation": 2, "in_use": {"key": first["public_key_sha256"], "stays": False}}
    second = provider.update("id", first, due).outs
    third = provider.update("id", second or {}, {**due, "domains": ["shop.example"]}).outs
    assert second is not None
    assert third is not None
    for outs in (second, third):
        assert (outs["former_key_pem"], outs["former_csr_pem"]) == (first["private_key_pem"], first["csr_pem"])
        keys = (outs["private_key_pem"], outs["csr_pem"], outs["former_key_pem"], outs["former_csr_pem"])
        assert _key_of((first["csr_pem"], *keys)) == first["private_key_pem"]
        assert _key_of((outs["csr_pem"], *keys)) == outs["private_key_pem"]
    in_use = {"key": third["public_key_sha256"], "stays": False}
    fourth = provider.update("id", third, {**props, "generation": 3, "in_use": in_use}).outs
    assert fourth is not None
    assert fourth["former_key_pem"] == third["private_key_pem"]


def test_a_key_of_a_release_before_has_none_beside_it() -> None:
    assert _key_of(("the request", "the key", "the request", None, None)) == "the key"
