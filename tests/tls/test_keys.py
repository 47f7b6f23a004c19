import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from sophia_infra.tls import certificates, keys
from sophia_infra.tls.certificates import Request
from sophia_infra.tls.spec import KeyType
from tests.support.refusals import refused
from tests.tls.orders import DOMAINS, csr


def load(request: str) -> x509.CertificateSigningRequest:
    return x509.load_pem_x509_csr(request.encode())


@pytest.mark.parametrize("kind", [kind for kind in KeyType if kind is not KeyType.RSA_4096])
def test_a_key_is_of_the_kind_asked_for(kind: KeyType) -> None:
    assert keys.key_type(keys.generate(kind).public_key()) == kind


def test_no_two_keys_are_the_same() -> None:
    hashes = {keys.public_key_hash(keys.generate(KeyType.ECDSA_P256).public_key()) for _ in range(20)}
    assert len(hashes) == 20


def test_a_key_travels_as_pkcs8_and_comes_back_the_same() -> None:
    key = keys.generate(KeyType.ECDSA_P256)
    pem = keys.private_pem(key)
    assert pem.startswith("-----BEGIN PRIVATE KEY-----\n")
    again = load_pem_private_key(pem.encode(), None)
    assert again.public_key() == key.public_key()


def test_text_holds_a_key_only_when_it_is_that_key() -> None:
    key, other = keys.generate(KeyType.ECDSA_P256), keys.generate(KeyType.ECDSA_P256)
    digest = keys.public_key_hash(key.public_key())
    assert keys.holds(keys.private_pem(key), digest)
    assert not keys.holds(keys.private_pem(other), digest)
    assert not keys.holds("", digest)
    assert not keys.holds("None", digest)


def test_a_request_names_the_domains_and_is_signed_with_the_key() -> None:
    key = keys.generate(KeyType.ECDSA_P256)
    request = load(keys.signing_request(key, (*DOMAINS, "10.0.0.1", "2001:db8::1")))
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == list(DOMAINS)
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.1", "2001:db8::1"]
    assert request.public_key() == key.public_key()


@pytest.mark.parametrize(
    ("domains", "common"),
    [
        (DOMAINS, "shop.example"),
        (("10.0.0.1", "shop.example"), "shop.example"),
        (("a" * 60 + ".example", "shop.example"), "shop.example"),
        (("a" * 60 + ".example",), None),
        (("10.0.0.1",), None),
    ],
)
def test_the_common_name_is_the_first_dns_name_that_fits(domains: tuple[str, ...], common: str | None) -> None:
    found = [one.value for one in keys.subject_name(domains)]
    assert found == ([common] if common else [])


def test_a_request_has_the_hash_of_its_key() -> None:
    key = keys.generate(KeyType.RSA_2048)
    request = keys.signing_request(key, DOMAINS)
    assert Request.read(request).public_key_sha256 == keys.public_key_hash(key.public_key())


def test_a_request_that_was_tampered_with_is_refused() -> None:
    der = load(csr()).public_bytes(Encoding.DER).replace(b"shop", b"evil")
    tampered = x509.load_der_x509_csr(der).public_bytes(Encoding.PEM).decode()
    with refused(certificates.UnreadableError, "signature-wrong"):
        Request.read(tampered)


def test_text_that_is_no_certificate_is_unreadable() -> None:
    for text in ("", "None", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", csr()):
        with pytest.raises(certificates.UnreadableError):
            certificates.Certificate.read(text)


@pytest.mark.parametrize(
    ("serial", "text"), [(10, "0A"), (0xABC, "0ABC"), (0xABCD, "ABCD"), (1 << 64, "01" + "0" * 16)]
)
def test_a_serial_number_is_whole_octets_in_upper_case(serial: int, text: str) -> None:
    assert certificates.serial_text(serial) == text
