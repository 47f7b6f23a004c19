"""The CA with a clock of its own, by which tests let years pass, does as Pebble does: each case holds for both."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from sophia_infra.tls.challenge_settings import ChallengeKind, ChallengeSettings
from sophia_infra.tls.issuer_settings import IssuerSettings
from sophia_infra.tls.issuers import Access, IssuerError
from sophia_infra.tls.issuers.acme import AcmeIssuer
from sophia_infra.tls.issuers.acme.renewal_info import identifier
from sophia_infra.tls.issuers.acme.session import Session
from sophia_infra.tls.spec import ArgumentError
from sophia_infra.values import Value
from tests.support import timed_ca
from tests.support.pebble import BLOCKED, IN_CAA, Pebble
from tests.support.refusals import refused
from tests.support.timed_ca import DAY, TimedCa
from tests.tls.acme.test_acme_crash import killed
from tests.tls.orders import order

NAMES = ("shop.example", "www.shop.example")
STRANGE = "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"
"""What a certificate of another authority is called (RFC 9773 appendix A)."""
Ca = Pebble | TimedCa


@pytest.fixture(scope="module")
def timed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimedCa]:
    with timed_ca.running(tmp_path_factory.mktemp("timed") / "ca", 90, lambda: datetime.now(UTC)) as ca:
        yield ca


@pytest.fixture(params=["pebble", "timed"])
def ca(request: pytest.FixtureRequest) -> Ca:
    found: Ca = request.getfixturevalue(request.param)
    return found


@dataclass
class Maker:
    """Makes issuers at a CA under one account."""

    account_key: str

    def __call__(self, ca: Ca, **changed: Any) -> AcmeIssuer:
        settings = IssuerSettings.read(Value("issuer", {**ca.issuer, **changed}, ArgumentError))
        challenge = ChallengeSettings.from_inputs({"challenge": ca.challenge}, ArgumentError)
        return AcmeIssuer(settings, challenge, Access(self.account_key))


@pytest.fixture
def at(account_key: str) -> Maker:
    return Maker(account_key)


def test_an_order_is_signed_once_and_looked_at_where_its_proofs_are(ca: Ca, at: Maker, tmp_path: Path) -> None:
    issuer, asked = at(ca), order(domains=NAMES)
    assert issuer.preflight(NAMES, asked.lifetime) == (IN_CAA,)
    killed(issuer, asked, "placed")
    issued = issuer.issue(asked)
    assert issued.facts
    assert set(issued.facts.domains) == set(NAMES)
    assert issued.facts.not_after - issued.facts.not_before == 90 * DAY - timedelta(seconds=1)
    assert issuer.issue(asked) == issued
    nowhere = ChallengeSettings(ChallengeKind.HTTP_01, str(tmp_path))
    with refused(IssuerError, "challenge-failed", value="unauthorized") as told:
        replace(issuer, challenge=nowhere).issue(order(label="demo/test/other", domains=NAMES))
    assert told.value.subject in NAMES


def test_what_it_does_not_take_is_refused_by_the_same_problem(ca: Ca, at: Maker) -> None:
    for changed, names, problem in (
        ({}, (*NAMES, BLOCKED), "rejectedIdentifier"),
        ({"profile": "longlived"}, NAMES, "invalidProfile"),
    ):
        with refused(IssuerError, "acme-refused", value=problem):
            at(ca, **changed).issue(order(domains=names))


def test_a_certificate_is_replaced_once(ca: Ca, at: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    issuer, before = at(ca), ca.replacements
    first = issuer.issue(order(domains=NAMES))
    issuer.issue(order(domains=NAMES, generation=2, base=first.base))
    assert (ca.replacements, capsys.readouterr().err) == (before + 1, "")
    session = Session.open(issuer.settings, at.account_key)
    replaced = identifier(first.certificate_pem)
    for replaces, problem in ((replaced, "conflict"), (nobodys(replaced), "serverInternal"), (STRANGE, "malformed")):
        with refused(IssuerError, "acme-refused", value=problem):
            session.place(NAMES, "default", replaces)


def nobodys(name: str) -> str:
    """Return what a certificate of the same authority is called that was never issued."""
    return f"{name.partition('.')[0]}.AIdlQyE"


def test_it_suggests_two_days_around_two_thirds_and_the_past_once_it_has_revoked(ca: Ca, at: Maker) -> None:
    issuer = at(ca)
    issued = issuer.issue(order(domains=NAMES))
    assert issued.facts
    answer = renewal(ca, identifier(issued.certificate_pem))
    assert (answer.status_code, answer.headers["Retry-After"]) == (200, "21600")
    assert {name: set(value) for name, value in answer.json().items()} == {"suggestedWindow": {"start", "end"}}
    window = issuer.suggested(order().label, issued).window
    assert window
    ideal = issued.facts.not_after - 30 * DAY
    assert all(
        abs(found - wanted) < DAY / 100 for found, wanted in zip(window, (ideal - DAY, ideal + DAY), strict=True)
    )
    issuer.withdraw(issued.certificate_pem, "superseded")
    issuer.withdraw(issued.certificate_pem, "superseded")
    past = renewal(ca, identifier(issued.certificate_pem)).json()["suggestedWindow"]
    start, end = (datetime.fromisoformat(past[name]) for name in ("start", "end"))
    assert start < end < datetime.now(UTC)
    for name, status in ((nobodys(identifier(issued.certificate_pem)), 404), (STRANGE, 400)):
        unknown = renewal(ca, name)
        assert (unknown.status_code, unknown.json()["type"].rpartition(":")[2]) == (status, "malformed")


def renewal(ca: Ca, name: str) -> requests.Response:
    url = requests.get(ca.directory, verify=str(ca.trust), timeout=10).json()["renewalInfo"]
    return requests.get(f"{url}/{name}", verify=str(ca.trust), timeout=10)


def test_no_answer_holds_anything_that_pebble_does_not_say(
    pebble: Pebble, timed: TimedCa, at: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: dict[tuple[str, str], set[str]] = {}
    send = requests.Session.send

    def kept(self: requests.Session, asked: requests.PreparedRequest, **named: Any) -> requests.Response:
        answer = send(self, asked, **named)
        kind = str(asked.path_url).split("/")[1]
        if "json" in answer.headers.get("Content-Type", "") and answer.content:
            found = shown.setdefault((side, kind), set())
            found |= {f"{answer.status_code}", *names_in(answer.json())}
        return answer

    monkeypatch.setattr(requests.Session, "send", kept)
    for side, ca in (("pebble", pebble), ("timed", timed)):
        first = at(ca).issue(order(label=side, domains=NAMES))
        at(ca).issue(order(label=side, domains=NAMES, generation=2, base=first.base))
    kinds = {kind for side, kind in shown if side == "timed"}
    assert {"dir", "sign-me-up", "order-plz", "my-order", "authZ", "chalZ", "finalize-order"} <= kinds
    for kind in kinds:
        assert shown["timed", kind] <= shown["pebble", kind] | {"400"}, kind


def names_in(document: Any) -> Iterator[str]:
    """Yield the names of all members of a document."""
    if isinstance(document, dict):
        yield from document
    for each in document.values() if isinstance(document, dict) else document if isinstance(document, list) else ():
        yield from names_in(each)
