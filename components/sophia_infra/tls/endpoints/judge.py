"""What is wrong with what an endpoint serves, beside the certificate that it should. Pure; time is an argument."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from sophia_infra.advice.model import Finding, Level
from sophia_infra.probes.handshakes import Shown
from sophia_infra.tls.certificates import UnreadableError, names_in, reading
from sophia_infra.tls.endpoints import Endpoint
from sophia_infra.tls.names import covers

HEALS = frozenset({"endpoint-other", "endpoint-old", "endpoint-chain"})
"""What goes away once a server reads its files anew."""
_OLD_PROTOCOLS = ("SSLv3", "TLSv1", "TLSv1.1")
_WEAK_HASHES = ("md5", "sha1")


def judge(endpoint: Endpoint, shown: Shown, wanted: str, now: datetime) -> Iterator[Finding]:
    """Say what is wrong at an endpoint that should serve `wanted`: a certificate and its chain in PEM."""
    subject = endpoint.given
    if shown.why:
        fix = "see that the server runs and can be reached from here, or take it out of endpoints"
        yield Finding("endpoint-unreachable", Level.WARNING, subject, shown.why, fix)
        return
    try:
        with reading("a certificate"):
            chain = [x509.load_der_x509_certificate(der) for der in shown.chain]
            ours = x509.load_pem_x509_certificates(wanted.encode())
            yield from _judged(endpoint, shown, chain, ours, now)
    except UnreadableError as error:
        told, fix = f"it shows {error}", "give its server the certificate of this"
        yield Finding("endpoint-other", Level.ERROR, subject, told, fix)


def serves(shown: Shown, certificate_pem: str) -> bool:
    """Say whether an endpoint shows this very certificate."""
    import ssl

    return shown.chain[:1] == (ssl.PEM_cert_to_DER_cert(certificate_pem),)


def _judged(
    endpoint: Endpoint,
    shown: Shown,
    chain: Sequence[x509.Certificate],
    ours: Sequence[x509.Certificate],
    now: datetime,
) -> Iterator[Finding]:
    subject, served, path = endpoint.given, chain[0], _path(chain)
    name = endpoint.server.name
    fits = any(covers(each, name) for each in names_in(served))
    deploys = "have its server read it: run `pulumi up` where `deploy` is, else give it to the server and reload that"
    if served != ours[0]:
        until = f"serial {served.serial_number:X}, which ends on {served.not_valid_after_utc:%Y-%m-%d}"
        is_old = fits and served.not_valid_before_utc <= ours[0].not_valid_before_utc
        told = f"it serves {'an older certificate' if is_old else 'another certificate'}: {until}"
        yield Finding("endpoint-old" if is_old else "endpoint-other", Level.ERROR, subject, told, deploys)
    if not fits:
        told, fix = f"its certificate is not for {name}", "add the name to domains, or ask for another one after #"
        yield Finding("endpoint-name", Level.ERROR, subject, told, fix)
    top = ours[-1].issuer
    if served == ours[0] and top not in [each.issuer for each in path]:
        told = f"it serves {len(path) - 1} of the {len(ours) - 1} certificates that lead to its root"
        fix = "have its server serve fullchain.pem, or the output chain_pem after certificate_pem"
        yield Finding("endpoint-chain", Level.ERROR, subject, told, fix)
    for each in path:
        if now > each.not_valid_after_utc:
            what = "its certificate" if each is served else "an authority in the chain that it serves"
            told = f"{what} ended on {each.not_valid_after_utc:%Y-%m-%d}"
            yield Finding("endpoint-expired", Level.ERROR, subject, told, deploys)
    if weak := [*_weak_session(shown), *(fault for each in path for fault in _weak(each))]:
        fix = "have its server offer TLS 1.2 and 1.3 with forward secrecy, and give it a certificate of this library"
        yield Finding("endpoint-weak", Level.WARNING, subject, f"it agrees to {', '.join(dict.fromkeys(weak))}", fix)


def _path(chain: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """Return the certificates that lead up from the first, in whatever order they come (RFC 8446 section 4.4.2)."""
    path, others = [chain[0]], list(chain[1:])
    while above := next((each for each in others if each.subject == path[-1].issuer), None):
        others.remove(above)
        path.append(above)
    return path


def _weak_session(shown: Shown) -> Iterator[str]:
    if shown.protocol in _OLD_PROTOCOLS:
        yield shown.protocol
    if shown.protocol != "TLSv1.3" and not shown.cipher.startswith(("ECDHE", "DHE")):
        yield f"{shown.cipher}, which has no forward secrecy"


def _weak(certificate: x509.Certificate) -> Iterator[str]:
    key, signed = certificate.public_key(), certificate.signature_hash_algorithm
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < 2048:
        yield f"an RSA key of {key.key_size} bits"
    if signed and signed.name in _WEAK_HASHES and certificate.issuer != certificate.subject:
        yield f"a signature with {signed.name.upper()}"
