"""What TLS servers show in a handshake: all at once, within one budget of time. Nothing they show is trusted."""

import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from sophia_infra.probes.round import BUDGET, at_once, words

TIMEOUT = 3.0
"""Seconds for a connection, and for each step of a handshake."""


class Server(NamedTuple):
    """Where a server listens, and for which name it is asked (SNI); empty for none."""

    host: str
    port: int
    name: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What a server shows.

    Attributes:
        chain: its certificates in DER, its own first.
        protocol: the version agreed on, such as `TLSv1.3`.
        cipher: the cipher suite agreed on, by OpenSSL's name.
        why: why nothing is known; empty where something is.
    """

    chain: tuple[bytes, ...] = ()
    protocol: str = ""
    cipher: str = ""
    why: str = ""


LATE = Shown(why=f"no answer within {BUDGET:g} s")


def handshakes(servers: Iterable[Server], budget: float = BUDGET) -> dict[Server, Shown]:
    """Shake hands with servers, each once; what is not done when the budget, in seconds, is spent is `LATE`."""
    asked = list(dict.fromkeys(servers))
    found = at_once({server: partial(_shake, server) for server in asked}, budget, width=len(asked))
    return {server: found.get(server, LATE) for server in asked}


def _shake(server: Server) -> Shown:
    try:
        with (
            socket.create_connection((server.host, server.port), TIMEOUT) as raw,
            _lenient().wrap_socket(raw, server_hostname=server.name or None) as connection,
        ):
            cipher = connection.cipher()
            return Shown(_chain(connection), connection.version() or "", cipher[0] if cipher else "")
    except ssl.SSLError as error:
        return Shown(why=f"no TLS handshake ({(error.reason or 'it was cut off').lower().replace('_', ' ')})")
    except (OSError, ValueError) as error:
        return Shown(why=words(error, TIMEOUT))


def _lenient() -> ssl.SSLContext:
    """Return a context that agrees to all, since what is weak or wrong shall be seen and not refused."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.options &= ~(ssl.OP_NO_TLSv1 | ssl.OP_NO_TLSv1_1)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    return context


def _chain(connection: ssl.SSLSocket) -> tuple[bytes, ...]:
    """Return what the server sent: by a public method from Python 3.13 on, by the one below it before that."""
    public: Any = getattr(connection, "get_unverified_chain", None)
    if public:
        return tuple(public())
    below: Any = connection._sslobj  # type: ignore[attr-defined]  # before 3.13 there is no other way to them
    return tuple(ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in below.get_unverified_chain() or ())


def refusal(server: Server, trust: str = "") -> str:
    """Return why a client refuses a server that is asked for its name or else its address; empty where it does not.

    `trust` names a PEM file with the roots that the client trusts, by default those of this machine.

    Raises:
        OSError: `trust` can't be read, or holds no certificate.
    """
    context = ssl.create_default_context(cafile=trust or None)
    try:
        with (
            socket.create_connection((server.host, server.port), TIMEOUT) as raw,
            context.wrap_socket(raw, server_hostname=server.name or server.host),
        ):
            return ""
    except ssl.SSLCertVerificationError as error:
        return str(error.verify_message)
    except (OSError, ValueError) as error:
        return getattr(error, "reason", None) or words(error, TIMEOUT)
