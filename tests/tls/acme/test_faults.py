"""Orders against a Pebble with its faults on: each ends with a certificate, or with a named cause and nothing left."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.journal import Journal
from sophia_infra.tls.challenge_settings import ChallengeKind, ChallengeSettings, ProofZone
from sophia_infra.tls.challenges.leftovers import left
from sophia_infra.tls.issuer_settings import IssuerSettings
from sophia_infra.tls.issuers import Access, Binding, IssuerError, Order
from sophia_infra.tls.issuers.acme import AcmeIssuer, connection
from sophia_infra.tls.spec import ArgumentError
from sophia_infra.values import Value
from tests.support import busy, knot
from tests.support import pebble as server
from tests.support.busy import INTERNAL, LIMITS, OVERLOADED, Proxy
from tests.support.pebble import BLOCKED, BOUND, KID, MAC, Pebble
from tests.support.primary import FRAME, SECRET, Primary
from tests.support.refusals import refused
from tests.tls.acme.test_acme_crash import STEPS, killed
from tests.tls.orders import csr, order

NAMES = ("shop.example", "www.shop.example")
NONCES = "PEBBLE_WFE_NONCEREJECT"
PATHS = ("/dir", "/nonce-plz", "/sign-me-up", "/order-plz", "/authZ/", "/chalZ/", "/finalize-order/", "/certZ/")


@dataclass(frozen=True)
class Fault:
    """What is wrong with a CA: in its environment and settings, and what is answered in its place at the renewal.

    `cause` is the code and the value of the error that the renewal ends with; None where it comes through.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    issuer: Mapping[str, Any] = field(default_factory=dict)
    answers: tuple[busy.Fault, ...] = ()
    cause: tuple[str, str | None] | None = None

    def __or__(self, other: "Fault") -> "Fault":
        return Fault(
            {**self.environment, **other.environment},
            {**self.config, **other.config},
            {**self.issuer, **other.issuer},
            self.answers + other.answers,
        )


FAULTS = {
    "none": Fault({NONCES: "0"}),
    "nonces 5": Fault({NONCES: "5"}),
    "nonces 20": Fault({NONCES: "20"}),
    "nonces 50": Fault({NONCES: "50"}),
    "authorizations reused": Fault({"PEBBLE_AUTHZREUSE": "100"}),
    "validation sleeps": Fault({"PEBBLE_VA_NOSLEEP": "0", "PEBBLE_VA_SLEEPTIME": "3"}),
    "retry-after": Fault(config={"retryAfter": {"authz": 1, "order": 1}}),
    "alternate roots": Fault({"PEBBLE_ALTERNATE_ROOTS": "2"}, issuer={"chain": "No Such Root"}),
    "bound accounts": Fault(config=BOUND),
    "short-lived": Fault(issuer={"profile": "shortlived"}),
    "busy": Fault(answers=tuple(busy.Fault(path, 503, OVERLOADED, "0") for path in PATHS)),
    "stumbling": Fault(answers=tuple(busy.Fault(path, 500, INTERNAL) for path in PATHS)),
    "bad gateway": Fault(answers=tuple(busy.Fault(path, 502) for path in PATHS)),
    "broken": Fault(answers=(busy.Fault("/order-plz", 500, INTERNAL),) * 8, cause=("acme-refused", "serverInternal")),
    "gone at the end": Fault(answers=(busy.Fault("/finalize-order/", 504),) * 4, cause=("acme-answer", None)),
    **{
        f"limited: {name}": Fault(answers=(busy.limited(name),), cause=("acme-refused", "rateLimited"))
        for name in LIMITS
    },
}
COMING_THROUGH = (
    "nonces 50",
    "authorizations reused",
    "validation sleeps",
    "retry-after",
    "alternate roots",
    "bound accounts",
    "short-lived",
    "busy",
)
ALL = reduce(Fault.__or__, (FAULTS[name] for name in COMING_THROUGH))
"""All kinds at once that an order comes through."""
WAYS = ("webroot", "listen", "tls-alpn-01", "dns-01", "dns-persist-01")


@dataclass(frozen=True)
class Case:
    """A running CA, an issuer there, the primary and the proxy that it asks, where there are such, and its fault."""

    pebble: Pebble
    issuer: AcmeIssuer
    fault: Fault
    primary: Primary | None = None
    proxy: Proxy | None = None

    @property
    def left(self) -> list[str]:
        """The proofs that anybody could find still."""
        records = self.primary.records() if self.primary else ()
        return [*self.pebble.shown, *(line for line in records if line.startswith("_acme-challenge"))]


@contextmanager
def case(way: str, fault: Fault, folder: Path, account_key: str) -> Iterator[Case]:
    server.skip_where_lacking()
    is_dns = way.startswith("dns")
    if is_dns and not knot.installed():
        pytest.skip("Knot is not installed; python -m engine.debian gets it")
    with ExitStack() as stack:
        primary = stack.enter_context(knot.updatable(folder / "knot", FRAME)) if is_dns else None
        pebble = stack.enter_context(
            server.running(
                folder / "ca",
                fault.environment,
                name_server=f"127.0.0.1:{primary.port}" if primary else "",
                has_web_server=way == "webroot",
                config=fault.config,
            )
        )
        proxy = stack.enter_context(busy.before(pebble)) if fault.answers else None
        asked = {**pebble.issuer, **fault.issuer, **({"directory": proxy.directory} if proxy else {})}
        settings = IssuerSettings.read(Value("issuer", asked, ArgumentError))
        access = Access(account_key, binding=Binding(KID, MAC) if fault.config.get("externalAccountMACKeys") else None)
        yield Case(pebble, AcmeIssuer(settings, _challenge(way, pebble, primary), access), fault, primary, proxy)


def _challenge(way: str, pebble: Pebble, primary: Primary | None) -> ChallengeSettings:
    if primary:
        return ChallengeSettings(ChallengeKind(way), others=(ProofZone("shop.example", (primary.settings,)),))
    return {
        "webroot": ChallengeSettings(ChallengeKind.HTTP_01, webroot=str(pebble.webroot)),
        "listen": ChallengeSettings(ChallengeKind.HTTP_01, listen=f"127.0.0.1:{pebble.http_port}"),
        "tls-alpn-01": ChallengeSettings(ChallengeKind.TLS_ALPN_01, listen=f"127.0.0.1:{pebble.tls_port}"),
    }[way]


def hold(found: Case) -> None:
    """An order, an answer about its renewal that nobody can read, its renewal, and one that the CA refuses."""
    issuer, label = found.issuer, order().label
    first = issuer.issue(order(domains=NAMES))
    found.pebble.suggest(first.certificate_pem, '{"suggestedWindow": "soon"}')
    assert issuer.suggested(label, first).fault
    renewal = order(domains=NAMES, generation=2, base=first.base, csr_pem=csr(NAMES))
    if found.proxy:
        found.proxy.faults += found.fault.answers
    if found.proxy and found.fault.cause:
        _hold_refused(found, renewal)
        found.proxy.faults.clear()
    second = issuer.issue(renewal)
    assert (second.generation, found.pebble.issued) == (2, 2)
    assert second.facts is not None
    assert set(second.facts.domains) == set(NAMES)
    with refused(IssuerError, "acme-refused", value="rejectedIdentifier"):
        issuer.issue(order(label="demo/test/other", domains=(*NAMES, BLOCKED)))
    assert found.pebble.issued == 2
    assert found.left == []
    assert left(Journal.open(), label) == ()


def _hold_refused(found: Case, renewal: Order) -> None:
    assert found.fault.cause
    code, value = found.fault.cause
    with refused(IssuerError, code, value=value) as told:
        found.issuer.issue(renewal)
    assert bool(told.value.retry_at) == (value == "rateLimited")
    held = found.issuer.latest(renewal.label)
    assert (held and held.base) == renewal.base, "the old one is untouched"
    assert found.left == []


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_TSIG_SECRET", SECRET)
    monkeypatch.setattr(connection, "PAUSE", 0.01)


@pytest.mark.parametrize("fault", [ALL, FAULTS["broken"]], ids=["all", "broken"])
def test_all_faults_at_once_end_with_certificates_and_a_named_cause(
    fault: Fault, tmp_path: Path, account_key: str
) -> None:
    with case("webroot", fault, tmp_path / "case", account_key) as found:
        hold(found)


@pytest.mark.soak
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("way", WAYS)
def test_each_fault_by_each_way(way: str, fault: str, tmp_path: Path, account_key: str) -> None:
    with case(way, FAULTS[fault], tmp_path / "case", account_key) as found:
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
    with case(way, ALL, tmp_path / "case", account_key) as found:
        asked = order(domains=NAMES)
        killed(found.issuer, asked, step)
        issued = found.issuer.issue(asked)
        assert issued.facts is not None
        assert set(issued.facts.domains) == set(NAMES)
        assert (found.pebble.issued, found.left) == (1, [])
        assert left(Journal.open(), asked.label) == ()
