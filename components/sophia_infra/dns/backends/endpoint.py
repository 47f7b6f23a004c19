"""Where the API of a provider may be: what is sent there carries a secret."""

from typing import Any
from urllib.parse import SplitResult, urlsplit

from sophia_infra.dns.backends.base import BackendError

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def safe_endpoint(value: Any) -> str:
    """Return the URL of an API: https, or http to a stand-in on this machine.

    Raises:
        BackendError: it is another URL, or none.
    """
    parts = _split(value)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)):
        raise BackendError(
            f"backend.endpoint is {value!r}; give an https address, for a secret goes there", field="backend.endpoint"
        )
    return str(value)


def _split(value: Any) -> SplitResult:
    try:
        return urlsplit(value if isinstance(value, str) else "")
    except ValueError:  # an IPv6 address that is none
        return urlsplit("")
