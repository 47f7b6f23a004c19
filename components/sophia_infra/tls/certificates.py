"""What stands in a certificate, read from its PEM text."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sophia_infra.errors import SophiaError


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

    @classmethod
    def read(cls, pem: str) -> Self:
        """Read the first certificate in PEM text.

        Raises:
            UnreadableError: there is none, or it is damaged.
        """
        from cryptography import x509

        from sophia_infra.tls import keys

        try:
            found = x509.load_pem_x509_certificate(pem.encode())
            values = (extension.value for extension in found.extensions)
            names = next((value for value in values if isinstance(value, x509.SubjectAlternativeName)), ())
            return cls(
                serial_number=serial_text(found.serial_number),
                domains=tuple(str(name.value) for name in names if isinstance(name, x509.DNSName | x509.IPAddress)),
                key_type=keys.key_type(found.public_key()),
                not_before=found.not_valid_before_utc,
                not_after=found.not_valid_after_utc,
                public_key_sha256=keys.public_key_hash(found.public_key()),
                issuer_name=found.issuer.rfc4514_string(),
            )
        except ValueError as error:
            raise UnreadableError(f"a certificate that can't be read: {error}") from None


def validity(pem: str) -> tuple[datetime, datetime]:
    """Return from when to when all certificates in PEM text are valid at once.

    Raises:
        UnreadableError: there is none, or one is damaged.
    """
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise UnreadableError(f"a certificate that can't be read: {error}") from None
    begins, ends = zip(*((each.not_valid_before_utc, each.not_valid_after_utc) for each in found), strict=True)
    return max(begins), min(ends)


def leads_to(pem: str, root: str) -> bool:
    """Return whether the last certificate of a chain was signed by an authority of that common name."""
    from cryptography import x509

    try:
        issuer = x509.load_pem_x509_certificates(pem.encode())[-1].issuer
    except ValueError:
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
