"""Orders against a Pebble with its faults on: each ends with a certificate, or with a named cause and nothing left."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sophia_infra.journal import Journal
from sophia_infra.tls.challenge_settings import ChallengeKind, ChallengeSettings, ProofZone
from sophia_infra.tls.challenges.left import left
from sophia_infra.tls.issuer_settings import IssuerSettings
from sophia_infra.tls.issuers import Access, IssuerError
from sophia_infra.tls.issuers.acme import AcmeIssuer
from sophia_infra.tls.spec import ArgumentError
from sophia_infra.values import Value
from tests.support import knot
from tests.support import pebble as server
from tests.support.pebble import BLOCKED, Pebble
from tests.support.primary import FRAME, SECRET, Primary
from tests.support.refusals import refused
from tests.tls.acme.test_acme_crash import STEPS, killed
from tests.tls.orders import csr, order

NAMES = ("shop.example", "www.shop.example")
NONCES = "PEBBLE_WFE_NONCEREJECT"
SLEEPS = {"PEBBLE_VA_NOSLEEP": "0", "PEBBLE_VA_SLEEPTIME": "3"}
FAULTS = {
    "none": {NONCES: "0"},
    "nonces 5": {NONCES: "5"},
    "nonces 20": {NONCES: "20"},
    "nonces 50": {NONCES: "50"},
    "reuse": {"PEBBLE_AUTHZREUSE": "100"},
    "sleeps": SLEEPS,
    "all": {NONCES: "50", "PEBBLE_AUTHZREUSE": "100", **SLEEPS},
}
WAYS = ("webroot", "listen", "tls-alpn-01", "dns-01", "dns-persist-01")


@dataclass(frozen=True)
class Case:
    """A running CA, an issuer there, and the primary that it asks, where it asks one."""

    pebble: Pebble
    issuer: AcmeIssuer
    primary: Primary | None

    @property
    def left(self) -> list[str]:
        """The proofs that anybody could find still."""
        records = self.primary.records() if self.primary else ()
        return [*self.pebble.shown, *(line for line in records if line.startswith("_acme-challenge"))]


@contextmanager
def case(way: str, fault: str, folder: Path, account_key: str) -> Iterator[Case]:
    server.skip_where_lacking()
    if not way.startswith("dns"):
        with server.running(folder, FAULTS[fault], has_web_server=way == "webroot") as pebble:
            challenge = {
                "webroot": ChallengeSettings(ChallengeKind.HTTP_01, webroot=str(pebble.webroot)),
                "listen": ChallengeSettings(ChallengeKind.HTTP_01, listen=f"127.0.0.1:{pebble.http_port}"),
                "tls-alpn-01": ChallengeSettings(ChallengeKind.TLS_ALPN_01, listen=f"127.0.0.1:{pebble.tls_port}"),
            }[way]
            yield Case(pebble, issuer_at(pebble, challenge, account_key), None)
        return
    if not knot.installed():
        pytest.skip("Knot is not installed; python -m engine.debian gets it")
    with (
        knot.updatable(folder / "knot", FRAME) as primary,
        server.running(folder / "ca", FAULTS[fault], name_server=f"127.0.0.1:{primary.port}") as pebble,
    ):
        zone = ProofZone("shop.example", (primary.settings,))
        challenge = ChallengeSettings(ChallengeKind(way), others=(zone,))
        yield Case(pebble, issuer_at(pebble, challenge, account_key), primary)


def issuer_at(pebble: Pebble, challenge: ChallengeSettings, account_key: str) -> AcmeIssuer:
    settings = IssuerSettings.read(Value("issuer", pebble.issuer, ArgumentError))
    return AcmeIssuer(settings, challenge, Access(account_key))


def hold(found: Case) -> None:
    """An order, its renewal, and one that the CA refuses."""
    first = found.issuer.issue(order(domains=NAMES))
    second = found.issuer.issue(order(domains=NAMES, generation=2, base=first.base, csr_pem=csr(NAMES)))
    assert (second.generation, found.pebble.issued) == (2, 2)
    assert second.facts is not None
    assert set(second.facts.domains) == set(NAMES)
    with refused(IssuerError, "acme-refused", value="rejectedIdentifier"):
        found.issuer.issue(order(label="demo/test/other", domains=(*NAMES, BLOCKED)))
    assert found.pebble.issued == 2
    assert found.left == []
    assert left(Journal.open(), order().label) == ()


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_TSIG_SECRET", SECRET)


def test_all_faults_at_once_end_with_certificates_and_a_named_cause(tmp_path: Path, account_key: str) -> None:
    with case("webroot", "all", tmp_path / "case", account_key) as found:
        hold(found)


@pytest.mark.soak
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("way", WAYS)
def test_each_fault_by_each_way(way: str, fault: str, tmp_path: Path, account_key: str) -> None:
    with case(way, fault, tmp_path / "case", account_key) as found:
        hold(found)


@pytest.mark.soak
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("way", WAYS)
def test_a_kill_after_any_step_by_each_way_and_with_all_faults(
    way: str, step: str, tmp_path: Path, account_key: str
) -> None:
    if step == "proofs shown" and way != "webroot":
        pytest.skip("it is a step of the webroot")
    if way not in ("webroot", "dns-01") and step == "proofs removed":
        pytest.skip("nothing outlives its process")
    with case(way, "all", tmp_path / "case", account_key) as found:
        asked = order(domains=NAMES)
        killed(found.issuer, asked, step)
        issued = found.issuer.issue(asked)
        assert issued.facts is not None
        assert set(issued.facts.domains) == set(NAMES)
        assert (found.pebble.issued, found.left) == (1, [])
        assert left(Journal.open(), asked.label) == ()
