"""The account of a key at an ACME CA, once it is registered: its contact, and the key it goes over to."""

from sophia_infra.tls.issuer_settings import IssuerSettings
from sophia_infra.tls.issuers import IssuerError
from sophia_infra.tls.issuers.acme.problems import GONE
from sophia_infra.tls.issuers.acme.session import Session


def follow(settings: IssuerSettings, before: str, key: str) -> None:
    """Have the account of `before` go over to `key` (RFC 8555 section 7.3.5), and know the contact of the settings.

    Where nobody has registered it yet there is nothing to do: the first order does. So it is where the account was
    deactivated (RFC 8555 section 7.3.6), which signs for nothing any more. Doing it again changes nothing.

    Raises:
        IssuerError: the CA can't be reached, or refuses.
    """
    found = _of(settings, key)
    if found is None and key != before and (found := _of(settings, before)):
        found.change_key(key)
    if found:
        found.change_contact(settings.email)


def _of(settings: IssuerSettings, key: str) -> Session | None:
    try:
        return Session.open(settings, key, registers=False)
    except IssuerError as error:
        if error.value not in GONE:
            raise
        return None
