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
from sophia_infra.values import ABOVE_ZERO, Value

ALGORITHMS = ("hmac-sha256", "hmac-sha512")
PORT, LAST_PORT = 53, 65_535
TIMEOUT, LONGEST_TIMEOUT = 10, 600
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
        read = Value("backend", given, BackendError).members(_KNOWN, "setting of rfc2136").get
        ports, seconds = f"give a whole number up to {LAST_PORT}", f"give a number of seconds up to {LONGEST_TIMEOUT}"
        host = read("server").text("give the primary's name or address, such as ns1.shop.example", fits=_HOST)
        return cls(
            domain=domain,
            host=host.lower().rstrip("."),
            port=read("port", PORT).whole(1, LAST_PORT, ports),
            key_name=_key_name(read("key_name", "")),
            key_algorithm=read("key_algorithm", ALGORITHMS[0]).word(ALGORITHMS),
            timeout=read("timeout", TIMEOUT).number(ABOVE_ZERO, LONGEST_TIMEOUT, seconds),
            view=read("view", "").text("give the view's name, of letters, digits, - and _", fits=_VIEW),
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


def _key_name(given: Value) -> str:
    name = given.value
    try:
        return name and dns.name.from_text(name).canonicalize().to_text()
    except (dns.exception.DNSException, ValueError, TypeError, AttributeError):
        raise given.wrong("give the key's name as the server has it") from None
