"""Revocation lists: what a certificate names is fetched within bounds, checked, and heals what is ours."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from sophia_infra.probes import revocations
from sophia_infra.probes.handshakes import Shown
from sophia_infra.probes.revocations import Status, statuses
from sophia_infra.tls import endpoints, keys, probe
from sophia_infra.tls.certificate_resource import CertificateProvider
from sophia_infra.tls.certificates import Request
from sophia_infra.tls.endpoints.lists import revoked
from sophia_infra.tls.issuers import profile
from sophia_infra.tls.issuers.acme import AcmeIssuer
from sophia_infra.tls.issuers.embedded import EmbeddedCa
from sophia_infra.tls.key_resource import CertificateKeyProvider
from sophia_infra.tls.spec import ArgumentError, CertificateSpec, KeyType
from tests.probes.servers import http_server, listening
from tests.support.ports import free_port
from tests.support.tls_server import tls_server
from tests.tls.orders import DOMAINS, NOW, csr, order

DAY = timedelta(days=1)


def new_authority() -> profile.Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    return profile.Authority(profile.make_root(key, NOW - DAY), key)


@dataclass
class Ca:
    """An authority whose lists lie on a server of this test; `asked` are the paths that were asked for."""

    port: int = 0
    answers: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    authority: profile.Authority = field(default_factory=new_authority)

    def url(self, path: str = "/crl") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def leaf(self, *urls: str, request: str = "", domains: tuple[str, ...] = DOMAINS) -> str:
        """A certificate with its chain, in PEM, which names lists."""
        public = Request.read(request or csr()).key
        begins = (NOW - DAY, NOW + 89 * DAY)
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, DOMAINS[0])])
        names = x509.SubjectAlternativeName([x509.DNSName(name) for name in domains])
        points = [x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None) for url in urls]
        start = profile._start(subject, self.authority.certificate.subject, public, begins)
        start = start.add_extension(names, critical=False)
        if points:
            start = start.add_extension(x509.CRLDistributionPoints(points), critical=False)
        return pem(start.sign(self.authority.key, hashes.SHA256())) + pem(self.authority.certificate)

    def list(self, *chains: str, by: profile.Authority | None = None, days: float = 0, about: Any = None) -> bytes:
        """A list that revokes the first certificate of each chain, in DER."""
        by = by or self.authority
        start = x509.CertificateRevocationListBuilder().issuer_name(by.certificate.subject)
        start = start.last_update(NOW + days * DAY - DAY).next_update(NOW + days * DAY + DAY)
        for chain in chains:
            serial = x509.load_pem_x509_certificate(chain.encode()).serial_number
            start = start.add_revoked_certificate(profile.crl_entry(serial, NOW, "keyCompromise"))
        if about:
            start = start.add_extension(about, critical=True)
        return start.sign(by.key, hashes.SHA256()).public_bytes(Encoding.DER)


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def point(*urls: str, **more: bool) -> x509.IssuingDistributionPoint:
    names = [x509.UniformResourceIdentifier(url) for url in urls] or None
    no = dict.fromkeys(("only_contains_user_certs", "only_contains_ca_certs", "indirect_crl"), False)
    no |= {"only_contains_attribute_certs": False}
    return x509.IssuingDistributionPoint(names, None, only_some_reasons=None, **{**no, **more})


@pytest.fixture
def ca() -> Iterator[Ca]:
    made = Ca()

    def answer(request: BaseHTTPRequestHandler) -> None:
        made.asked.append(request.path)
        body = made.answers.get(request.path)
        request.send_response(200 if body is not None else 302)
        request.send_header("Location", "/crl")
        request.end_headers()
        request.wfile.write(body or b"")

    with http_server(answer) as made.port:
        yield made
    revocations._KNOWN.clear()


def status(chain: str) -> Status:
    return told(chain)[0]


def told(*chains: str) -> list[Status]:
    pairs = [revocations.Signed(*x509.load_pem_x509_certificates(chain.encode())) for chain in chains]
    found = statuses(pairs, (), NOW)
    return [found[pair] for pair in pairs]


def test_what_a_list_has_is_revoked_and_what_it_has_not_is_good_and_it_is_fetched_once(ca: Ca) -> None:
    taken, good, bare = ca.leaf(ca.url()), ca.leaf(ca.url()), ca.leaf()
    ca.answers["/crl"] = ca.list(taken, about=point(ca.url()))
    assert told(taken, good, bare) == [Status("keyCompromise"), Status(), Status()]
    assert status(taken) == Status("keyCompromise")
    assert ca.asked == ["/crl"]


def test_the_next_address_is_asked_where_one_has_no_list(ca: Ca) -> None:
    chain = ca.leaf(f"http://127.0.0.1:{free_port()}/", ca.url())
    ca.answers["/crl"] = ca.list(chain)
    assert status(chain).reason == "keyCompromise"


FAULTS: dict[str, tuple[Callable[[Ca, str], bytes | None], str]] = {
    "not there, and a redirect is not followed": (lambda _ca, _leaf: None, "HTTP status 302"),
    "no list": (lambda _ca, _leaf: b"<html>", "is no revocation list"),
    "of no version": (lambda ca, leaf: ca.list(leaf).replace(b"\2\1\1", b"\2\1\7", 1), "is no revocation list"),
    "of no name": (lambda ca, leaf: ca.list(leaf).replace(b"\x55\4\3\x0c", b"\x55\4\3\5"), "not signed by"),
    "too large": (lambda _ca, _leaf: b"x" * 2000, "it has more than 1000 octets"),
    "of another key": (
        lambda ca, leaf: ca.list(leaf, by=profile.Authority(ca.authority.certificate, new_authority().key)),
        "not signed by",
    ),
    "of another authority": (lambda ca, leaf: ca.list(leaf, by=new_authority()), "not signed by"),
    "ended": (lambda ca, leaf: ca.list(leaf, days=-2), "does not hold now"),
    "not begun": (lambda ca, leaf: ca.list(leaf, days=2), "does not hold now"),
    "of another shard": (lambda ca, leaf: ca.list(leaf, about=point("http://other.example/")), "other certificates"),
    "of authorities": (lambda ca, leaf: ca.list(leaf, about=point(only_contains_ca_certs=True)), "other certificates"),
    "of changes": (lambda ca, leaf: ca.list(leaf, about=x509.DeltaCRLIndicator(1)), "critical extension"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_list_that_can_not_be_relied_on_is_told_and_revokes_nothing(
    ca: Ca, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocations, "LIMIT", 1000)
    chain, (make, why) = ca.leaf(ca.url()), FAULTS[fault]
    if (body := make(ca, chain)) is not None:
        ca.answers["/crl"] = body
    found = status(chain)
    assert found.reason == ""
    assert found.unknown.startswith(f"{ca.url()}: ")
    assert why in found.unknown
    assert status(chain) == found
    assert ca.asked == ["/crl"], "once, although it failed"


@pytest.mark.parametrize("url", ["https://127.0.0.1/crl", "ldap://127.0.0.1/crl", "file:///etc/passwd", "http:///x"])
def test_no_address_but_one_of_http_is_asked(ca: Ca, url: str) -> None:
    assert "no http address" in status(ca.leaf(url)).unknown


def test_a_server_that_says_nothing_holds_nothing_up_for_longer_than_its_time(
    ca: Ca, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocations, "BUDGET", 0.2)
    with listening("127.0.0.1", port := free_port()):
        found = status(ca.leaf(f"http://127.0.0.1:{port}/"))
    assert found.unknown.endswith("no answer within 0.2 s")


def looked(served: str, *, wanted: str, own: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    (place,) = endpoints.read({"endpoints": ["127.0.0.1:443#shop.example"]}, DOMAINS, ArgumentError)
    chain = tuple(each.public_bytes(Encoding.DER) for each in x509.load_pem_x509_certificates(served.encode()))
    shown = Shown(chain, "TLSv1.3", "TLS_AES_256_GCM_SHA384")
    return [(each.code, str(each.level)) for each in revoked([(place, shown)], wanted, own, NOW)]


def test_an_old_certificate_that_is_served_and_revoked_is_a_finding_and_an_unknown_one_a_note(ca: Ca) -> None:
    old, wanted = ca.leaf(ca.url()), ca.leaf(ca.url())
    assert looked(old, wanted=wanted) == [("endpoint-list", "info")]
    revocations._KNOWN.clear()
    ca.answers["/crl"] = ca.list(old)
    assert looked(old, wanted=wanted) == [("endpoint-revoked", "error")]
    assert looked(wanted, wanted=wanted) == []


def test_a_list_that_a_stranger_names_is_not_fetched(ca: Ca) -> None:
    stranger = Ca(ca.port)
    assert looked(stranger.leaf(ca.url("/secret")), wanted=ca.leaf()) == []
    assert ca.asked == []


def test_a_certificate_of_the_embedded_ca_is_looked_up_in_the_list_that_lies_here(folder: Path, tmp_path: Path) -> None:
    embedded, key = EmbeddedCa.at(str(folder)), keys.generate(KeyType.ECDSA_P256)
    old = embedded.issue(order(csr_pem=keys.signing_request(key, DOMAINS)))
    assert old.facts
    new = embedded.issue(order(generation=2, base=old.base))
    embedded.revoke(old.facts.serial_number, "superseded")
    (folder / "crl" / "damaged.pem").write_text("no list")
    (tmp_path / "old.pem").write_text(old.certificate_pem + old.chain_pem)
    (tmp_path / "old.key").write_text(keys.private_pem(key))
    with tls_server(tmp_path / "old.pem", tmp_path / "old.key") as server:
        asked = {"label": "demo/test/shop", "domains": list(DOMAINS), "issuer": {"folder": str(folder)}, "csr_pem": ""}
        asked["endpoints"] = [f"127.0.0.1:{server.port}#shop.example"]
        inputs = CertificateProvider().check({**asked, "generation": 2}, asked).inputs
    codes = [finding["code"] for finding in inputs["advice"]["findings"]]
    assert codes == ["endpoint-old", "endpoint-revoked"]
    assert new.facts
    assert not inputs["changes"]["updates"], "the newest one is good"


def test_a_certificate_of_ours_that_its_ca_has_revoked_is_replaced_with_its_key(
    ca: Ca, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPHIA_NOW", NOW.isoformat())
    names, request = ("shop.example",), csr(("shop.example",))
    chain = ca.leaf(ca.url(), request=request, domains=names)
    asked: dict[str, Any] = {"label": "demo/test/shop", "domains": list(names), "csr_pem": request}
    asked["issuer"] = {"kind": "acme", "directory": f"https://127.0.0.1:{free_port()}/dir"}
    asked["challenge"] = {"kind": "http-01", "webroot": "/srv"}
    spec = CertificateSpec.from_inputs(asked)
    books = AcmeIssuer(spec.issuer)._books(spec.label)
    books.add(order(csr_pem=request), chain)
    olds = {**asked, "generation": 1}
    served = {**asked, "endpoints": [f"127.0.0.1:{free_port()}#shop.example"]}
    ca.answers["/crl"] = ca.list(chain)
    assert CertificateKeyProvider().check(olds, asked).inputs["generation"] == 1, "nobody looks where nothing is served"
    assert CertificateKeyProvider().check(olds, served).inputs["generation"] == 2
    (failure,) = CertificateProvider().check(olds, served).failures
    assert "can't be reached" in failure.reason, "it orders at once, whatever comes of it"
    assert ca.asked == ["/crl"], "key and certificate go by one look"


@pytest.mark.parametrize(
    ("refused", "codes", "asked"),
    [("", ["endpoint-revoked"], ["/crl"]), ("self-signed", ["endpoint-untrusted"], [])],
    ids=["trusted", "a stranger"],
)
def test_a_probe_fetches_the_list_of_what_is_trusted_alone(
    refused: str, codes: list[str], asked: list[str], ca: Ca, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = keys.generate(KeyType.ECDSA_P256)
    chain = ca.leaf(ca.url(), request=keys.signing_request(key, DOMAINS))
    ca.answers["/crl"] = ca.list(chain)
    (tmp_path / "chain.pem").write_text(chain)
    (tmp_path / "key.pem").write_text(keys.private_pem(key))
    monkeypatch.setattr(probe, "refusal", lambda *_: refused)  # a client goes by the machine's time
    with tls_server(tmp_path / "chain.pem", tmp_path / "key.pem") as server:
        found = probe.probe(f"127.0.0.1:{server.port}#{DOMAINS[0]}", NOW)
    assert [finding.code for finding in found.findings] == codes
    assert ca.asked == asked
