"""Endpoints are looked at by real handshakes, and each fault is a finding with a fix."""

import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sophia_infra.advice.model import Finding
from sophia_infra.probes.handshakes import Shown, handshakes
from sophia_infra.probes.measured import Phase
from sophia_infra.tls import endpoints, keys
from sophia_infra.tls.certificate_resource import CertificateProvider
from sophia_infra.tls.certificates import Certificate, UnreadableError
from sophia_infra.tls.endpoints.judge import HEALS, judge
from sophia_infra.tls.endpoints.served import served
from sophia_infra.tls.issuers import Issued
from sophia_infra.tls.issuers.embedded import EmbeddedCa
from sophia_infra.tls.spec import ArgumentError, KeyType
from tests.support.tls_server import TlsServer, tls_server
from tests.tls.orders import DOMAINS, NOW, order


class Made:
    """Certificates of one CA with their keys, as files."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ca = folder, EmbeddedCa.at(str(folder / "ca"))

    def make(self, label: str, domains: tuple[str, ...] = DOMAINS, lifetime: timedelta = timedelta(days=90)) -> Issued:
        key = keys.generate(KeyType.ECDSA_P256)
        asked = order(label=label, csr_pem=keys.signing_request(key, domains), domains=domains, lifetime=lifetime)
        issued = self.ca.issue(asked)
        (self.folder / f"{label}.key").write_text(keys.private_pem(key))
        (self.folder / f"{label}.pem").write_text(issued.certificate_pem + issued.chain_pem)
        (self.folder / f"{label}-alone.pem").write_text(issued.certificate_pem)
        return issued

    def files(self, label: str, chain: str = "") -> tuple[Path, Path]:
        return self.folder / f"{label}{chain}.pem", self.folder / f"{label}.key"


EC_KEY, UNKNOWN_KEY = bytes.fromhex("06072a8648ce3d0201"), bytes.fromhex("06072a8648ce3d027f")
"""The kind of a public key in DER: id-ecPublicKey (RFC 5480), and one that nobody knows."""


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


@pytest.fixture
def wanted(made: Made) -> Issued:
    return made.make("shop")


@pytest.fixture
def server(made: Made, wanted: Issued) -> Iterator[TlsServer]:
    assert wanted.facts
    with tls_server(*made.files("shop")) as running:
        yield running


def found(port: int, wanted: Issued, name: str = "shop.example", days: int = 0) -> list[Finding]:
    (place,) = endpoints.read({"endpoints": [f"127.0.0.1:{port}#{name}"]}, DOMAINS, ArgumentError)
    shown = handshakes([place.server])[place.server]
    return list(judge(place, shown, wanted.certificate_pem + wanted.chain_pem, NOW + timedelta(days=days)))


def codes(findings: list[Finding]) -> set[str]:
    assert all(finding.fix and finding.subject.startswith("127.0.0.1:") for finding in findings)
    return {finding.code for finding in findings}


def test_what_serves_the_certificate_has_no_finding(server: TlsServer, wanted: Issued) -> None:
    assert found(server.port, wanted) == []
    assert found(server.port, wanted, "www.shop.example") == []


def test_a_name_that_it_is_not_for_is_told(server: TlsServer, wanted: Issued) -> None:
    assert codes(found(server.port, wanted, "other.example")) == {"endpoint-name"}


def test_a_chain_that_is_cut_short_is_told(server: TlsServer, made: Made, wanted: Issued) -> None:
    server.read(*made.files("shop", "-alone"))
    assert codes(found(server.port, wanted)) == {"endpoint-chain"} <= HEALS


def test_an_older_certificate_and_one_of_somebody_else_are_told_apart(
    server: TlsServer, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPHIA_NOW", (NOW + timedelta(days=2)).isoformat())
    renewed = made.make("renewed")
    assert codes(found(server.port, renewed)) == {"endpoint-old"}
    made.make("other", ("other.example",))
    server.read(*made.files("other"))
    assert codes(found(server.port, renewed)) == {"endpoint-other", "endpoint-name"}


def test_what_has_expired_is_told_of_the_chain_too(server: TlsServer, wanted: Issued) -> None:
    told = found(server.port, wanted, days=91)
    assert [(one.code, one.message.partition(" ended")[0]) for one in told] == [("endpoint-expired", "its certificate")]
    told = found(server.port, wanted, days=1200)
    assert [one.message.partition(" ended")[0] for one in told] == [
        "its certificate",
        "an authority in the chain that it serves",
    ]


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1:DeprecationWarning")  # it is the one to be told of
def test_a_weak_session_is_seen_and_told(server: TlsServer, wanted: Issued) -> None:
    server.context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    server.context.maximum_version = ssl.TLSVersion.TLSv1_1
    server.context.set_ciphers("ALL:@SECLEVEL=0")
    (told,) = found(server.port, wanted)
    assert told.code == "endpoint-weak"
    assert told.message == "it agrees to TLSv1.1"


def test_one_that_does_not_answer_is_told(server: TlsServer, wanted: Issued) -> None:
    server.close()
    (told,) = found(server.port, wanted)
    assert (told.code, told.message) == ("endpoint-unreachable", "Connection refused")


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("shop.example", ("shop.example", 443, "shop.example")),
        ("WWW.Shop.example:8443", ("www.shop.example", 8443, "www.shop.example")),
        ("10.0.0.4:8443", ("10.0.0.4", 8443, "shop.example")),
        ("10.0.0.4:8443#www.shop.example", ("10.0.0.4", 8443, "www.shop.example")),
        ("[2001:db8::1]:443#shop.example", ("2001:db8::1", 443, "shop.example")),
    ],
)
def test_an_endpoint_is_read(given: str, asked: tuple[str, int, str]) -> None:
    (place,) = endpoints.read({"endpoints": [given]}, DOMAINS, ArgumentError)
    assert place.server == asked


@pytest.mark.parametrize("given", ["", "shop.example:0", "shop.example:65536", "a b:443", "2001:db8::1", "x#", 443])
def test_one_that_is_none_is_refused_at_its_place(given: object) -> None:
    with pytest.raises(ArgumentError) as refused:
        endpoints.read({"endpoints": ["shop.example", given]}, DOMAINS, ArgumentError)
    assert refused.value.field == "endpoints[1]"


def test_a_hundred_are_the_most() -> None:
    with pytest.raises(ArgumentError) as refused:
        endpoints.read({"endpoints": [f"shop.example:{port}" for port in range(1, 102)]}, DOMAINS, ArgumentError)
    assert (refused.value.value, refused.value.limit) == (101, 100)


def test_check_publishes_what_is_wrong_and_changes_nothing_for_it(made: Made, wanted: Issued) -> None:
    made.make("other")
    with tls_server(*made.files("other")) as server:
        place = f"127.0.0.1:{server.port}#shop.example"
        asked = {
            "label": "shop",
            "domains": list(DOMAINS),
            "issuer": {"folder": str(made.folder / "ca")},
            "csr_pem": "",
            "endpoints": [place],
        }
        result = CertificateProvider().check({**asked, "generation": 1}, asked)
    assert not result.failures
    (told,) = result.inputs["advice"]["findings"]
    assert (told["code"], told["subject"]) == ("endpoint-old", place)
    assert not result.inputs["changes"]["updates"]


def test_a_certificate_of_a_kind_that_nobody_here_knows_is_a_finding_and_no_crash(wanted: Issued) -> None:
    strange = ssl.PEM_cert_to_DER_cert(wanted.certificate_pem).replace(EC_KEY, UNKNOWN_KEY)
    (place,) = endpoints.read({"endpoints": ["127.0.0.1#shop.example"]}, DOMAINS, ArgumentError)
    shown = Shown((strange,), "TLSv1.3", "TLS_AES_128_GCM_SHA256")
    codes = [finding.code for finding in judge(place, shown, wanted.certificate_pem + wanted.chain_pem, NOW)]
    assert codes[-1] == "endpoint-other"
    with pytest.raises(UnreadableError):
        Certificate.read(ssl.DER_cert_to_PEM_cert(strange))


def test_a_certificate_that_is_served_otherwise_is_failed_and_one_that_nobody_serves_is_not_known(
    server: TlsServer, made: Made, wanted: Issued
) -> None:
    fields = {"domains": [*DOMAINS], "certificate_pem": wanted.certificate_pem, "chain_pem": wanted.chain_pem}
    inputs = {"endpoints": [f"127.0.0.1:{server.port}#shop.example"]}
    assert served(inputs, fields).phase is Phase.SUCCESSFUL
    assert served({"endpoints": ["127.0.0.1:1"]}, fields).phase is Phase.INCONCLUSIVE
    made.make("other")
    server.read(*made.files("other"))
    assert served(inputs, fields).phase is Phase.FAILED
