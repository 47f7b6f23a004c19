"""What stands in certificates and signing requests, read from their PEM text."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self, TypeVar

from sophia_infra.errors import SophiaError
from sophia_infra.tls.names import address

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

T = TypeVar("T")


class UnreadableError(SophiaError):
    """Text that is not the certificate or signing request it should be."""

    code = "unreadable"


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Raise UnreadableError where what is read in the block is damaged, or of a kind that nobody here knows."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    unknown = (UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType)
    try:
        yield
    except (ValueError, *unknown) as error:
        raise UnreadableError(f"{what} that can't be read: {error}") from None


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

    @classmethod
    def read(cls, pem: str) -> Self:
        """Read the first certificate in PEM text.

        Raises:
            UnreadableError: there is none, or it is damaged.
        """
        from cryptography import x509

        from sophia_infra.tls import keys

        with reading("a certificate"):
            found = x509.load_pem_x509_certificate(pem.encode())
            return cls(
                serial_number=serial_text(found.serial_number),
                domains=names_in(found),
                key_type=keys.key_type(found.public_key()),
                not_before=found.not_valid_before_utc,
                not_after=found.not_valid_after_utc,
                public_key_sha256=keys.public_key_hash(found.public_key()),
                issuer_name=found.issuer.rfc4514_string(),
            )


@dataclass(frozen=True, slots=True)
class Request:
    """A signing request (PKCS #10): its names, and the public key whose private one its maker holds.

    `is_stapled` says that it asks for OCSP must-staple (RFC 7633).
    """

    domains: tuple[str, ...]
    key: "CertificatePublicKeyTypes"
    key_type: str
    public_key_sha256: str
    is_stapled: bool

    @classmethod
    def read(cls, pem: str) -> Self:
        """Read a signing request in PEM.

        Raises:
            UnreadableError: it is damaged, or its signature is wrong.
        """
        from cryptography import x509

        from sophia_infra.tls import keys

        with reading("a signing request"):
            found = x509.load_pem_x509_csr(pem.encode())
            if not found.is_signature_valid:
                raise UnreadableError(
                    "a signing request whose signature is wrong; make a new key", code="signature-wrong"
                )
            key, features = found.public_key(), _values(found, x509.TLSFeature)
            is_stapled = any(x509.TLSFeatureType.status_request in feature for feature in features)
            return cls(names_in(found), key, keys.key_type(key), keys.public_key_hash(key), is_stapled)


def names_in(found: "x509.Certificate | x509.CertificateSigningRequest") -> tuple[str, ...]:
    """Return the alternative names that stand in a certificate or a request, in canonical form."""
    from cryptography import x509

    names = (name for each in _values(found, x509.SubjectAlternativeName) for name in each)
    kinds = (x509.DNSName, x509.IPAddress)
    return tuple(str(address(str(name.value)) or name.value).lower() for name in names if isinstance(name, kinds))


def _values(found: "x509.Certificate | x509.CertificateSigningRequest", kind: type[T]) -> list[T]:
    return [each.value for each in found.extensions if isinstance(each.value, kind)]


def validity(pem: str) -> tuple[datetime, datetime]:
    """Return from when to when all certificates in PEM text are valid at once.

    Raises:
        UnreadableError: there is none, or one is damaged.
    """
    from cryptography import x509

    with reading("a certificate"):
        found = x509.load_pem_x509_certificates(pem.encode())
        begins, ends = zip(*((each.not_valid_before_utc, each.not_valid_after_utc) for each in found), strict=True)
        return max(begins), min(ends)


def leads_to(pem: str, root: str) -> bool:
    """Return whether the last certificate of a chain was signed by an authority of that common name."""
    from cryptography import x509

    try:
        with reading("a chain"):
            issuer = x509.load_pem_x509_certificates(pem.encode())[-1].issuer
    except UnreadableError:
        return False  # a damaged one leads nowhere
    return root in [name.value for name in issuer.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]


def mark(pem: str) -> str:
    """Return by what people name a certificate: the first 16 hex digits of its SHA-256; empty where it is damaged."""
    import ssl  # most runs need no mark

    try:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()[:16]
    except ValueError:
        return ""


def serial_text(serial: int) -> str:
    """Return a serial number as upper-case hex in whole octets, as `openssl x509 -serial` prints it."""
    digits = f"{serial:X}"
    return digits.zfill(len(digits) + len(digits) % 2)
