"""The kinds of checks, each one probe of one target; what a target answers is data, and bounded."""

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

from sophia_infra.probes.round import Check, words

BODY_LIMIT = 64 * 1024
"""Octets of an HTTP answer that are read."""


class ProbeFailure(Exception):  # noqa: N818  # an answer to a question, and no error of this program
    """What a target did wrong, in a few words."""


def probe(target: str, check: Check) -> str:
    """Probe a target once; return what was wrong, empty where nothing was. Takes little more than `check.timeout`."""
    try:
        KINDS[check.kind](target.rstrip("."), check)
    except ProbeFailure as failure:
        return str(failure)
    except ssl.SSLCertVerificationError as error:
        return f"its certificate is not valid: {error.verify_message}"
    except (OSError, ValueError, http.client.HTTPException) as error:
        return words(error, check.timeout)
    return ""


def tcp(target: str, check: Check) -> None:
    """It takes a connection."""
    socket.create_connection((target, check.port), check.timeout).close()


def http_get(target: str, check: Check) -> None:
    """It answers a GET over HTTP."""
    with socket.create_connection((target, check.port), check.timeout) as connection:
        _get(http.client.HTTPConnection(check.host, check.port), connection, check)


def https_get(target: str, check: Check) -> None:
    """It answers a GET over HTTPS, with a certificate that the system's authorities vouch for."""
    context = ssl.create_default_context()
    raw = socket.create_connection((target, check.port), check.timeout)
    with context.wrap_socket(raw, server_hostname=check.host) as connection:
        _get(http.client.HTTPSConnection(check.host, check.port, context=context), connection, check)


def dns_query(target: str, check: Check) -> None:
    """It answers a query for an SOA."""
    import dns.exception
    import dns.message
    import dns.query
    import dns.rcode

    address = socket.getaddrinfo(target, check.port, type=socket.SOCK_DGRAM)[0][4][0]
    try:
        query = dns.message.make_query(check.host, "SOA")
        answer, _ = dns.query.udp_with_fallback(query, str(address), check.timeout, check.port)
    except dns.exception.Timeout:
        raise TimeoutError from None
    except dns.exception.DNSException as error:
        raise ProbeFailure(f"no valid DNS answer ({type(error).__name__})") from None
    if not answer.answer:
        raise ProbeFailure(f"DNS answer {dns.rcode.to_text(answer.rcode())} without an SOA of {check.host}")


KINDS: dict[str, Callable[[str, Check], None]] = {"tcp": tcp, "http": http_get, "https": https_get, "dns": dns_query}


def get(
    client: http.client.HTTPConnection, connection: socket.socket, path: str, seconds: float, limit: int
) -> tuple[int, bytes]:
    """Ask over a connection that is there, and return the status and up to `limit` octets of the answer.

    The kind of client decides which port `Host` leaves out (RFC 9110 section 7.2).
    """
    client.sock = connection
    with closing(client), _time_limit(connection, seconds):
        client.request("GET", path, headers={"User-Agent": "sophia-infra", "Connection": "close"})
        response = client.getresponse()
        return response.status, response.read(limit)


def _get(client: http.client.HTTPConnection, connection: socket.socket, check: Check) -> None:
    status, body = get(client, connection, check.path, check.timeout, BODY_LIMIT if check.body else 0)
    if status not in check.status:
        hint = " (redirects are not followed)" if 300 <= status < 400 else ""
        raise ProbeFailure(f"HTTP status {status}{hint}")
    if check.body.encode() not in body:
        raise ProbeFailure(f"the answer does not hold {check.body!r}")


@contextmanager
def _time_limit(connection: socket.socket, seconds: float) -> Iterator[None]:
    """Cut a connection off after some time: a socket's own timeout starts anew with every octet that drips in."""
    expired = threading.Event()

    def cut() -> None:
        expired.set()
        with suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)  # a TLS socket's own would drop its state mid-read

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException, ValueError):
        if expired.is_set():
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()
    if expired.is_set():
        raise TimeoutError
