"""Escapes in zone text: `\\DDD` is an octet, a backslash before anything else that character (RFC 1035 section 5.1)."""

import re

_ESCAPE = re.compile(r"\\([0-9]{3}|.)", re.DOTALL)


def unescaped(text: str) -> str:
    """Return text with its escapes replaced; an octet above 127 comes out as its Latin-1 character."""
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def escaped(octets: bytes) -> str:
    """Return octets as they stand between quotes in canonical zone text."""
    return "".join(map(_written, octets))


def _character(escape: re.Match[str]) -> str:
    code = escape[1]
    return chr(int(code) % 256) if len(code) == 3 else code


def _written(octet: int) -> str:
    if octet in b'"\\':
        return "\\" + chr(octet)
    return chr(octet) if 0x20 <= octet < 0x7F else f"\\{octet:03d}"
