"""A signing request that the program gives: its key stays elsewhere, and certificates are for it until it changes."""

from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from sophia_infra.tls import keys
from sophia_infra.tls.certificate_resource import CertificateProvider
from sophia_infra.tls.certificates import Certificate, Request
from sophia_infra.tls.key_resource import CertificateKeyProvider
from sophia_infra.tls.spec import ArgumentError, KeyType
from tests.support.refusals import refused
from tests.tls.orders import DOMAINS, csr, wanted
from tests.tls.test_certificate_resource import LATER

KEYS, PROVIDER = CertificateKeyProvider(), CertificateProvider()


class Stack:
    """The key and the certificate of one stack, run after run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key: dict[str, Any] = {}
        self.held: dict[str, Any] = {}

    def up(self, **asked: Any) -> bool:
        """Run, and return whether a certificate was ordered or changed."""
        news = {"label": "demo/test/shop", "domains": list(DOMAINS), "issuer": {"folder": str(self.folder)}, **asked}
        key = KEYS.check(self.key, news)
        assert key.failures == []
        if not self.key:
            self.key = KEYS.create(key.inputs).outs or {}
        elif KEYS.diff("id", self.key, key.inputs).changes:
            self.key = KEYS.update("id", self.key, key.inputs).outs or {}
        checked = PROVIDER.check(self.held, {**news, "csr_pem": self.key["csr_pem"]})
        assert checked.failures == []
        changes = not self.held or bool(PROVIDER.diff("id", self.held, checked.inputs).changes)
        if changes:
            created = PROVIDER.update("id", self.held, checked.inputs) if self.held else PROVIDER.create(checked.inputs)
            self.held = created.outs or {}
        return changes

    @property
    def serves(self) -> str:
        """The hash of the key that the certificate is for."""
        return Certificate.read(self.held["certificate_pem"]).public_key_sha256


def stapled() -> str:
    """A request that asks for OCSP must-staple."""
    builder = x509.CertificateSigningRequestBuilder(keys.subject_name(DOMAINS))
    builder = builder.add_extension(keys.alternative_names(DOMAINS), critical=False)
    builder = builder.add_extension(x509.TLSFeature([x509.TLSFeatureType.status_request]), critical=False)
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), SHA256()).public_bytes(Encoding.PEM).decode()


def hash_of(request: str) -> str:
    return Request.read(request).public_key_sha256


def test_its_key_is_certified_and_again_at_the_renewal_and_none_is_made(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack, given = Stack(folder), csr(kind=KeyType.RSA_3072)
    assert stack.up(csr=given)
    assert stack.serves == hash_of(given)
    assert stack.key["private_key_pem"] == ""
    assert not stack.up(csr=given)
    first = stack.held["serial_number"]
    monkeypatch.setenv("SOPHIA_NOW", LATER)
    assert stack.up(csr=given)
    assert stack.serves == hash_of(given)
    assert stack.held["serial_number"] != first
    assert not stack.up(csr=given)


def test_another_request_and_none_any_more_are_another_certificate(folder: Path) -> None:
    stack, first, second = Stack(folder), csr(), csr()
    stack.up()
    made = stack.serves
    assert stack.up(csr=first)
    assert stack.serves == hash_of(first) != made
    assert stack.up(csr=second)
    assert stack.serves == hash_of(second)
    assert stack.up()
    assert stack.serves == stack.key["public_key_sha256"] != hash_of(second)
    assert keys.holds(stack.key["private_key_pem"], stack.serves)
    assert not stack.up()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"csr": "none"}, "csr"),
        ({"csr": 7}, "csr"),
        ({"csr": csr(("other.example",))}, "csr"),
        ({"csr": csr(), "key_type": "rsa-3072"}, "key_type"),
        ({"csr": stapled()}, "csr"),
    ],
)
def test_a_request_that_is_not_for_what_is_asked_is_refused_by_field(changed: dict[str, Any], field: str) -> None:
    with refused(ArgumentError, field=field):
        wanted(**changed)


def test_a_request_for_a_weak_key_is_refused(folder: Path) -> None:
    news = {
        "label": "a",
        "domains": list(DOMAINS),
        "csr": csr(kind=KeyType.RSA_2048),
        "issuer": {"folder": str(folder)},
    }
    assert "a new key must be stronger" in KEYS.check({}, news).failures[0].reason
