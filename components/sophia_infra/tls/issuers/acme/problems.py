"""What an ACME CA answers where it does not do as asked, as errors of ours. Its words are quoted and bounded."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sophia_infra.tls.issuers import IssuerError
from sophia_infra.values import shown

if TYPE_CHECKING:
    from acme.messages import Error

_WAYS_OUT = {
    "caa": "let a CAA record of the zone name this CA",
    "externalAccountRequired": "give issuer.eab, what this CA gives to those who have an account of its own",
    "rateLimited": "wait, for each try counts",
    "rejectedIdentifier": "take the name out of domains, or ask the CA",
    "badCSR": "take another key_type",
}


GONE = ("accountDoesNotExist", "unauthorized")
"""How a CA refuses an account that it does not know, or that was deactivated, by type."""


@contextmanager
def told(host: str, what: str) -> Iterator[None]:
    """Raise IssuerError for whatever fails in the block: `what` is asked of the CA at `host`."""
    import requests
    from acme import errors, messages
    from josepy.errors import Error as JoseError

    try:
        yield
    except messages.Error as error:
        raise refused(host, what, error) from None
    except requests.RequestException as error:
        raise unreachable(host, error) from None
    except errors.ConflictError:  # HTTP 409, of which `acme` leaves nothing else
        told = f"{host} refuses to {what}: it has one already"
        raise IssuerError(told, code="acme-refused", subject=host, value="conflict") from None
    except (errors.Error, JoseError, KeyError, ValueError, RecursionError) as error:
        told = f"{host} gave no ACME answer when asked to {what} ({type(error).__name__})"
        way_out = "run again, and ask the CA where it stays so"
        raise IssuerError(f"{told}; {way_out}", code="acme-answer", subject=host) from None


def refused(host: str, what: str, error: "Error") -> IssuerError:
    """Return the error for a problem document (RFC 8555 section 6.7); `value` is its type without the prefix."""
    way_out = f"; {_WAYS_OUT[kind]}" if (kind := kind_of(error)) in _WAYS_OUT else ""
    return IssuerError(
        f"{host} refuses to {what}: {words(error)}{way_out}", code="acme-refused", subject=host, value=kind
    )


def kind_of(error: "Error") -> str:
    """Return the type of a problem without its prefix: `rejectedIdentifier`."""
    return str(error.typ).rpartition(":")[2][:60]


def words(error: "Error") -> str:
    """Return what a problem says: type and detail, and of its parts the first, by name."""
    parts = [(part.identifier.value, part.detail) for part in error.subproblems or () if part.identifier]
    first = f"; {shown(str(parts[0][0]))}: {shown(str(parts[0][1]))}" if parts else ""
    return f"{kind_of(error)} {shown(str(error.detail or ''))}{first}"


def unreachable(host: str, error: Exception) -> IssuerError:
    """Return the error for a CA that can't be asked at all."""
    from requests.exceptions import SSLError, Timeout

    if isinstance(error, SSLError):
        told = f"the certificate of {host} is not trusted; name a PEM file with its root in issuer.trust"
        return IssuerError(told, code="unreachable", field="issuer.trust", subject=host)
    why, field = "does not answer in time" if isinstance(error, Timeout) else "can't be reached", "issuer.directory"
    told = f"{host} {why}, and nothing was ordered; look at {field} and the network, and run again"
    return IssuerError(told, code="unreachable", field=field, subject=host)
