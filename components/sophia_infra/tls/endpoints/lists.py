"""What revocation lists say of what is served, and of the certificate that should be: see `probes.revocations`."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime

from cryptography import x509

from sophia_infra.advice.model import Finding, Level
from sophia_infra.probes.handshakes import Shown
from sophia_infra.probes.revocations import Signed, signed, statuses
from sophia_infra.tls.endpoints import Endpoint


def withdrawn(pem: str, own: Iterable[str], now: datetime) -> str:
    """Return why an issuer no longer stands behind a certificate, by the lists that it names and `own`, which lie here.

    `pem` is the certificate and its chain. Empty while it does, and where nobody knows.
    """
    with suppress(ValueError):
        leaf, *authorities = x509.load_pem_x509_certificates(pem.encode())
        if pair := signed(leaf, authorities):
            reason = statuses([pair], own, now)[pair].reason
            return reason and f"revoked by its issuer ({reason})"
    return ""


def revoked(
    looked: Sequence[tuple[Endpoint, Shown]], wanted: str, own: Iterable[str], now: datetime
) -> Iterator[Finding]:
    """Yield what lists say of what endpoints serve that should serve `wanted`, a certificate and its chain in PEM.

    Looked up is what an authority of that chain has signed: anybody could name lists in a certificate of theirs. `own`
    are lists in PEM that lie here.
    """
    with suppress(ValueError):
        _, *authorities = x509.load_pem_x509_certificates(wanted.encode())
        served = {place: _served(shown, authorities) for place, shown in looked}
        said = statuses([pair for pair in served.values() if pair], own, now)
        for place, status in ((place, said[pair]) for place, pair in served.items() if pair):
            if status.reason:
                fix = "run `pulumi up`, which replaces it where it is the newest; else give its server that one"
                told = f"its CA has revoked it ({status.reason}): clients that look refuse it"
                yield Finding("endpoint-revoked", Level.ERROR, place.given, told, fix)
            elif status.unknown:
                told = f"whether its CA has revoked it is not known: {status.unknown}"
                fix = "see that this machine can fetch the list that the certificate names"
                yield Finding("endpoint-list", Level.INFO, place.given, told, fix)


def _served(shown: Shown, authorities: Sequence[x509.Certificate]) -> Signed | None:
    with suppress(ValueError):
        return next((signed(x509.load_der_x509_certificate(der), authorities) for der in shown.chain[:1]), None)
    return None
