"""A CA revokes a certificate: by the program's word once the next one is there, by hand, and as it leaves the stack."""

import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from sophia_infra import clock
from sophia_infra.cli.certificates.accounts import KnownAccount
from sophia_infra.cli.certificates.revocation import revoke
from sophia_infra.home import home
from sophia_infra.journal import Journal, JournalError
from sophia_infra.tls import keys
from sophia_infra.tls.certificate_resource import CertificateProvider
from sophia_infra.tls.events import CertificateEvent, Event, note
from sophia_infra.tls.issuers import Access, IssuerError
from sophia_infra.tls.issuers.acme import AcmeIssuer
from sophia_infra.tls.issuers.acme.account import follow
from sophia_infra.tls.issuers.acme.session import Session
from sophia_infra.tls.key_resource import CertificateKeyProvider
from sophia_infra.tls.of_state import Known, StateError
from sophia_infra.tls.setbacks import failure, setback
from sophia_infra.tls.spec import ArgumentError, CertificateSpec, KeyType
from sophia_infra.tls.standing import planned, standing
from sophia_infra.tls.state_lookup import _TOLD
from tests.support.pebble import Pebble
from tests.support.ports import free_port
from tests.support.refusals import refused
from tests.tls.acme.conftest import Make
from tests.tls.orders import csr, order, wanted

NAMES = ("shop.example", "www.shop.example")
PROVIDER = CertificateProvider()


def status(pebble: Pebble, serial_number: str) -> tuple[str, str]:
    url = f"{pebble.management}/cert-status-by-serial/{serial_number.lower().lstrip('0')}"
    found = requests.get(url, verify=str(pebble.trust), timeout=10).json()
    return found["Status"], str(found.get("Reason", ""))


def lose_books() -> None:
    shutil.rmtree((home() or Path()) / "acme")


@pytest.fixture
def outs(pebble: Pebble, account_key: str) -> dict[str, Any]:
    """A certificate in the state."""
    accounts = {pebble.directory: {"account_key": account_key}}
    news = {"label": "demo/test/shop", "domains": list(NAMES), "csr_pem": csr(NAMES), "accounts": accounts}
    inputs = PROVIDER.check({}, {**news, "issuer": pebble.issuer, "challenge": pebble.challenge}).inputs
    outs = PROVIDER.create(inputs).outs
    assert outs is not None
    return outs


def test_the_next_certificate_is_there_before_the_one_named_is_revoked(
    outs: dict[str, Any], pebble: Pebble, monkeypatch: pytest.MonkeyPatch
) -> None:
    news = {**outs, "revoke": {"serial_number": outs["serial_number"], "reason": "keyCompromise"}}
    key = CertificateKeyProvider().check(outs, news)
    assert (key.failures, key.inputs["generation"]) == ([], 2)
    inputs = PROVIDER.check(outs, {**news, "csr_pem": csr(NAMES)}).inputs
    assert inputs["changes"]["exposure"] == "high"
    assert "the program has it revoked (keyCompromise)" in inputs["changes"]["reasons"][0]

    issued = pebble.issued
    with monkeypatch.context() as broken:
        broken.setattr(AcmeIssuer, "withdraw", fails)
        with refused(IssuerError, "unreachable"):
            PROVIDER.update("id", outs, inputs)
    assert status(pebble, outs["serial_number"])[0] == "Valid"
    renewed = PROVIDER.update("id", outs, inputs).outs
    assert renewed is not None
    assert pebble.issued == issued + 1
    assert status(pebble, outs["serial_number"]) == ("Revoked", "1")
    assert status(pebble, renewed["serial_number"])[0] == "Valid"
    again = PROVIDER.check(inputs, {**news, "csr_pem": inputs["csr_pem"]}).inputs
    assert not PROVIDER.diff("id", renewed, again).changes


def changed(outs: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Have other names ordered, on a machine whose program has read the state."""
    told = {name: outs[name] for name in _TOLD}
    inputs = PROVIDER.check(outs, {**outs, "domains": list(names), "csr_pem": csr(names), "of_state": told}).inputs
    found = PROVIDER.update("id", outs, inputs).outs
    assert found is not None
    return found


def test_a_machine_whose_folder_lags_behind_orders_the_next_one_by_the_state(
    outs: dict[str, Any], pebble: Pebble, tmp_path: Path
) -> None:
    folder = (home() or Path()) / "acme"
    shutil.copytree(folder, tmp_path / "of the second machine")
    outs = changed(changed(outs, NAMES[:1]), NAMES[1:])
    shutil.rmtree(folder)
    shutil.move(tmp_path / "of the second machine", folder)
    issued = pebble.issued
    outs = changed(outs, NAMES)
    assert (outs["generation"], pebble.issued) == (4, issued + 1)


def test_a_machine_that_does_not_know_it_makes_a_new_key_and_revokes_once_the_next_one_is_there(
    outs: dict[str, Any], pebble: Pebble
) -> None:
    lose_books()
    news = {**outs, "revoke": {"serial_number": outs["serial_number"], "reason": "keyCompromise"}}
    key = CertificateKeyProvider().check(outs, news)
    assert (key.failures, key.inputs["generation"]) == ([], 2)
    assert CertificateKeyProvider().diff("id", outs, key.inputs).changes
    inputs = PROVIDER.check(outs, {**news, "csr_pem": csr(NAMES)}).inputs
    assert (inputs["generation"], inputs["changes"]["exposure"]) == (2, "high")
    (told,) = inputs["changes"]["reasons"]
    assert "the program has it revoked (keyCompromise)" in told

    issued = pebble.issued
    renewed = PROVIDER.update("id", outs, inputs).outs
    assert renewed is not None
    assert pebble.issued == issued + 1
    assert status(pebble, outs["serial_number"]) == ("Revoked", "1")
    assert status(pebble, renewed["serial_number"])[0] == "Valid"

    lose_books()
    assert CertificateKeyProvider().check(key.inputs, news).inputs["generation"] == 2
    again = PROVIDER.update("id", renewed, PROVIDER.check(inputs, {**inputs, "revoke": news["revoke"]}).inputs).outs
    assert again is not None
    assert (pebble.issued, again["serial_number"]) == (issued + 1, renewed["serial_number"])


def test_a_certificate_in_use_is_not_revoked_before_another_one_is_there(outs: dict[str, Any], pebble: Pebble) -> None:
    lose_books()
    told = {"revoke": {"serial_number": outs["serial_number"]}}
    renewed = PROVIDER.update("id", outs, {**outs, **told}).outs  # by inputs that plan nothing of it
    assert renewed is not None
    assert renewed["serial_number"] != outs["serial_number"]
    assert status(pebble, renewed["serial_number"])[0] == "Valid"


@pytest.fixture
def known(outs: dict[str, Any]) -> Known:
    """The same as `sophia cert` finds it in the state."""
    return Known("shop", outs, outs)


@pytest.fixture
def accounts(pebble: Pebble, account_key: str) -> list[KnownAccount]:
    return [KnownAccount({"directory": pebble.directory}, "", account_key)]


@pytest.mark.parametrize("has_books", [True, False])
def test_what_is_revoked_by_hand_is_renewed_once_and_on_a_machine_that_does_not_know_it_too(
    outs: dict[str, Any], known: Known, accounts: list[KnownAccount], pebble: Pebble, *, has_books: bool
) -> None:
    if not has_books:
        lose_books()
    for _ in range(2):
        revoke(known, accounts, "keyCompromise", Journal.open())
        assert status(pebble, outs["serial_number"]) == ("Revoked", "1")
    key = CertificateKeyProvider().check(outs, outs)
    assert (key.failures, key.inputs["generation"]) == ([], 2)
    inputs = PROVIDER.check(outs, {**outs, "csr_pem": csr(NAMES)}).inputs
    (told,) = inputs["changes"]["reasons"]
    assert told == "high shop.example certificate renew: revoked by its issuer (keyCompromise)"
    assert planned(known, Journal.open(), clock.now()).reasons == (told,)
    assert not standing(known, Journal.open(), clock.now()).is_good

    issued = pebble.issued
    renewed = PROVIDER.update("id", outs, inputs).outs
    assert renewed is not None
    assert pebble.issued == issued + 1
    assert status(pebble, renewed["serial_number"])[0] == "Valid"
    if not has_books:
        lose_books()
    assert CertificateKeyProvider().check(key.inputs, inputs).inputs["generation"] == 2
    again = PROVIDER.update("id", renewed, PROVIDER.check(inputs, inputs).inputs).outs
    assert again is not None
    assert (pebble.issued, again["serial_number"]) == (issued + 1, renewed["serial_number"])


def test_one_that_is_revoked_does_not_stand_although_the_preview_did_not_know(
    outs: dict[str, Any], known: Known, accounts: list[KnownAccount]
) -> None:
    lose_books()
    inputs = PROVIDER.check(outs, outs).inputs
    revoke(known, accounts, "superseded", Journal.open())
    renewed = PROVIDER.update("id", outs, inputs).outs
    assert renewed is not None
    assert renewed["serial_number"] != outs["serial_number"]


def test_nothing_is_revoked_without_the_key_of_the_account_that_ordered(
    outs: dict[str, Any], known: Known, accounts: list[KnownAccount], pebble: Pebble
) -> None:
    for found in ([], [KnownAccount({"directory": "https://other.example/dir"}, "", accounts[0].key)]):
        with refused(IssuerError, "account"):
            revoke(known, found, "superseded", Journal.open())
    for outputs in ({**outs, "directory": "https://other.example/dir"}, {**outs, "certificate_pem": ""}, {}):
        with refused(StateError, "no-certificate", value="shop"):
            revoke(Known("shop", outs, outputs), accounts, "superseded", Journal.open())
    assert status(pebble, outs["serial_number"])[0] == "Valid"


def test_a_revocation_that_the_journal_does_not_take_says_what_to_do(
    known: Known, accounts: list[KnownAccount], tmp_path: Path
) -> None:
    (tmp_path / "journal.db").write_text("no journal")
    with refused(JournalError, "journal-unusable") as caught:
        revoke(known, accounts, "superseded", Journal.open(str(tmp_path / "journal.db")))
    assert "the certificate is revoked; run this again" in caught.value.__notes__[0]


@pytest.fixture
def waiting(outs: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The inputs of that certificate where it is due, its order waits, and this machine does not know it."""
    begins, ends = (datetime.fromisoformat(outs[name]) for name in ("not_before", "not_after"))
    monkeypatch.setenv("SOPHIA_NOW", (now := begins + (ends - begins) * 0.75).isoformat())
    spec, busy = CertificateSpec.from_inputs(outs), IssuerError("no", code="acme-refused", value="serverInternal")
    note(Journal.open(), spec.label, failure(Journal.open(), spec, 1, busy, now))
    lose_books()
    inputs = PROVIDER.check(outs, {**outs, "csr_pem": csr(NAMES), "revoke_on_destroy": True}).inputs
    assert inputs["waits"]["why"]
    assert PROVIDER.diff("id", outs, inputs).changes
    return inputs


def test_a_setting_changes_while_an_order_waits_and_the_certificate_stays(
    outs: dict[str, Any], waiting: dict[str, Any], pebble: Pebble
) -> None:
    issued = pebble.issued
    stored = PROVIDER.update("id", outs, waiting).outs
    assert stored is not None
    assert (stored["serial_number"], stored["revoke_on_destroy"]) == (outs["serial_number"], True)
    assert pebble.issued == issued
    assert setback(Journal.open(), CertificateSpec.from_inputs(outs), clock.now()) is not None


def test_nothing_is_ordered_while_it_waits_where_the_state_has_lost_the_certificate(
    outs: dict[str, Any], waiting: dict[str, Any], pebble: Pebble
) -> None:
    issued = pebble.issued
    with refused(IssuerError, "held-back", subject="shop.example"):
        PROVIDER.update("id", {**outs, "certificate_pem": ""}, waiting)
    assert pebble.issued == issued


def test_a_revocation_that_is_named_while_an_order_waits_is_not_taken_for_done(
    outs: dict[str, Any], waiting: dict[str, Any]
) -> None:
    news = {**outs, "revoke": {"serial_number": "15D8"}}
    assert PROVIDER.check(news, {**news, "revoke": None}).inputs["revoke"] == news["revoke"]
    assert CertificateKeyProvider().check(news, {**news, "revoke": None}).inputs["revoke"] == news["revoke"]
    named = {**outs, "revoke": {"serial_number": outs["serial_number"]}}
    (told,) = PROVIDER.check(outs, named).failures
    assert "order at once with SOPHIA_RETRY=shop.example pulumi up" in told.reason
    assert CertificateKeyProvider().check(outs, named).inputs["revoke"] is None


def fails(*_: object) -> None:
    raise IssuerError("down", code="unreachable")


def test_it_is_revoked_as_it_leaves_the_stack_where_that_is_asked_for(outs: dict[str, Any], pebble: Pebble) -> None:
    PROVIDER.delete("id", outs)
    assert status(pebble, outs["serial_number"])[0] == "Valid"
    assert not PROVIDER.diff("id", outs, PROVIDER.check(outs, outs).inputs).changes
    asked = PROVIDER.check(outs, {**outs, "revoke_on_destroy": True}).inputs
    assert PROVIDER.diff("id", outs, asked).changes
    stored = PROVIDER.update("id", outs, asked).outs
    assert stored is not None
    assert stored["serial_number"] == outs["serial_number"]
    PROVIDER.delete("id", stored)
    assert status(pebble, outs["serial_number"]) == ("Revoked", "5")
    PROVIDER.delete("id", stored)  # killed before the state was saved


def test_a_ca_that_is_down_keeps_the_certificate_in_the_stack(outs: dict[str, Any], pebble: Pebble) -> None:
    directory = f"https://127.0.0.1:{free_port()}/dir"
    accounts = {directory: outs["accounts"][pebble.directory]}
    elsewhere = {**outs, "issuer": {**pebble.issuer, "directory": directory}, "directory": directory}
    with refused(IssuerError, "unreachable"):
        PROVIDER.delete("id", {**elsewhere, "accounts": accounts, "revoke_on_destroy": True})


def test_another_account_may_not_revoke_and_the_key_of_the_certificate_may(make: Make, pebble: Pebble) -> None:
    key, other = keys.generate(KeyType.ECDSA_P384), keys.private_pem(keys.generate(KeyType.ECDSA_P256))
    issued = make().issue(order(domains=NAMES, csr_pem=keys.signing_request(key, NAMES)))
    stranger = AcmeIssuer(make().settings, make().challenge, Access(other))
    with refused(IssuerError, "acme-refused", value="accountDoesNotExist"):
        stranger.withdraw(issued.certificate_pem, "superseded")
    Session.open(make().settings, other)
    with refused(IssuerError, "acme-refused", value="unauthorized"):
        stranger.withdraw(issued.certificate_pem, "superseded")
    with refused(IssuerError, "acme-refused", value="unauthorized", says="same public key"):
        replace(stranger, access=Access(other, certificate_key=other)).withdraw(issued.certificate_pem, "superseded")
    assert issued.facts
    assert status(pebble, issued.facts.serial_number)[0] == "Valid"
    holder = replace(stranger, access=Access(other, certificate_key=keys.private_pem(key)))
    for _ in range(2):
        holder.withdraw(issued.certificate_pem, "keyCompromise")
        assert status(pebble, issued.facts.serial_number) == ("Revoked", "1")


def test_where_the_account_is_deactivated_or_lost_the_key_in_the_state_revokes(
    outs: dict[str, Any], accounts: list[KnownAccount], pebble: Pebble, make: Make
) -> None:
    own_key = keys.generate(KeyType.ECDSA_P256)
    key = keys.private_pem(own_key)
    made = keys.signing_request(own_key, NAMES)
    inputs = PROVIDER.check({}, {**outs, "label": "demo/test/own", "csr_pem": made}).inputs
    own = PROVIDER.create(inputs).outs
    assert own
    Session.open(make().settings, accounts[0].key, registers=False).deactivate()
    with refused(IssuerError, "acme-refused", value="unauthorized"):
        revoke(Known("own", inputs, own, keys=(accounts[0].key,)), accounts, "superseded", Journal.open())
    elsewhere = [replace(accounts[0], key="file:/nowhere/key")]
    for found in (accounts, [], elsewhere):
        revoke(Known("own", inputs, own, keys=("", key)), found, "superseded", Journal.open())
    assert status(pebble, own["serial_number"]) == ("Revoked", "4")


@pytest.mark.parametrize(
    ("revoke", "field"),
    [
        ("15D8", "revoke"),
        ({"serial": "15D8"}, "revoke.serial"),
        ({"serial_number": "none"}, "revoke.serial_number"),
        ({"serial_number": "15D8", "reason": "cACompromise"}, "revoke.reason"),
    ],
)
def test_what_is_no_revocation_is_refused_by_field(revoke: Any, field: str) -> None:
    with refused(ArgumentError, field=field):
        wanted(revoke=revoke)


def test_a_serial_number_is_read_as_openssl_and_as_browsers_write_it() -> None:
    found = wanted(revoke={"serial_number": "15:d8:bb"}).revocation
    assert found is not None
    assert (found.serial_number, found.reason) == ("15D8BB", "unspecified")


def test_it_is_revoked_by_the_account_as_it_is_after_a_rollover(
    outs: dict[str, Any], make: Make, pebble: Pebble
) -> None:
    asked = PROVIDER.check(outs, {**outs, "revoke_on_destroy": True}).inputs
    stored = PROVIDER.update("id", outs, asked).outs
    assert stored is not None
    after = keys.private_pem(keys.generate(KeyType.ECDSA_P256))
    follow(make().settings, outs["accounts"][pebble.directory]["account_key"], after)
    news = PROVIDER.check(asked, {**asked, "accounts": {pebble.directory: {"account_key": after}}}).inputs
    issued = pebble.issued
    if PROVIDER.diff("id", stored, news).changes:
        stored = PROVIDER.update("id", stored, news).outs
        assert stored is not None
    assert (pebble.issued, stored["serial_number"]) == (issued, outs["serial_number"])
    PROVIDER.delete("id", stored)
    assert status(pebble, outs["serial_number"]) == ("Revoked", "5")


def test_what_the_program_has_revoked_is_revoked_whatever_a_row_of_the_journal_says(
    outs: dict[str, Any], pebble: Pebble
) -> None:
    spec, told = CertificateSpec.from_inputs(outs), {"serial_number": outs["serial_number"], "reason": "keyCompromise"}
    said = CertificateEvent.of(Event.REVOKED, spec, 1, serial_number=outs["serial_number"], problem="superseded")
    note(Journal.open(), spec.label, said)
    inputs = PROVIDER.check(outs, {**outs, "csr_pem": csr(NAMES), "revoke": told}).inputs
    PROVIDER.update("id", outs, inputs)
    assert status(pebble, outs["serial_number"]) == ("Revoked", "1")
