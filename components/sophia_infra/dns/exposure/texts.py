"""Text records as their readers take them."""

import re
from collections.abc import Iterable

_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)', re.DOTALL)
_ESCAPE = re.compile(r"\\([0-9]{3}|.)", re.DOTALL)


def texts(values: Iterable[str]) -> list[str]:
    """Return the texts of TXT records, sorted: the strings of each joined without a space (RFC 7208 section 3.3)."""
    return sorted(_ESCAPE.sub(_octet, "".join(a or b for a, b in _STRING.findall(rdata))) for rdata in values)


def tags(text: str) -> dict[str, str]:
    """Return a tag list such as `v=DMARC1; p=none` (RFC 6376 section 3.2) by its names, which are in lower case."""
    parts = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in parts if name.strip()}


def _octet(escape: re.Match[str]) -> str:
    return chr(int(escape[1])) if escape[1].isdecimal() else escape[1]
