"""The certificate that shows a proof by TLS-ALPN-01 (RFC 8737 section 3); addresses as RFC 8738 has them."""

import hashlib
import ssl
from datetime import timedelta
from functools import lru_cache
from tempfile import NamedTemporaryFile

from sophia_infra import clock
from sophia_infra.tls.challenges import Proof
from sophia_infra.tls.names import address

PROTOCOL = "acme-tls/1"
IDENTIFIER = "1.3.6.1.5.5.7.1.31"
"""The extension that holds the digest of a proof."""
_DAY = timedelta(days=1)


def server_name(domain: str) -> str:
    """Return what a CA asks for in the handshake: of an address, its name in reverse DNS."""
    found = address(domain)
    return found.reverse_pointer if found else domain.lower()


@lru_cache(maxsize=128)
def context(proof: Proof) -> ssl.SSLContext:
    """Return what a handshake shows a proof with: a key made for it, and a certificate that nobody trusts."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.set_alpn_protocols([PROTOCOL])
    with NamedTemporaryFile("w", prefix="sophia-proof-") as file:  # only its owner may read it
        file.write(_pem(proof))
        file.flush()
        made.load_cert_chain(file.name)
    return made


def _pem(proof: Proof) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding

    from sophia_infra.tls import keys
    from sophia_infra.tls.spec import KeyType

    key, now, found = keys.generate(KeyType.ECDSA_P256), clock.now(), address(proof.domain)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "acme-tls-alpn-01")])
    digest = b"\x04\x20" + hashlib.sha256(proof.content.encode()).digest()  # as an OCTET STRING in DER
    shown = x509.UnrecognizedExtension(x509.ObjectIdentifier(IDENTIFIER), digest)
    names = x509.SubjectAlternativeName([x509.IPAddress(found) if found else x509.DNSName(proof.domain)])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - _DAY, now + _DAY)
    signed = builder.add_extension(names, critical=False).add_extension(shown, critical=True).sign(key, SHA256())
    return keys.private_pem(key) + signed.public_bytes(Encoding.PEM).decode()
