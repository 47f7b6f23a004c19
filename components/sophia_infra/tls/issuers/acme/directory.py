"""The directory of an ACME CA (RFC 8555 section 7.1.1), as far as a preview looks at it. No account is needed."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sophia_infra.tls.issuer_settings import IssuerSettings
from sophia_infra.tls.issuers import IssuerError
from sophia_infra.tls.issuers.acme.problems import unreachable
from sophia_infra.values import is_list, known_are
from sophia_infra.version import VERSION

if TYPE_CHECKING:
    from requests import Response

AGENT = f"sophia-infra/{VERSION}"
TIMEOUT = 10.0
"""Seconds for one answer."""


def host_of(url: str) -> str:
    """Return what messages call a CA: host and port of its directory."""
    return urlsplit(url).netloc


def verify(settings: IssuerSettings) -> str | bool:
    """Return whose certificates the CA's own HTTPS is checked against, as `requests` takes it."""
    from pathlib import Path

    if settings.trust and not Path(settings.trust).is_file():
        told = f"issuer.trust names {settings.trust}, and there is no such file; name a PEM file"
        raise IssuerError(told, code="unusable", field="issuer.trust", subject=settings.trust)
    return settings.trust or True


def fetch(url: str, settings: IssuerSettings, timeout: float = TIMEOUT) -> "Response":
    """Return the CA's answer at a URL that needs no account; OSError where there is none. `timeout` is in seconds."""
    import requests  # most runs ask nothing

    return requests.get(url, timeout=timeout, verify=verify(settings), headers={"User-Agent": AGENT})


def look(settings: IssuerSettings) -> tuple[str, ...]:
    """Look whether there is an ACME directory, and whether it has what is asked for; nothing is changed or counted.

    Return what CAA records call the CA (`caaIdentities`, RFC 8555 section 9.7.6), by its own word or as it is known.

    Raises:
        IssuerError: it can't be reached, is no ACME directory, lacks the profile, or binds accounts to other ones.
    """
    host = host_of(settings.directory)
    try:
        answer = fetch(settings.directory, settings)
    except OSError as error:  # those of `requests` are such
        raise unreachable(host, error) from None
    found: Any = {}
    with suppress(ValueError):
        found = answer.json() if answer.ok else {}
    if answer.status_code == 429 or answer.status_code >= 500:
        raise IssuerError(
            f"{host} is busy or down (HTTP {answer.status_code}), and nothing was ordered; run again",
            code="unreachable",
            field="issuer.directory",
            subject=host,
            value=answer.status_code,
        )
    if not isinstance(found, dict) or not {"newNonce", "newAccount", "newOrder"} <= found.keys():
        raise IssuerError(
            f"{settings.directory} is no ACME directory (HTTP {answer.status_code}); look at issuer.directory",
            code="acme-answer",
            field="issuer.directory",
            subject=host,
            value=answer.status_code,
        )
    told = found.get("meta")
    meta = told if isinstance(told, dict) else {}
    _refuse_unmet(settings, meta, host)
    named = meta.get("caaIdentities")
    return tuple(str(name).lower() for name in (named if is_list(named) else ()) or settings.in_caa)


def _refuse_unmet(settings: IssuerSettings, meta: dict[str, Any], host: str) -> None:
    if meta.get("externalAccountRequired") and not settings.bound:
        raise IssuerError(
            f"{host} wants accounts that are bound to one of its own (RFC 8555 section 7.3.4); give issuer.eab with the"
            " kid and the key that it shows to those who have one",
            code="acme-refused",
            field="issuer.eab",
            subject=host,
            value="externalAccountRequired",
        )
    offered: Any = meta.get("profiles")
    profiles = sorted(map(str, offered)) if isinstance(offered, dict) or is_list(offered) else []
    if settings.profile and settings.profile not in profiles:
        has = known_are(settings.profile, profiles[:20]) if profiles else "it offers none; leave issuer.profile out"
        told = f"{host} has no profile {settings.profile!r}; {has}"
        raise IssuerError(told, code="acme-refused", field="issuer.profile", subject=host, value=settings.profile)
