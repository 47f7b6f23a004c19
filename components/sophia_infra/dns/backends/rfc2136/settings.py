"""What a zone's `backend` says of its name server."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import dns.exception
import dns.name
import dns.tsig

from sophia_infra.credentials import Credentials
from sophia_infra.dns.backends.base import BackendError
from sophia_infra.dns.backends.rfc2136.connection import Server
from sophia_infra.dns.reader.names import zone_origin

ALGORITHMS = ("hmac-sha256", "hmac-sha512")
PORT, TIMEOUT, LONGEST_TIMEOUT = 53, 10, 600
_KNOWN = ("server", "port", "key_name", "key_algorithm", "timeout", "view")
_HOST = re.compile(r"[A-Za-z0-9._:%-]{1,255}").fullmatch
_VIEW = re.compile(r"[A-Za-z0-9_-]{0,64}").fullmatch


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one zone.

    Attributes:
        host: the primary's name or address.
        port: its port, over TCP.
        key_name: the TSIG key that may transfer and update the zone; empty where the server goes by addresses alone.
            Its secret is `sophia:tsigSecret`, or SOPHIA_TSIG_SECRET, in base64.
        key_algorithm: `hmac-sha256` or `hmac-sha512`.
        timeout: seconds for which the server may stay silent.
        view: tells zones of one name apart that the server shows to different keys or addresses; empty for one view.
    """

    domain: str
    host: str
    port: int = PORT
    key_name: str = ""
    key_algorithm: str = ALGORITHMS[0]
    timeout: float = TIMEOUT
    view: str = ""
    credentials: Credentials = field(default=Credentials(), repr=False, compare=False)

    @classmethod
    def read(cls, given: Mapping[str, Any], domain: str, credentials: Credentials) -> Self:
        """Read the settings.

        Raises:
            BackendError: a setting is not known, is missing, or has a value that is not allowed.
        """
        unknown = given.keys() - set(_KNOWN)
        if unknown:
            raise BackendError(
                f"backend.{min(unknown)} is no setting of rfc2136; known are {', '.join(_KNOWN)}",
                field=f"backend.{min(unknown)}",
            )
        algorithm = given.get("key_algorithm", ALGORITHMS[0])
        if algorithm not in ALGORITHMS:
            raise BackendError(
                f"backend.key_algorithm is {algorithm!r}; known are {', '.join(ALGORITHMS)}",
                field="backend.key_algorithm",
            )
        return cls(
            domain=domain,
            host=_host(given.get("server")),
            port=int(_number(given, "port", PORT, 65_535, whole=True)),
            key_name=_key_name(given.get("key_name", "")),
            key_algorithm=algorithm,
            timeout=_number(given, "timeout", TIMEOUT, LONGEST_TIMEOUT),
            view=_view(given.get("view", "")),
            credentials=credentials,
        )

    @property
    def place(self) -> str:
        """The zone's home as a URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        view = f"#{self.view}" if self.view else ""
        return f"dns://{host}:{self.port}/{self.domain.rstrip('.')}{view}"

    def server(self) -> Server:
        """Return the server with its key, whose secret is looked up now.

        Raises:
            BackendError: there is no secret, or it is not base64.
        """
        key = self._key() if self.key_name else None
        return Server(zone_origin(self.domain), self.host, self.port, self.place, self.timeout, key)

    def _key(self) -> dns.tsig.Key:
        secret = self.credentials.get("tsigSecret", "SOPHIA_TSIG_SECRET")
        try:
            octets = base64.b64decode("".join(secret.split()), validate=True)
        except (binascii.Error, ValueError):
            octets = b""
        if not octets:
            raise BackendError(
                "sophia:tsigSecret is not base64; give the secret of the key as the server's configuration has it",
                field="sophia:tsigSecret",
            )
        return dns.tsig.Key(self.key_name, octets, self.key_algorithm)


def _host(given: Any) -> str:
    if not isinstance(given, str) or not _HOST(given):
        raise BackendError(
            f"backend.server is {given!r}; give the primary's name or address, such as ns1.shop.example",
            field="backend.server",
        )
    return given.lower().rstrip(".")


def _view(given: Any) -> str:
    if not isinstance(given, str) or not _VIEW(given):
        raise BackendError(
            f"backend.view is {given!r}; give the view's name, of letters, digits, - and _", field="backend.view"
        )
    return given


def _key_name(given: Any) -> str:
    try:
        return given and dns.name.from_text(given).canonicalize().to_text()
    except (dns.exception.DNSException, ValueError, TypeError, AttributeError):
        raise BackendError(
            f"backend.key_name is {given!r}; give the key's name as the server has it", field="backend.key_name"
        ) from None


def _number(given: Mapping[str, Any], name: str, default: float, most: int, *, whole: bool = False) -> float:
    value = given.get(name, default)
    # a resource's inputs hold every number as a float
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 < value <= most or (whole and value != int(value)):
        allowed = "a whole number" if whole else "a number of seconds"
        raise BackendError(f"backend.{name} is {value!r}; give {allowed} up to {most}", field=f"backend.{name}")
    return float(value)
