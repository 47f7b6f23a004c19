"""The directory of an ACME CA (RFC 8555 section 7.1.1), as far as a preview looks at it. No account is needed."""

from contextlib import suppress
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sophia_infra import clock
from sophia_infra.tls.issuer_settings import IssuerSettings
from sophia_infra.tls.issuers import IssuerError
from sophia_infra.tls.issuers.acme.problems import unreachable
from sophia_infra.values import is_list, known_are
from sophia_infra.version import VERSION

if TYPE_CHECKING:
    from requests import Response

AGENT = f"sophia-infra/{VERSION}"
TIMEOUT = 10.0
"""Seconds for a connection, and for each piece of an answer."""
MOST_ASKED = timedelta(days=7)
"""For so long at most a CA is left alone because it asks for that: the limits of public CAs end within a week."""


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
    from requests import Session  # most runs ask nothing

    from sophia_infra.tls.issuers.acme.answers import bound

    with bound(Session()) as session:
        return session.get(url, timeout=timeout, verify=verify(settings), headers={"User-Agent": AGENT})


def json_of(answer: Any) -> object:
    """Return what an answer holds as JSON; None where it holds none, or there is no answer."""
    with suppress(ValueError, RecursionError, AttributeError):
        found: object = answer.json()
        return found
    return None


def retry_after(answer: Any) -> timedelta | None:
    """Return for how long a CA asks to be left alone (RFC 9110 section 10.2.3), `MOST_ASKED` at most.

    None where it does not ask for it, or not so that it can be read.
    """
    told = answer.headers.get("Retry-After", "")
    with suppress(ValueError, TypeError, OverflowError):
        asked = timedelta(seconds=int(told)) if told.isdigit() else parsedate_to_datetime(told) - clock.machine_time()
        return min(max(asked, timedelta()), MOST_ASKED)
    return None


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
    found = json_of(answer) if answer.ok else None
    status, field = answer.status_code, "issuer.directory"
    if status == 429 or status >= 500:
        busy = f"{host} is busy or down (HTTP {status}), and nothing was ordered; run again"
        raise IssuerError(busy, code="unreachable", field=field, subject=host, value=status)
    if not isinstance(found, dict) or not {"newNonce", "newAccount", "newOrder"} <= found.keys():
        other = f"{settings.directory} is no ACME directory (HTTP {status}); look at {field}"
        raise IssuerError(other, code="acme-answer", field=field, subject=host, value=status)
    told = found.get("meta")
    meta = told if isinstance(told, dict) else {}
    _refuse_unmet(settings, meta, host)
    named = meta.get("caaIdentities")
    return tuple(str(name).lower() for name in (named if is_list(named) else ()) or settings.in_caa)


def _refuse_unmet(settings: IssuerSettings, meta: dict[str, Any], host: str) -> None:
    needs, field = "externalAccountRequired", "issuer.eab"
    if meta.get(needs) and not settings.bound:
        told = f"{host} wants accounts that are bound to one of its own (RFC 8555 section 7.3.4)"
        way_out = f"give {field} with the kid and the key that it shows to those who have one"
        raise IssuerError(f"{told}; {way_out}", code="acme-refused", field=field, subject=host, value=needs)
    offered: Any = meta.get("profiles")
    profiles = sorted(map(str, offered)) if isinstance(offered, dict) or is_list(offered) else []
    if settings.profile and settings.profile not in profiles:
        has = known_are(settings.profile, profiles[:20]) if profiles else "it offers none; leave issuer.profile out"
        told = f"{host} has no profile {settings.profile!r}; {has}"
        raise IssuerError(told, code="acme-refused", field="issuer.profile", subject=host, value=settings.profile)
