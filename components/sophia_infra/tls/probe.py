"""What a server serves to whoever asks, and what is wrong with it: any server, whoever its certificate is from."""

import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from sophia_infra.advice.model import Finding, Level
from sophia_infra.errors import SophiaError
from sophia_infra.probes.handshakes import Shown, handshakes, refusal
from sophia_infra.tls.certificates import serial_text
from sophia_infra.tls.endpoints import Endpoint
from sophia_infra.tls.endpoints.judge import judge
from sophia_infra.tls.endpoints.lists import revoked
from sophia_infra.values import Value


class PlaceError(SophiaError):
    """A place to look at that can't be read, or roots to trust that can't."""

    code = "place"


@dataclass(frozen=True, slots=True)
class Link:
    """A certificate of a chain. `not_after` is ISO 8601 in UTC, `serial_number` hex."""

    subject: str
    issuer: str
    serial_number: str
    not_after: str


@dataclass(frozen=True, slots=True)
class Probed:
    """What a place serves: its chain, its own certificate first, and what is wrong with it; nothing where all is well.

    `name` is what it was asked for.
    """

    place: str
    name: str
    protocol: str
    cipher: str
    chain: tuple[Link, ...]
    findings: tuple[Finding, ...]

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong; what could not be looked up is not wrong."""
        return all(finding.level is Level.INFO for finding in self.findings)


def probe(place: str, now: datetime, trust: str = "") -> Probed:
    """Look at a place such as `10.0.0.4:8443#shop.example`; `trust` is a PEM file of roots, default this machine's.

    Raises:
        PlaceError: the place, or `trust`, can't be read.
    """
    endpoint = Endpoint.read(Value("place", place, PlaceError), ())
    server = endpoint.server._replace(name=endpoint.server.name or endpoint.server.host)
    shown = handshakes([server])[server]
    served = "".join(map(ssl.DER_cert_to_PEM_cert, shown.chain))
    asked = endpoint._replace(server=server)
    found = list(judge(asked, shown, served, now))
    if shown.chain and not _is_wrong(found):
        found += _untrusted(endpoint, trust)
    if shown.chain and not _is_wrong(found):  # the list of a stranger is not fetched: its URL may lead anywhere
        found += revoked([(asked, shown)], served, (), now)
    links = () if any(finding.code == "endpoint-other" for finding in found) else tuple(_links(shown))
    return Probed(place, server.name, shown.protocol, shown.cipher, links, tuple(found))


def _is_wrong(found: Sequence[Finding]) -> bool:
    return any(finding.level is Level.ERROR for finding in found)


def _untrusted(endpoint: Endpoint, trust: str) -> Iterator[Finding]:
    try:
        why = refusal(endpoint.server, trust)
    except OSError:
        told = f"{trust} has no roots to trust; name a PEM file"
        raise PlaceError(told, field="trust", subject=trust) from None
    if why:
        roots = trust or "the roots of this machine"
        fix = "have its server serve the whole chain; name the root of a private CA with --trust"
        yield Finding("endpoint-untrusted", Level.ERROR, endpoint.given, f"who trusts {roots} refuses it: {why}", fix)


def _links(shown: Shown) -> Iterator[Link]:
    for each in map(x509.load_der_x509_certificate, shown.chain):
        names = (each.subject.rfc4514_string(), each.issuer.rfc4514_string())
        yield Link(*names, serial_text(each.serial_number), each.not_valid_after_utc.isoformat())
