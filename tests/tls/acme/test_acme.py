"""The contract of an issuer, kept by a real ACME server that rejects five nonces in a hundred."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sophia_infra import installation
from sophia_infra.tls.certificates import Request
from sophia_infra.tls.challenge_settings import ChallengeKind, ChallengeSettings
from sophia_infra.tls.issuer_settings import IssuerKind, IssuerSettings
from sophia_infra.tls.issuers import Access, IssuerError
from sophia_infra.tls.issuers.acme import AcmeIssuer
from sophia_infra.tls.issuers.acme.ordering import ORDERED
from sophia_infra.tls.spec import KeyType
from tests.support.pebble import BLOCKED, Pebble
from tests.support.ports import free_port
from tests.support.refusals import refused
from tests.tls.acme.conftest import Make
from tests.tls.acme.stacks import asked, up
from tests.tls.orders import csr, order

NAMES = ("shop.example", "www.shop.example")


def test_an_order_is_issued_once_and_handed_out_again(make: Make, pebble: Pebble) -> None:
    issuer, asked, before = make(profile=None), order(domains=NAMES), pebble.issued
    assert issuer.latest(asked.label) is None
    issued = issuer.issue(asked)
    assert issued.facts is not None
    assert set(issued.facts.domains) == set(NAMES)
    assert (issued.generation, issued.root_pem) == (1, "")
    assert issued.chain_pem.count("BEGIN CERTIFICATE") == 1
    assert issued.facts.public_key_sha256 == Request.read(asked.csr_pem).public_key_sha256
    assert issuer.latest(asked.label) == issued
    assert issuer.issue(asked) == issued
    assert pebble.issued == before + 1


def test_a_renewal_is_another_certificate_and_an_order_against_another_base_is_refused(
    make: Make, pebble: Pebble
) -> None:
    issuer = make(profile="shortlived")
    first = issuer.issue(order(domains=NAMES))
    assert first.facts is not None
    assert (first.facts.not_after - first.facts.not_before).days in (5, 6)
    second = issuer.issue(order(domains=NAMES, generation=2, base=first.base, csr_pem=csr(NAMES, KeyType.RSA_2048)))
    assert second.generation == 2
    before = pebble.issued
    with refused(IssuerError, "base-moved"):
        issuer.issue(order(domains=NAMES, generation=2, base=first.base))
    assert pebble.issued == before


def test_the_certificate_in_the_state_is_taken_on_where_the_books_are_lost(
    make: Make, pebble: Pebble, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = order(domains=NAMES)
    issued, before = make().issue(asked), pebble.issued
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "another machine"))
    assert make().latest(asked.label) is None
    assert make().issue(replace(asked, standing=issued)) == issued
    assert make().latest(asked.label) == issued
    assert pebble.issued == before


def test_books_that_lag_behind_the_state_take_its_certificate_on_and_do_not_hinder_an_order(
    make: Make, pebble: Pebble, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = order(domains=NAMES)
    issued = make().issue(first)
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "another machine"))
    make().issue(replace(first, standing=issued))
    second = order(domains=NAMES, generation=2, base=issued.base)
    renewed = make().issue(second)
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "home"))
    before = pebble.issued
    assert make().latest(first.label) == issued
    assert make().issue(replace(second, base="", standing=renewed)) == renewed
    assert pebble.issued == before

    third = make().issue(order(domains=NAMES, generation=3))  # due, and planned without these books
    assert (third.generation, pebble.issued) == (3, before + 1)


def test_a_preview_looks_and_changes_nothing(make: Make, home: Path, pebble: Pebble) -> None:
    log = pebble.log.read_text()
    make(profile="shortlived").preflight(NAMES, order().lifetime)
    assert not home.exists()
    said = pebble.log.read_text().removeprefix(log)
    assert "POST" not in said
    assert "HEAD" not in said


@pytest.mark.parametrize("stands", [False, True])
def test_a_check_loads_no_library_of_the_protocol(
    stands: bool, pebble: Pebble, account_key: str, tmp_path: Path
) -> None:
    news = asked(pebble, account_key, f"demo/test/loads-{stands}")
    olds = up({}, news, pebble.resolver.server) if stands else {}
    (tmp_path / "inputs.json").write_text(json.dumps([olds, news]))
    program = (
        "import json, sys; from sophia_infra.tls.certificate_resource import CertificateProvider as Provider; "
        f"provider = Provider(); provider._setting = {{'sophia:resolver': {pebble.resolver.server!r}}}.get; "
        f"found = provider.check(*json.load(open({str(tmp_path / 'inputs.json')!r}))); "
        "print(found.failures, found.inputs['changes']['creates'], 'acme' in sys.modules, 'josepy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == f"[] {int(not stands)} False False\n"


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"profile": "longlived"}, "acme-refused", "issuer.profile"),
        ({"directory": "https://127.0.0.1:{port}/dir"}, "unreachable", "issuer.directory"),
        ({"directory": "{directory}ectory"}, "acme-answer", "issuer.directory"),
        ({"trust": None}, "unreachable", "issuer.trust"),
        ({"trust": "nowhere.pem"}, "unusable", "issuer.trust"),
    ],
)
def test_a_ca_that_can_not_be_used_is_refused_by_the_setting_to_mend(
    changed: dict[str, Any], code: str, field: str, make: Make, pebble: Pebble
) -> None:
    named = {"port": free_port(), "directory": pebble.directory}
    changed = {name: value and value.format(**named) for name, value in changed.items()}
    with refused(IssuerError, code, field=field):
        make(**changed).preflight(NAMES, order().lifetime)
    if field != "issuer.profile":
        with pytest.raises(IssuerError):
            make(**changed).issue(order(domains=NAMES))


def test_a_name_that_the_ca_rejects_is_told_in_its_words(make: Make, pebble: Pebble, home: Path) -> None:
    before = pebble.issued
    with refused(IssuerError, "acme-refused", value="rejectedIdentifier", says="take the name out of domains"):
        make().issue(order(domains=("shop.example", BLOCKED)))
    assert pebble.issued == before
    assert not [*home.rglob(ORDERED), *home.rglob("issued")]


def test_a_proof_that_is_not_found_is_told_by_name_and_taken_away(make: Make, pebble: Pebble, home: Path) -> None:
    elsewhere = home.parent / "elsewhere"
    elsewhere.mkdir()
    issuer = replace(make(), challenge=ChallengeSettings(ChallengeKind.HTTP_01, str(elsewhere)))
    with refused(IssuerError, "challenge-failed", value="unauthorized") as told:
        issuer.issue(order(domains=NAMES))
    assert told.value.subject in NAMES
    assert not list(home.rglob(ORDERED))
    assert not list(elsewhere.rglob("*challenge/*"))
    assert make().issue(order(domains=NAMES)).generation == 1


def test_names_and_settings_that_do_not_fit_are_refused_before_the_ca_is_asked(make: Make) -> None:
    with refused(IssuerError, "challenge", field="challenge.kind"):
        make(directory="https://127.0.0.1:1/dir").preflight(("*.shop.example",), order().lifetime)
    with refused(IssuerError, "challenge", field="challenge"):
        replace(make(), challenge=None).preflight(NAMES, order().lifetime)
    with refused(IssuerError, "account", field="issuer"):
        replace(make(), access=Access()).issue(order(domains=NAMES))
    assert "PRIVATE" not in repr(make())


def test_a_preview_without_the_library_says_how_this_installation_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sophia_infra.tls.issuers.acme.find_spec", lambda _name: None)
    settings = IssuerSettings(kind=IssuerKind.ACME, directory="https://ca.example/dir")
    issuer = AcmeIssuer(settings, ChallengeSettings(ChallengeKind.HTTP_01, webroot="/srv/www"))
    with refused(IssuerError, "extra-missing", field="issuer.kind") as caught:
        issuer.preflight(NAMES, timedelta(days=90))
    assert installation.command("acme") in str(caught.value)
