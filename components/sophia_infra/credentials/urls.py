"""URLs of servers that hold a password: whether it can be told where that ends."""

import re
from urllib.parse import urlsplit

_HOST = r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._%-]*)(:[0-9]*)?"
_HOSTS = re.compile(rf"{_HOST}(,{_HOST})*")
_ODD = re.compile("%(?![0-9A-Fa-f]{2})|%00|[\0- \x7f]")
"""What libpq refuses by an error that shows it, and others leave out."""


def is_readable(url: str) -> bool:
    """Return whether all clients take a URL apart alike, into user, password and hosts.

    A `/`, `#`, `?`, `@`, `%` or space that stands as it is in a password makes a part of it a host, a path or a text of
    an error.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # an address that is none
        return False
    user, _, hosts = parts.netloc.rpartition("@")
    rest = f"{user}{parts.path}{parts.query}{parts.fragment}"
    return bool(parts.scheme and "@" not in rest and _HOSTS.fullmatch(hosts) and not _ODD.search(url))
