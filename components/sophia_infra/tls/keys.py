"""Private keys and the signing requests made with them. Nothing here keeps a key, or shows one in an error."""

from typing import TYPE_CHECKING

from sophia_infra.tls.certificates import public_key_hash
from sophia_infra.tls.names import address
from sophia_infra.tls.spec import KeyType

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

MAX_COMMON_NAME = 64  # RFC 5280 appendix A, ub-common-name


def generate(kind: KeyType) -> "ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey":
    """Make a new private key."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if kind is KeyType.ECDSA_P256:
        return ec.generate_private_key(ec.SECP256R1())
    if kind is KeyType.ECDSA_P384:
        return ec.generate_private_key(ec.SECP384R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=int(kind.removeprefix("rsa-")))


def private_pem(key: "ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey") -> str:
    """Return a private key as unencrypted PKCS #8 (RFC 5958): it may stand in a secret output and nowhere else."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def holds(pem: str, public_key_sha256: str) -> bool:
    """Say whether text is a readable private key, and the one whose public key has this hash."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem.encode(), password=None)
        return public_key_hash(key.public_key()) == public_key_sha256  # type: ignore[arg-type]  # no DH key has a hash
    except (ValueError, TypeError):
        return False


def signing_request(key: "ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey", domains: tuple[str, ...]) -> str:
    """Return a PKCS #10 request (RFC 2986) for the names, in PEM, signed with the key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding

    subject = subject_name(domains)
    names = x509.SubjectAlternativeName(general_names(domains))
    builder = x509.CertificateSigningRequestBuilder(subject_name=subject)
    request = builder.add_extension(names, critical=not list(subject)).sign(key, hashes.SHA256())
    return request.public_bytes(Encoding.PEM).decode()


def is_rsa(key: "CertificatePublicKeyTypes") -> bool:
    """Say whether a key is an RSA key, which older clients encrypt to."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    return isinstance(key, rsa.RSAPublicKey)


def subject_name(domains: tuple[str, ...]) -> "x509.Name":
    """Return the first DNS name that fits as the common name; empty when there is none (RFC 5280 section 4.2.1.6)."""
    from cryptography import x509

    fitting = (name for name in domains if not address(name) and len(name) <= MAX_COMMON_NAME)
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name) for name in [next(fitting, None)] if name])


def general_names(domains: tuple[str, ...]) -> "list[x509.GeneralName]":
    """Return names as they stand in a SubjectAlternativeName extension."""
    from cryptography import x509

    found = [(name, address(name)) for name in domains]
    return [x509.IPAddress(ip) if ip else x509.DNSName(name) for name, ip in found]
