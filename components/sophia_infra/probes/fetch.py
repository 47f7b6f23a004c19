"""One file over HTTP, bounded in time and size. What comes is data: who asked has to check it."""

import http.client
import socket
from urllib.parse import urlsplit

from sophia_infra.probes.kinds import ProbeFailure, get
from sophia_infra.probes.round import words

TIMEOUT = 3.0
"""Seconds for the connection, and for the answer."""


def fetch(url: str, limit: int, seconds: float = TIMEOUT) -> bytes:
    """Return what an `http` URL answers with; no redirect is followed.

    Raises:
        ProbeFailure: there is no such answer in time, or it has more than `limit` octets; in a few words.
    """
    try:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ProbeFailure("it is at no http address")
        port, path = parts.port or 80, f"{parts.path or '/'}{parts.query and f'?{parts.query}'}"
        with socket.create_connection((parts.hostname, port), seconds) as connection:
            client = http.client.HTTPConnection(parts.hostname, port)
            status, found = get(client, connection, path, seconds, limit + 1)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise ProbeFailure(words(error, seconds)) from None
    if status != 200:
        raise ProbeFailure(f"HTTP status {status}")
    if len(found) > limit:
        raise ProbeFailure(f"it has more than {limit} octets")
    return found
