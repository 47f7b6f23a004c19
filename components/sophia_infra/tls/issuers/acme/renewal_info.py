"""When the CA suggests to renew (ARI, RFC 9773): asked as often as it says, and kept beside what was issued.

ari.json    what it said of which certificate, from when on it may be asked again, and the run that asked
"""

import json
from base64 import urlsafe_b64encode
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sophia_infra import clock, codec
from sophia_infra.engine_run import engine_run
from sophia_infra.tls.issuer_settings import IssuerSettings
from sophia_infra.tls.issuers import Issued, IssuerError
from sophia_infra.tls.issuers.acme.directory import fetch, json_of, retry_after
from sophia_infra.tls.issuers.store import Store
from sophia_infra.tls.when.suggestion import NO_SUGGESTION, Suggestion

ASKED = "ari.json"
TIMEOUT = 5.0
"""Seconds for one answer: nothing waits for it, since a certificate becomes due without it too."""
PAUSE, PAUSES = timedelta(hours=6), (timedelta(minutes=1), timedelta(days=1))
"""The pause between two looks where the CA names none or gives no answer; the shortest and the longest otherwise."""


@dataclass(frozen=True, slots=True)
class _Kept:
    certificate: str
    suggestion: Suggestion
    again: datetime
    run: str | None = None


def identifier(pem: str) -> str:
    """Return what a CA knows a certificate by (RFC 9773 section 4.1), empty where it names no key of its authority."""
    from cryptography import x509

    with suppress(x509.ExtensionNotFound, ValueError):
        found = x509.load_pem_x509_certificate(pem.encode())
        authority = found.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
        serial = found.serial_number.to_bytes(found.serial_number.bit_length() // 8 + 1, "big")
        return f"{_base64(authority)}.{_base64(serial)}" if authority else ""
    return ""


def suggested(settings: IssuerSettings, store: Store, issued: Issued) -> Suggestion:
    """Return what the CA last said of a certificate; it is asked where that is due, and once in a run at most.

    Nothing is raised. Where the CA does not answer, or not as it should, the window it gave before holds.
    """
    facts, now, run = issued.facts, clock.machine_time(), engine_run()
    if facts is None or now > facts.not_after or not (name := identifier(issued.certificate_pem)):
        return NO_SUGGESTION
    kept = _read(store, name)
    if kept and (kept.again - PAUSES[1] <= now < kept.again or (run and run == kept.run)):
        return kept.suggestion
    suggestion, pause = kept.suggestion if kept else NO_SUGGESTION, PAUSE
    url = _address(settings)
    if (answer := _get(f"{url.rstrip('/')}/{name}", settings) if url else None) is not None:
        pause = _pause(answer)
        if answer.ok:
            said = Suggestion.read(json_of(answer), facts)
            suggestion = replace(suggestion, fault=said.fault) if said.fault else said
    with suppress(IssuerError):  # of a folder that can't be written, the order tells
        store.write(ASKED, json.dumps(codec.encode(_Kept(name, suggestion, now + pause, run))))
    return suggestion


def _read(store: Store, certificate: str) -> _Kept | None:
    with suppress(IssuerError, ValueError, KeyError, TypeError, AttributeError):
        found: _Kept = codec.decode(_Kept, json.loads(store.read(ASKED)))
        return found if found.certificate == certificate else None
    return None


@lru_cache
def _address(settings: IssuerSettings) -> str:
    """Return where a CA tells of renewals, empty where it does not: looked up once for all its certificates."""
    found = json_of(_get(settings.directory, settings))
    url = found.get("renewalInfo") if isinstance(found, dict) else ""
    return url if isinstance(url, str) else ""


def _get(url: str, settings: IssuerSettings) -> Any:
    """Return the answer at a URL, None where there is none to read."""
    with suppress(OSError, IssuerError):
        return fetch(url, settings, TIMEOUT)
    return None


def _pause(answer: Any) -> timedelta:
    """Return how long not to ask again: what the CA says, within limits (RFC 9773 section 4.3.2)."""
    asked = retry_after(answer)
    return PAUSE if asked is None else min(max(asked, PAUSES[0]), PAUSES[1])


def _base64(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()
