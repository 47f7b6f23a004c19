"""What stands in a certificate, read from its PEM text, and the hashes that say which key it is for."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sophia_infra.errors import SophiaError
from sophia_infra.tls.spec import KeyType

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes


class UnreadableError(SophiaError):
    """Text that is not the certificate or signing request it should be."""

    code = "unreadable"


@dataclass(frozen=True, slots=True)
class Certificate:
    """The facts that renewal and the rules reason from. Times are UTC; the serial number and the hash are hex."""

    serial_number: str
    domains: tuple[str, ...]
    key_type: str
    not_before: datetime
    not_after: datetime
    public_key_sha256: str
    issuer_name: str


def read(pem: str) -> Certificate:
    """Read the first certificate in PEM text.

    Raises:
        UnreadableError: there is none, or it is damaged.
    """
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificate(pem.encode())
        names = _alternative_names(found)
        return Certificate(
            serial_number=serial_text(found.serial_number),
            domains=names,
            key_type=key_type(found.public_key()),
            not_before=found.not_valid_before_utc,
            not_after=found.not_valid_after_utc,
            public_key_sha256=public_key_hash(found.public_key()),
            issuer_name=found.issuer.rfc4514_string(),
        )
    except ValueError as error:
        raise UnreadableError(f"a certificate that can't be read: {error}") from None


def read_csr(pem: str) -> "x509.CertificateSigningRequest":
    """Read a signing request (RFC 2986) and check that whoever made it holds the key.

    Raises:
        UnreadableError: it is damaged, or its signature is wrong.
    """
    from cryptography import x509

    try:
        request = x509.load_pem_x509_csr(pem.encode())
    except ValueError as error:
        raise UnreadableError(f"a signing request that can't be read: {error}") from None
    if not request.is_signature_valid:
        raise UnreadableError("a signing request whose signature is wrong; make a new key")
    return request


def csr_key_hash(pem: str) -> str:
    """Return the hash of the public key in a signing request.

    Raises:
        UnreadableError: the request is damaged.
    """
    return public_key_hash(read_csr(pem).public_key())


def public_key_hash(key: "CertificatePublicKeyTypes") -> str:
    """Return SHA-256 over the SubjectPublicKeyInfo, in hex: the same for a key, its request and its certificate."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def key_type(key: "CertificatePublicKeyTypes") -> str:
    """Return the key type as the arguments name it, or the name of a kind that they do not offer."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if isinstance(key, rsa.RSAPublicKey):
        return f"rsa-{key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        curves = {"secp256r1": KeyType.ECDSA_P256, "secp384r1": KeyType.ECDSA_P384}
        return curves.get(key.curve.name, key.curve.name)
    return type(key).__name__


def serial_text(serial: int) -> str:
    """Return a serial number as upper-case hex in whole octets, as `openssl x509 -serial` prints it."""
    digits = f"{serial:X}"
    return digits.zfill(len(digits) + len(digits) % 2)


def _alternative_names(found: "x509.Certificate") -> tuple[str, ...]:
    from cryptography import x509

    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = (str(one) for one in names.get_values_for_type(x509.IPAddress))
    return (*names.get_values_for_type(x509.DNSName), *addresses)
