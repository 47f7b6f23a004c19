import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pulumi
import pytest
from cryptography import x509
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.dynamic.dynamic import serialize_provider

from sophia_infra.changes import Changes
from sophia_infra.dns.renewals.renewal import known
from sophia_infra.journal import Journal
from sophia_infra.reporter import STDERR, Reporter
from sophia_infra.tls.certificate_resource import CertificateProvider
from sophia_infra.tls.certificates import Request
from sophia_infra.tls.events import CertificateIntent, CertificateOutcome
from sophia_infra.tls.issuers import IssuerError
from sophia_infra.tls.issuers.embedded import EmbeddedCa
from sophia_infra.tls.preflight.renewals import keep
from sophia_infra.tls.public_cas import PUBLIC
from sophia_infra.tls.spec import ArgumentError, CertificateSpec
from tests.support.refusals import refused
from tests.tls.orders import DOMAINS, NOW, checked, created, csr, issue
from tests.tls.test_embedded import issued_files

PROVIDER = CertificateProvider()
LATER = (NOW + timedelta(days=61)).isoformat()


@pytest.fixture
def news(folder: Path) -> dict[str, Any]:
    return {"label": "demo/test/shop", "domains": list(DOMAINS), "issuer": {"folder": str(folder)}, "csr_pem": csr()}


def begin_another_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_RUN", "another")


def updates(olds: dict[str, Any], inputs: dict[str, Any]) -> bool:
    return bool(PROVIDER.diff("id", olds, inputs).changes)


def test_the_first_run_creates_and_the_next_has_nothing_to_do(news: dict[str, Any], folder: Path) -> None:
    inputs = checked({}, news)
    assert inputs["changes"]["creates"] == 1
    assert not folder.exists()
    outs = created(inputs)
    again = checked(inputs, news)
    assert not updates(outs, again)
    assert again["changes"]["updates"] == 0
    assert len(issued_files(folder)) == 1


def test_the_outputs_are_the_certificate_its_chain_and_its_times(news: dict[str, Any]) -> None:
    outs = created(checked({}, news))
    assert outs["not_before"] == "2026-11-23T11:00:00+00:00"
    assert outs["not_after"] == "2027-02-21T10:59:59+00:00"
    assert outs["next_renewal"] == "2027-01-22T10:59:59+00:00"
    assert outs["certificate_pem"].startswith("-----BEGIN CERTIFICATE-----")
    assert outs["issuer_name"].startswith("CN=Sophia embedded CA intermediate")
    assert set(news) <= set(outs)


def test_preview_and_up_see_the_same_inputs(news: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    first = checked({}, news)
    monkeypatch.setenv("SOPHIA_NOW", (NOW + timedelta(hours=9)).isoformat())
    assert checked({}, news) == first


def test_a_due_certificate_is_updated_and_said_so(
    news: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = checked({}, news)
    outs = created(inputs)
    monkeypatch.setenv("SOPHIA_NOW", LATER)
    due = checked(inputs, {**news, "csr_pem": pulumi.UNKNOWN})
    assert due["generation"] == 2
    assert updates(outs, due)
    renewed = PROVIDER.update("id", outs, checked(inputs, {**news, "csr_pem": csr()})).outs
    assert renewed is not None
    assert renewed["serial_number"] != outs["serial_number"]
    assert renewed["not_after"] > outs["not_after"]
    assert len(issued_files(folder)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "medium shop.example certificate renew: renewal window reached on 2027-01-22" in said.err


def test_a_revoked_certificate_is_due(news: dict[str, Any], folder: Path) -> None:
    inputs = checked({}, news)
    outs = created(inputs)
    EmbeddedCa.at(str(folder)).revoke(outs["serial_number"], "keyCompromise")
    due = checked(inputs, news)
    assert due["generation"] == 2
    assert "revoked by its issuer (keyCompromise)" in due["changes"]["reasons"][0]


def test_an_order_whose_result_was_lost_is_handed_out_again(
    news: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = checked({}, news)
    issue(folder, csr_pem=news["csr_pem"])
    begin_another_run(monkeypatch)
    assert checked({}, news)["changes"]["creates"] == 1
    outs = created(checked({}, news))
    assert len(issued_files(folder)) == 1
    assert outs["certificate_pem"] == created(inputs)["certificate_pem"]


def test_an_order_planned_before_somebody_elses_is_refused(news: dict[str, Any], folder: Path) -> None:
    inputs = checked({}, news)
    issue(folder)
    with pytest.raises(IssuerError) as refused:
        PROVIDER.create(inputs)
    assert refused.value.code == "base-moved"
    assert len(issued_files(folder)) == 1


@pytest.mark.parametrize("damage", ["", "garbage", "stranger"])
def test_a_certificate_that_the_state_has_lost_is_taken_from_its_issuer_again(
    damage: str, news: dict[str, Any], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = checked({}, news)
    outs = created(inputs)
    stranger = issue(folder, label="other").certificate_pem
    broken = {**outs, "label": f"lost-{damage}", "certificate_pem": stranger if damage == "stranger" else damage}
    assert updates(broken, checked(inputs, news))
    assert f"lost-{damage}" in capsys.readouterr().err
    assert created(checked(inputs, news))["certificate_pem"] == outs["certificate_pem"]
    assert len(list(folder.glob("issued/demo%2Ftest%2Fshop/*.pem"))) == 1


def test_another_key_needs_another_certificate(news: dict[str, Any]) -> None:
    inputs = checked({}, news)
    outs = created(inputs)
    other = {**news, "csr_pem": csr()}
    replanned = checked(inputs, other)
    assert updates(outs, replanned)
    renewed = PROVIDER.update("id", outs, replanned).outs
    assert renewed is not None
    assert Request.read(other["csr_pem"]).key != Request.read(news["csr_pem"]).key
    assert not updates(renewed, checked(replanned, other))


def test_after_a_destroy_the_next_up_orders_for_its_new_key(news: dict[str, Any], folder: Path) -> None:
    created(checked({}, news))
    again = checked({}, {**news, "csr_pem": csr()})
    assert (again["generation"], again["changes"]["creates"]) == (1, 1)
    assert created(again)["serial_number"]
    assert len(issued_files(folder)) == 2


def test_a_destroy_revokes_nothing(news: dict[str, Any], folder: Path) -> None:
    outs = created(checked({}, news))
    PROVIDER.delete("id", outs)
    held = EmbeddedCa.at(str(folder)).latest("demo/test/shop")
    assert held is not None
    assert (held.certificate_pem, held.withdrawn) == (outs["certificate_pem"], "")
    assert not (folder / "crl").exists()


def test_the_limits_of_the_stack_hold_back_no_renewal(news: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = checked({}, news)
    created(inputs)
    provider = CertificateProvider()
    limits = json.dumps({"max_updates": 0, "floor": 0, "max_exposure": "none"})
    provider.configure(ConfigureRequest(Config({"sophia:limits": limits}, "demo")))
    monkeypatch.setenv("SOPHIA_NOW", LATER)
    due = provider.check(inputs, news)
    assert due.failures == []
    assert due.inputs["changes"]["updates"] == 1


def test_a_changed_window_moves_the_next_renewal_and_orders_nothing(news: dict[str, Any], folder: Path) -> None:
    inputs = checked({}, news)
    outs = created(inputs)
    wider = checked(inputs, {**news, "renewal_window": 0.5})
    assert updates(outs, wider)
    moved = PROVIDER.update("id", outs, wider).outs
    assert moved is not None
    assert moved["certificate_pem"] == outs["certificate_pem"]
    assert moved["next_renewal"] < outs["next_renewal"]
    assert len(issued_files(folder)) == 1


@pytest.mark.parametrize("changed", [{name: pulumi.UNKNOWN} for name in ("domains", "lifetime", "zone", "answers")])
def test_what_is_not_known_yet_is_pending_by_name(changed: dict[str, Any], news: dict[str, Any]) -> None:
    inputs = checked({}, {**news, **changed})
    assert inputs["changes"]["pending"] == list(changed)
    assert inputs["changes"]["creates"] == 1
    assert inputs["advice"]["verdict"] == "approve"
    assert updates(created(checked({}, news)), inputs)


def test_what_a_certificate_waits_for_is_told(news: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    STDERR.forget()
    checked(checked({}, news), {**news, "domains": pulumi.UNKNOWN})
    assert ": waits for domains, not known before the apply\n" in capsys.readouterr().err


def test_an_order_that_would_be_refused_fails_the_preview(news: dict[str, Any], folder: Path) -> None:
    issuer = {"folder": str(folder), "permitted": ["other.example"]}
    (failure,) = PROVIDER.check({}, {**news, "issuer": issuer}).failures
    assert failure.property == ""


def test_a_certificate_that_the_rules_block_is_refused_by_check(news: dict[str, Any], folder: Path) -> None:
    (failure,) = PROVIDER.check({}, {**news, "domains": ["*.com"]}).failures
    assert failure.property == ""
    assert "the advice is to block" in failure.reason
    assert not folder.exists()


def test_an_order_of_somebody_else_between_preview_and_apply_is_refused(
    news: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked({}, news)
    issue(folder)
    (failure,) = PROVIDER.check({}, news).failures
    assert "has changed since the preview" in failure.reason
    begin_another_run(monkeypatch)
    assert checked({}, news)["changes"]["base"]


def test_a_second_certificate_of_one_label_in_one_run_is_refused_by_both_names(news: dict[str, Any]) -> None:
    checked({}, {**news, "resource": "demo/test/store"})
    checked({}, {**news, "resource": "demo/test/store"})
    (failure,) = PROVIDER.check({}, {**news, "resource": "demo/test/shop"}).failures
    assert failure.property == ""
    assert "'demo/test/store' and 'demo/test/shop' by one name, 'demo/test/shop'" in failure.reason


def test_a_wrong_stack_setting_fails_the_preview_by_name(news: dict[str, Any]) -> None:
    provider = CertificateProvider()
    provider.configure(ConfigureRequest(Config({"sophia:autonomy": "wild"}, "demo")))
    (failure,) = provider.check({}, news).failures
    assert "sophia:autonomy" in failure.reason


def test_advice_stands_in_the_inputs_and_comes_back_the_same(news: dict[str, Any]) -> None:
    told = {**news, "lifetime": "36h"}
    inputs = checked({}, told)
    (finding,) = inputs["advice"]["findings"]
    assert (finding["code"], finding["level"]) == ("window-short", "warning")
    assert checked({}, told)["advice"] == inputs["advice"]


def test_the_zone_reaches_the_rules(news: dict[str, Any]) -> None:
    inputs = checked({}, {**news, "zone": "Other.example."})
    assert {finding["code"] for finding in inputs["advice"]["findings"]} == {"name-outside-zone"}


def test_a_damaged_chain_at_the_issuer_stops_no_advice(news: dict[str, Any], folder: Path) -> None:
    created(checked({}, news))
    (path,) = folder.glob("issued/*/*.pem")
    leaf = path.read_text().partition("-----END CERTIFICATE-----\n")
    path.write_text(leaf[0] + leaf[1])
    inputs = checked({}, news)
    assert "the root of its issuer was replaced" in inputs["changes"]["reasons"][0]
    assert inputs["advice"]["findings"] == []


def test_the_order_and_its_outcome_are_journaled_without_any_key(news: dict[str, Any], home: Path) -> None:
    created(checked({}, news))
    assert Journal.open().verify().ok
    kept = (home / "journal.db").read_bytes()
    assert b"apply-intent" in kept
    assert b"outcome" in kept
    for word in (b"PRIVATE", b"BEGIN CERT"):
        assert word not in kept


def test_what_the_journal_holds_of_an_order_is_read_back(news: dict[str, Any]) -> None:
    outs = created(checked({}, news))
    intent = Journal.open().last(CertificateIntent, "demo/test/shop")
    outcome = Journal.open().last(CertificateOutcome, "demo/test/shop")
    assert intent is not None
    assert outcome is not None
    assert (intent.row.generation, intent.row.base) == (1, "")
    assert (outcome.row.serial_number, outcome.row.not_after) == (outs["serial_number"], outs["not_after"])
    with pytest.raises(TypeError):
        CertificateOutcome.from_body({"generation": 1})


def test_one_that_can_not_be_revoked_by_what_the_state_has_stays_in_the_stack(news: dict[str, Any]) -> None:
    outs = created(checked({}, news))
    url = "https://ca.example/dir"
    by_acme = {"issuer": {"kind": "acme", "directory": url, "eab": {}}, "directory": url, "revoke_on_destroy": True}
    accounts = {url: {"account_key": "key", "eab": {"kid": "kid", "key": "!"}}}
    with refused(ArgumentError, "argument", field="issuer.eab.key"):
        CertificateProvider().delete("id", {**outs, **by_acme, "accounts": accounts})
    with refused(ArgumentError, "argument", field="key_type"):
        CertificateProvider().delete("id", {**outs, "key_type": "quantum-1", "revoke_on_destroy": True})


def test_what_is_told_goes_to_the_reporter_of_the_provider(
    news: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    class Kept(Reporter):
        lines: ClassVar[list[str]] = []

        def say_once(self, line: str) -> None:
            self.lines.append(line)

    provider = CertificateProvider()
    provider.reporter = Kept()
    inputs = provider.check({}, news).inputs
    assert provider.diff("id", {**inputs, "certificate_pem": ""}, {**inputs, "changes": Changes().as_inputs()}).changes
    assert any("taken from its issuer again" in line for line in Kept.lines)
    assert capsys.readouterr().err == ""


def test_changes_and_advice_are_plain_json(news: dict[str, Any]) -> None:
    inputs = checked({}, news)
    assert json.loads(json.dumps(inputs["changes"])) == inputs["changes"]
    assert json.loads(json.dumps(inputs["advice"])) == inputs["advice"]


def test_the_provider_is_stored_by_reference_and_keeps_no_settings() -> None:
    stored = base64.b64decode(serialize_provider(CertificateProvider()))
    assert b"sophia_infra.tls.certificate_resource" in stored
    assert len(stored) < 120


@pytest.mark.parametrize(
    "days", [21, 31, 400], ids=["before its end", "after it", "long after it, with the certificate"]
)
def test_a_revocation_list_is_signed_anew_before_it_ends_and_the_certificate_stays(
    news: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    news = {**news, "lifetime": "90d"}
    inputs = checked({}, news)
    outs = created(inputs)
    revoked = issue(folder, label="other")
    assert revoked.facts
    EmbeddedCa.at(str(folder)).revoke(revoked.facts.serial_number, "keyCompromise")
    (path,) = (folder / "crl").iterdir()
    monkeypatch.setenv("SOPHIA_NOW", (NOW + timedelta(days=19)).isoformat())
    assert not updates(outs, checked(inputs, news))
    now = NOW + timedelta(days=days)
    monkeypatch.setenv("SOPHIA_NOW", now.isoformat())
    due = checked(inputs, news)
    assert updates(outs, due)
    assert "revocation-list-ends" in {found["code"] for found in due["advice"]["findings"]}
    due |= {"csr_pem": csr()} if due["generation"] == 2 else {}
    renewed = PROVIDER.update("id", outs, due).outs
    assert renewed is not None
    assert (renewed["serial_number"] == outs["serial_number"]) is (days < 60)
    found = x509.load_pem_x509_crl(path.read_bytes())
    assert found.next_update_utc == now + timedelta(days=30)
    assert found.get_revoked_certificate_by_serial_number(int(revoked.facts.serial_number, 16))
    assert found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 2
    assert not updates(renewed, checked(due, {**news, "csr_pem": due["csr_pem"]}))


def test_a_certificate_by_acme_may_stand_alone_and_one_of_the_embedded_ca_has_lost_its_chain(
    news: dict[str, Any],
) -> None:
    outs = {**created(inputs := checked({}, news)), "chain_pem": ""}
    again = checked(inputs, news)
    assert updates(outs, again)
    acme = {"issuer": {"kind": "acme", "directory": "letsencrypt"}, "directory": PUBLIC["letsencrypt"].directory}
    assert not updates({**outs, **acme}, {**again, **acme})
    assert updates({**outs, **acme, "certificate_pem": ""}, {**again, **acme})


def test_a_certificate_by_acme_that_is_deleted_renews_by_no_zone_any_more(news: dict[str, Any]) -> None:
    acme = {"kind": "acme", "directory": "https://ca.example/dir"}
    props = {**news, "issuer": acme, "resource": "demo/test/shop"}
    keep(Journal.open(), CertificateSpec.from_inputs(props), NOW + timedelta(days=61), account="https://ca.example/1")
    (renewal,) = known((), "shop.example", Journal.open(), NOW)
    assert (renewal.certificate, renewal.account) == ("demo/test/shop", "https://ca.example/1")
    PROVIDER.delete("id", props)
    assert known((), "shop.example", Journal.open(), NOW) == ()
    PROVIDER.delete("id", {**news, "key_type": "quantum-1"})  # of another release


def test_the_embedded_authority_revokes_what_the_program_names_and_what_leaves_the_stack(
    news: dict[str, Any], folder: Path
) -> None:
    inputs = checked({}, news)
    outs = created(inputs)
    revoke = {"serial_number": outs["serial_number"], "reason": "superseded"}
    due = checked(inputs, {**news, "csr_pem": csr(), "revoke": revoke, "revoke_on_destroy": True})
    assert due["generation"] == 2
    renewed = PROVIDER.update("id", outs, due).outs
    assert renewed is not None
    PROVIDER.delete("id", renewed)
    revoked = json.loads((folder / "revoked.json").read_text())["certificates"]
    reasons = {serial: entry["reason"] for serial, entry in revoked.items()}
    assert reasons == {outs["serial_number"]: "superseded", renewed["serial_number"]: "cessationOfOperation"}
