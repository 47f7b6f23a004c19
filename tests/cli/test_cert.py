"""`sophia cert`: certificates by a stack's state and the journal."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.journal import Journal
from sophia_infra.tls.certificate_resource import CertificateProvider
from sophia_infra.tls.events import CertificateEvent, Event, note
from sophia_infra.tls.issuers import IssuerError
from sophia_infra.tls.issuers.embedded import EmbeddedCa
from sophia_infra.tls.of_state import CERTIFICATE, KEY, read
from tests.cli.conftest import Sophia, Write
from tests.support.workspace import REPO
from tests.tls.orders import DOMAINS, NOW, csr, wanted

OLD = REPO / "tests" / "fixtures" / "release_0_1" / "certificate" / "state.json"
LABEL = "demo/test/shop"
State = Callable[[], str]


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOPHIA_NOW", NOW.isoformat())
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SOPHIA_CA_PASSPHRASE", raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ca"


@pytest.fixture
def state(folder: Path, write: Write) -> str:
    """A file with the state after a certificate was issued, as the engine exports it."""
    asked = {"label": LABEL, "domains": list(DOMAINS), "issuer": {"folder": str(folder)}, "csr_pem": csr()}
    inputs = CertificateProvider().check({}, asked).inputs
    resources = [
        _resource(KEY, inputs, {**inputs, "private_key_pem": {"4dabf18193072939515e22adb298388d": "..."}}),
        _resource(CERTIFICATE, inputs, CertificateProvider().create(inputs).outs),
    ]
    return write("state.json", json.dumps({"version": 3, "deployment": {"resources": resources}}))


def _resource(kind: str, inputs: Any, outputs: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:test::demo::sophia:index:SelfHealingCert${kind}::shop"
    return {"urn": urn, "type": kind, "custom": True, "id": "x", "inputs": inputs, "outputs": outputs}


def failed(**more: Any) -> None:
    """Journal an order that failed a minute ago."""
    error = IssuerError("it is down", code="unreachable", value="rateLimited")
    note(Journal.open(), LABEL, CertificateEvent.of(Event.FAILED, wanted(), 2, error, **more))


def test_keys_are_read_where_the_state_shows_them_and_are_in_no_text(state: str) -> None:
    content = json.loads(Path(state).read_text())
    assert read(json.dumps(content), "state")[0].keys == ("", "")
    (key,) = (each for each in content["deployment"]["resources"] if each["type"] == KEY)
    key["outputs"]["private_key_pem"]["plaintext"] = json.dumps("a canary")
    (known,) = read(json.dumps(content), "state")
    assert known.keys == ("a canary", "")
    assert "canary" not in repr(known)


def test_a_certificate_is_shown_as_state_and_journal_know_it(sophia: Sophia, state: str) -> None:
    ran = sophia("cert", "show", "--state", state, "--json")
    (found,) = ran.json("cert-show")["certificates"]
    assert ran.code == 0
    assert (found["name"], found["label"], found["domains"]) == ("shop", LABEL, list(DOMAINS))
    assert (found["is_good"], found["waits"], found["not_after"][:10]) == (True, "", "2027-02-21")
    assert [event["what"] for event in found["events"]] == ["issued"]
    ran = sophia("cert", "show", "shop.example", "--state", state)
    assert ran.out.startswith("shop  shop.example, *.shop.example  until 2027-02-21T")
    assert "  next renewal 2027-01-2" in ran.out
    assert "PRIVATE" not in ran.out


def test_one_that_has_ended_is_not_good(sophia: Sophia, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_NOW", (NOW + timedelta(days=91)).isoformat())
    ran = sophia("cert", "show", "--state", state, "--json")
    assert (ran.code, ran.json("cert-show")["certificates"][0]["is_good"]) == (1, False)


def test_a_failure_and_its_cause_are_shown(sophia: Sophia, state: str) -> None:
    failed()
    ran = sophia("cert", "show", "--state", state)
    assert ran.code == 1
    assert "failed  unreachable: rateLimited" in ran.out


def test_an_order_that_is_held_back_says_until_when_and_where_up_fails_for_it(
    sophia: Sophia, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = {
        "issuer": {"kind": "acme", "directory": "https://acme.ca.test/dir"},
        "challenge": {"kind": "http-01", "webroot": "/srv"},
    }
    content = json.loads(Path(state).read_text())
    for resource in content["deployment"]["resources"]:
        resource["inputs"] |= acme
    Path(state).write_text(json.dumps(content))
    error = IssuerError("it is down", code="unreachable")
    until = NOW + timedelta(minutes=10)
    note(Journal.open(), LABEL, CertificateEvent.of(Event.FAILED, wanted(**acme), 2, error, tries=2, until=until))
    ran = sophia("cert", "show", "--state", state, "--json")
    (found,) = ran.json("cert-show")["certificates"]
    assert (ran.code, found["is_good"]) == (1, False)
    assert found["waits"].startswith("try 2 at https://acme.ca.test/dir failed (unreachable")
    assert found["waits"].endswith("the next try is due at 2026-11-23 12:10 UTC")

    ran = sophia("cert", "plan", "--state", state, "--json")
    (planned,) = ran.json("cert-plan")["certificates"]
    assert (ran.code, planned["waits"], planned["refused"]) == (1, found["waits"], "")
    monkeypatch.setenv("SOPHIA_NOW", (NOW + timedelta(days=85)).isoformat())
    later = {"tries": 3, "until": NOW + timedelta(days=86)}
    note(Journal.open(), LABEL, CertificateEvent.of(Event.FAILED, wanted(**acme), 2, error, **later))
    (planned,) = sophia("cert", "plan", "--state", state, "--json").json("cert-plan")["certificates"]
    inputs = content["deployment"]["resources"][1]["inputs"]
    (failure,) = CertificateProvider().check(inputs, inputs).failures
    assert planned["refused"] == failure.reason, "what `up` fails by"
    assert "order at once with SOPHIA_RETRY=shop.example pulumi up" in planned["refused"]


def test_what_is_not_due_stays_and_what_is_says_why(
    sophia: Sophia, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = sophia("cert", "plan", "shop", "--state", state)
    assert (ran.code, ran.out[:33]) == (0, "shop: stays; renewed from 2027-01")
    monkeypatch.setenv("SOPHIA_NOW", (NOW + timedelta(days=61)).isoformat())
    ran = sophia("cert", "plan", "--state", state, "--json")
    (found,) = ran.json("cert-plan")["certificates"]
    assert ran.code == 0
    assert found["reasons"] == ["medium shop.example certificate renew: renewal window reached on 2027-01-22"]


def test_a_plan_knows_that_the_issuer_has_revoked(sophia: Sophia, state: str, folder: Path) -> None:
    (found,) = sophia("cert", "show", "--state", state, "--json").json("cert-show")["certificates"]
    EmbeddedCa.at(str(folder)).revoke(found["serial_number"], "keyCompromise")
    (planned,) = sophia("cert", "plan", "--state", state, "--json").json("cert-plan")["certificates"]
    assert planned["reasons"] == ["high shop.example certificate renew: revoked by its issuer (keyCompromise)"]


def test_a_plan_says_what_can_not_be_told(sophia: Sophia, state: str, folder: Path) -> None:
    (folder / "root.pem").unlink()
    (folder / "authorities" / "root.pem").unlink()
    ran = sophia("cert", "plan", "--state", state)
    assert ran.code == 1
    assert "shop: not known: the CA in" in ran.out


def test_a_state_of_an_older_release_is_read(sophia: Sophia) -> None:
    ran = sophia("cert", "show", "--state", str(OLD), "--json")
    (found,) = ran.json("cert-show")["certificates"]
    assert "shop.example" in found["domains"]
    assert found["not_after"].startswith("2027-02-21")
    sophia("cert", "plan", "--state", str(OLD), "--json").json("cert-plan")


def test_a_name_that_is_none_is_refused_with_the_one_that_was_meant(sophia: Sophia, state: str) -> None:
    ran = sophia("cert", "show", "shopp", "--state", state)
    assert ran.code == 2
    assert ran.err.endswith("sophia: the state has no certificate 'shopp'; known are shop; did you mean shop?\n")
    assert sophia("cert", "show", "shopp", "--state", state, "--json").json("error")["error"]["code"] == (
        "no-certificate"
    )


def test_what_is_no_state_is_refused(sophia: Sophia, write: Write) -> None:
    ran = sophia("cert", "show", "--state", write("x.json", "{}"), "--json")
    assert (ran.code, ran.json("error")["error"]["code"]) == (2, "state-unreadable")
    assert "pulumi stack export" in ran.err


def test_without_a_stack_the_way_out_is_told(sophia: Sophia, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = sophia("cert", "show", "--json")
    assert (ran.code, ran.json("error")["error"]["field"]) == (2, "--state")


def test_the_state_of_the_selected_stack_is_asked_for_once(
    sophia: Sophia, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, state: str
) -> None:
    program = tmp_path / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\nexec /bin/cat {state}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    assert sophia("cert", "show", "shop", "--stack", "prod").code == 0
    assert (tmp_path / "asked").read_text() == "stack export --stack prod\n"
