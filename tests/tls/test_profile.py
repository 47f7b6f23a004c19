"""Every certificate of the embedded CA, held against RFC 5280 and against two verifiers."""

import ipaddress
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID

from sophia_infra.tls import keys
from sophia_infra.tls.certificates import validity
from sophia_infra.tls.issuers import Issued, profile
from sophia_infra.tls.spec import KeyType
from tests.tls.orders import DOMAINS, NOW, csr, issue

MIXED = ("shop.example", "*.shop.example", "deep.under.other.example", "10.0.0.1", "2001:db8::1")


def load(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def verify(issued: Issued, name: str, at: timedelta = timedelta()) -> None:
    """Build and check the chain as a web client does."""
    try:
        subject: x509.DNSName | x509.IPAddress = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        subject = x509.DNSName(name)
    policy = verification.PolicyBuilder().store(verification.Store([load(issued.root_pem)])).time(NOW + at)
    policy.build_server_verifier(subject).verify(load(issued.certificate_pem), [load(issued.chain_pem)])


def openssl(issued: Issued, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    files = {"leaf": issued.certificate_pem, "chain": issued.chain_pem, "root": issued.root_pem}
    for name, pem in files.items():
        (tmp_path / name).write_text(pem)
    flags = ["-x509_strict", "-purpose", "sslserver", "-attime", str(int(NOW.timestamp()))]
    command = ["openssl", "verify", *flags, "-CAfile", "root", "-untrusted", "chain", "leaf"]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("kind", ["ecdsa-p256", "ecdsa-p384", "ed25519", "rsa-2048"])
def test_a_chain_holds_for_each_name_with_every_kind_of_key(kind: str, folder: Path, tmp_path: Path) -> None:
    issued = issue(folder, domains=MIXED, csr_pem=csr(MIXED, KeyType(kind)))
    for name in ("shop.example", "any.shop.example", "deep.under.other.example", "10.0.0.1", "2001:db8::1"):
        verify(issued, name)
    assert openssl(issued, tmp_path).returncode == 0


@pytest.mark.parametrize("domains", [("10.0.0.1",), ("2001:db8::1", "10.0.0.1"), ("a" * 60 + ".example",)])
def test_a_chain_holds_where_no_common_name_fits(domains: tuple[str, ...], folder: Path, tmp_path: Path) -> None:
    issued = issue(folder, domains=domains)
    leaf = load(issued.certificate_pem)
    assert list(leaf.subject) == []
    assert leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).critical
    verify(issued, domains[0])
    assert openssl(issued, tmp_path).returncode == 0


def test_a_chain_does_not_hold_for_another_name(folder: Path) -> None:
    with pytest.raises(verification.VerificationError):
        verify(issue(folder), "evil.example")


def test_the_leaf_is_a_server_certificate_and_nothing_more(folder: Path) -> None:
    leaf = load(issue(folder).certificate_pem)
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage)
    basic = leaf.extensions.get_extension_for_class(x509.BasicConstraints)
    extended = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert usage.critical
    assert usage.value.digital_signature
    assert not usage.value.key_encipherment
    assert not usage.value.key_cert_sign
    assert basic.critical
    assert not basic.value.ca
    assert list(extended) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert not leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).critical
    assert [one.value for one in leaf.subject] == ["shop.example"]


def test_an_rsa_leaf_may_be_encrypted_to(folder: Path) -> None:
    leaf = load(issue(folder, csr_pem=csr(DOMAINS, KeyType.RSA_2048)).certificate_pem)
    assert leaf.extensions.get_extension_for_class(x509.KeyUsage).value.key_encipherment


def test_the_root_may_have_one_level_below_it_and_the_intermediate_none(folder: Path) -> None:
    issued = issue(folder)
    for pem, length in ((issued.root_pem, 1), (issued.chain_pem, 0)):
        authority = load(pem)
        basic = authority.extensions.get_extension_for_class(x509.BasicConstraints)
        usage = authority.extensions.get_extension_for_class(x509.KeyUsage)
        assert (basic.critical, basic.value.ca, basic.value.path_length) == (True, True, length)
        assert (usage.critical, usage.value.key_cert_sign, usage.value.crl_sign) == (True, True, True)
        assert not usage.value.digital_signature


def test_no_two_certificates_of_a_chain_share_a_key_a_name_or_a_serial_number(folder: Path) -> None:
    issued = issue(folder)
    chain = [load(pem) for pem in (issued.certificate_pem, issued.chain_pem, issued.root_pem)]
    assert len({keys.public_key_hash(certificate.public_key()) for certificate in chain}) == 3
    assert len({certificate.serial_number for certificate in chain}) == 3
    assert len({certificate.subject.rfc4514_string() for certificate in chain}) == 3
    assert all(64 <= certificate.serial_number.bit_length() <= 159 for certificate in chain)


def test_key_identifiers_link_the_chain(folder: Path) -> None:
    issued = issue(folder)
    leaf, intermediate, root = map(load, (issued.certificate_pem, issued.chain_pem, issued.root_pem))
    for below, above in ((leaf, intermediate), (intermediate, root)):
        link = below.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
        own = above.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        assert link.value.key_identifier == own.value.digest
        assert not link.critical
        assert not own.critical


def test_the_whole_lifetime_is_what_was_asked_for_with_both_ends_in_it(folder: Path) -> None:
    for generation, lifetime in enumerate((timedelta(days=90), timedelta(hours=1), timedelta(days=825)), 1):
        leaf = load(issue(folder, label=f"l{generation}", lifetime=lifetime).certificate_pem)
        span = leaf.not_valid_after_utc - leaf.not_valid_before_utc + timedelta(seconds=1)
        assert span == lifetime
        assert NOW - timedelta(hours=1) <= leaf.not_valid_before_utc < NOW
        assert leaf.not_valid_after_utc > NOW + lifetime / 2


def test_the_intermediate_signs_for_the_names_of_its_certificate_and_no_others(folder: Path) -> None:
    chain = load(issue(folder, domains=MIXED).chain_pem)
    found = chain.extensions.get_extension_for_class(x509.NameConstraints)
    assert found.critical
    permitted = [str(one.value) for one in found.value.permitted_subtrees or []]
    assert permitted == ["deep.under.other.example", "shop.example", "10.0.0.1/32", "2001:db8::1/128"]
    assert found.value.excluded_subtrees is None


@pytest.mark.parametrize(
    ("permitted", "stranger"),
    [
        (("shop.example",), "evil.example"),
        (("shop.example",), "10.0.0.1"),
        (("shop.example",), "2001:db8::1"),
        (("10.0.0.0/8",), "192.0.2.1"),
        (("10.0.0.0/8",), "2001:db8::1"),
        (("10.0.0.0/8",), "evil.example"),
    ],
)
def test_a_stolen_intermediate_signs_for_no_stranger(permitted: tuple[str, ...], stranger: str, tmp_path: Path) -> None:
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = profile.Authority(profile.make_root(root_key, NOW), root_key)
    constraints = profile.name_constraints(permitted)
    thief = profile.Authority(profile.make_intermediate(key, root, constraints, NOW), key)
    times = profile.leaf_times(NOW, timedelta(days=1))
    leaf = profile.make_leaf(keys.generate(KeyType.ECDSA_P256).public_key(), (stranger,), thief, times)
    pems = [each.public_bytes(Encoding.PEM).decode() for each in (leaf, thief.certificate, root.certificate)]
    forged = Issued(1, None, pems[0], pems[1], pems[2])
    with pytest.raises(verification.VerificationError):
        verify(forged, stranger)
    assert "subtree violation" in openssl(forged, tmp_path).stderr


def test_the_smallest_constraints_leave_out_what_lies_below_another() -> None:
    domains = ("*.shop.example", "a.shop.example", "shop.example", "myshop.example", "10.0.0.1")
    assert profile.subtrees(domains) == ("myshop.example", "shop.example", "10.0.0.1/32")


def test_names_outside_the_permitted_ones_are_found() -> None:
    domains = ("a.shop.example", "myshop.example", "*.shop.example", "10.9.9.9", "11.0.0.1", "2001:db8::1")
    assert profile.outside(domains, ("shop.example", "10.0.0.0/8")) == ["myshop.example", "11.0.0.1", "2001:db8::1"]


def test_an_intermediate_never_outlives_its_root() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    root = profile.Authority(profile.make_root(key, NOW - timedelta(days=3600)), key)
    made = profile.make_intermediate(key, root, profile.name_constraints(("shop.example",)), NOW)
    assert made.not_valid_after_utc == root.certificate.not_valid_after_utc


def test_certificates_in_one_text_are_valid_where_all_of_them_are() -> None:
    later = NOW + timedelta(days=1)
    key = ec.generate_private_key(ec.SECP256R1())
    roots = [profile.make_root(key, now) for now in (later, NOW)]
    text = "".join(root.public_bytes(Encoding.PEM).decode() for root in roots)
    assert validity(text) == (roots[0].not_valid_before_utc, roots[1].not_valid_after_utc)
