"""Private keys, the signing requests made with them, and the hash that tells keys apart.

Nothing here keeps a key, or shows one in an error. It loads `cryptography`, so a program imports it once it is needed.
"""

import hashlib
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from sophia_infra.tls.names import MAX_COMMON_NAME, address
from sophia_infra.tls.spec import KeyType

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def generate(kind: KeyType) -> PrivateKey:
    """Make a new private key."""
    if kind is KeyType.ECDSA_P256:
        return ec.generate_private_key(ec.SECP256R1())
    if kind is KeyType.ECDSA_P384:
        return ec.generate_private_key(ec.SECP384R1())
    if kind is KeyType.ED25519:
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=int(kind.removeprefix("rsa-")))


def private_pem(key: PrivateKey) -> str:
    """Return a private key as unencrypted PKCS #8 (RFC 5958): it may stand in a secret output and nowhere else."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def holds(pem: str, public_key_sha256: str) -> bool:
    """Say whether text is a readable private key, and the one whose public key has this hash."""
    return bool(public_key_sha256) and private_key_hash(pem) == public_key_sha256


def account_pem(pem: str) -> str:
    """Return a key that an ACME account may have as we write keys; empty where it is none, or can't be read."""
    key = _private(pem)
    fits = isinstance(key, rsa.RSAPrivateKey) and 2048 <= key.key_size <= 4096
    if isinstance(key, ec.EllipticCurvePrivateKey):
        fits = isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1)
    return private_pem(key) if fits else ""


def private_key_hash(pem: str) -> str:
    """Return the hash of the public key of a private one in PEM; empty where that can't be read."""
    return public_key_hash(key.public_key()) if (key := _private(pem)) else ""


def _private(pem: str) -> Any:
    """Return a private key in PEM without a passphrase; None where it can't be read, or is none that signs."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if hasattr(key, "sign") else None


def key_type(key: CertificatePublicKeyTypes) -> str:
    """Return the key type as the arguments name it, or the name of a kind that they do not offer."""
    if isinstance(key, rsa.RSAPublicKey):
        return f"rsa-{key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        curves = {"secp256r1": KeyType.ECDSA_P256, "secp384r1": KeyType.ECDSA_P384}
        return curves.get(key.curve.name, key.curve.name)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return KeyType.ED25519
    return type(key).__name__


def public_key_hash(key: CertificatePublicKeyTypes) -> str:
    """Return SHA-256 over the SubjectPublicKeyInfo, in hex: the same for a key, its request and its certificate."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def signing_request(key: PrivateKey, domains: tuple[str, ...]) -> str:
    """Return a PKCS #10 request (RFC 2986) for the names, in PEM, signed with the key."""
    subject = subject_name(domains)
    builder = x509.CertificateSigningRequestBuilder(subject_name=subject)
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()  # RFC 8410: it hashes by itself
    request = builder.add_extension(alternative_names(domains), critical=not list(subject)).sign(key, digest)
    return request.public_bytes(Encoding.PEM).decode()


def subject_name(domains: tuple[str, ...]) -> x509.Name:
    """Return the first DNS name that fits as the common name; empty when there is none (RFC 5280 section 4.2.1.6)."""
    fitting = [name for name in domains if not address(name) and len(name) <= MAX_COMMON_NAME]
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name) for name in fitting[:1]])


def alternative_names(domains: tuple[str, ...]) -> x509.SubjectAlternativeName:
    """Return names as the extension that holds them."""
    found = [(name, address(name)) for name in domains]
    return x509.SubjectAlternativeName([x509.IPAddress(ip) if ip else x509.DNSName(name) for name, ip in found])
