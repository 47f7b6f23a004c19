"""Whether a CA has revoked a certificate, by revocation lists (CRL, RFC 5280 section 5): those that it names, and
others that are at hand.

OCSP is not asked: Let's Encrypt has ended it (https://letsencrypt.org/2024/12/05/ending-ocsp/).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509 import CertificateRevocationList as RevocationList

from sophia_infra.clock import TOLERANCE
from sophia_infra.probes.fetch import fetch
from sophia_infra.probes.kinds import ProbeFailure
from sophia_infra.probes.round import BUDGET, at_once

LIMIT = 16 * 2**20
"""Octets of a list that are read: those of public CAs have up to some millions."""
_KNOWN: dict[str, RevocationList | str] = {}
"""The list at each URL, or why there is none. A provider's process lives for one preview or one apply."""


class Signed(NamedTuple):
    """A certificate, and the authority whose signature it bears: so the addresses in it are that authority's."""

    leaf: x509.Certificate
    authority: x509.Certificate


@dataclass(frozen=True, slots=True)
class Status:
    """For what `reason` it was revoked, or why that is `unknown`; neither where it is good, or names no list."""

    reason: str = ""
    unknown: str = ""


def statuses(pairs: Sequence[Signed], own: Iterable[str], now: datetime) -> dict[Signed, Status]:
    """Return what lists say of certificates; all that they name are fetched at once, within one budget of time."""
    lists = _fetched({url for pair in pairs for url in _named(pair.leaf)})
    here = {f"list {at}": _read(text.encode()) for at, text in enumerate(own)}
    return {pair: _status(pair, lists, here, now) for pair in pairs}


def signed(leaf: x509.Certificate, authorities: Sequence[x509.Certificate]) -> Signed | None:
    """Return a certificate with that of some authorities which has signed it; None where none has."""
    for authority in authorities:
        with suppress(ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            leaf.verify_directly_issued_by(authority)
            return Signed(leaf, authority)
    return None


def _fetched(urls: set[str]) -> Mapping[str, RevocationList | str]:
    """Return the lists at URLs, or why there is none. One that failed is not asked again: all go by the same."""
    found = at_once({url: partial(_fetch, url) for url in urls - _KNOWN.keys()}, BUDGET)
    return {url: _KNOWN.setdefault(url, found.get(url, f"no answer within {BUDGET:g} s")) for url in urls}


def _fetch(url: str) -> RevocationList | str:
    try:
        return _read(fetch(url, LIMIT))
    except ProbeFailure as error:
        return str(error)


def _read(found: bytes) -> RevocationList | str:
    try:
        return x509.load_pem_x509_crl(found) if found.startswith(b"-----BEGIN") else x509.load_der_x509_crl(found)
    except (ValueError, x509.InvalidVersion):
        return "what is there is no revocation list"


def _named(leaf: x509.Certificate) -> Iterator[str]:
    """Yield where a certificate says that the lists lie which speak of it for all reasons."""
    with suppress(x509.ExtensionNotFound, ValueError):
        for point in leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints).value:
            if not point.reasons and not point.crl_issuer:
                yield from _urls(point.full_name)


def _urls(names: Sequence[x509.GeneralName] | None) -> Iterator[str]:
    yield from (name.value for name in names or () if isinstance(name, x509.UniformResourceIdentifier))


def _status(
    pair: Signed, lists: Mapping[str, RevocationList | str], here: Mapping[str, RevocationList | str], now: datetime
) -> Status:
    why = ""
    for url, found in (*((url, lists[url]) for url in _named(pair.leaf)), *here.items()):
        fault = found if isinstance(found, str) else _fault(found, pair.authority, url, now)
        if not isinstance(found, str) and not fault:
            return Status(_reason(found, pair.leaf))
        why = why if url in here else f"{url}: {fault}"
    return Status(unknown=why)


def _fault(found: RevocationList, authority: x509.Certificate, url: str, now: datetime) -> str:
    """Return why a list says nothing now of what an authority signed, empty where it does (RFC 5280 section 6.3.3)."""
    key: Any = authority.public_key()  # of a kind that signs, else the call says so
    try:
        is_its = found.issuer == authority.subject and found.is_signature_valid(key)
    except (TypeError, ValueError, UnsupportedAlgorithm):  # its names are read once they are asked for
        is_its = False
    if not is_its:
        return "the list is not signed by the authority of the certificate"
    if found.last_update_utc > now + TOLERANCE or not found.next_update_utc or found.next_update_utc < now:
        return "the list does not hold now"
    for extension in found.extensions:
        if isinstance(extension.value, x509.IssuingDistributionPoint):
            if not _is_about(extension.value, url):
                return "the list is about other certificates"
        elif extension.critical:
            return "the list has a critical extension that is not known here"
    return ""


def _is_about(point: x509.IssuingDistributionPoint, url: str) -> bool:
    """Whether a list is about the certificates that name it by a URL, and about all reasons."""
    is_part = point.only_contains_ca_certs or point.only_contains_attribute_certs or point.only_some_reasons
    return not is_part and not point.indirect_crl and (not point.full_name or url in _urls(point.full_name))


def _reason(found: RevocationList, leaf: x509.Certificate) -> str:
    """Return for what a list says that a certificate was revoked, empty where it does not."""
    entry = found.get_revoked_certificate_by_serial_number(leaf.serial_number)
    if entry is None:
        return ""
    why = [each.value.reason.value for each in entry.extensions if isinstance(each.value, x509.CRLReason)]
    return str(why[0]) if why else "unspecified"
