"""Character strings of TXT records, and how text from a zone is quoted in a message."""

import re
from collections.abc import Iterable
from functools import lru_cache

from sophia_infra.dns.rr.record import Record, unescaped

_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)', re.DOTALL)
_QUOTED_LIMIT = 80
STRING_LIMIT = 255
"""Octets of one character-string (RFC 1035 section 3.3)."""


def decode(rdata: str) -> str:
    """Return the strings of a TXT record joined without a space, as every reader of them does (RFC 7208 section 3.3).

    Octets that are not UTF-8 come out as their Latin-1 characters.
    """
    if "\\" not in rdata:
        return "".join(rdata.split('"')[1::2]) if rdata.startswith('"') else rdata
    joined = "".join(quoted or bare for quoted, bare in _STRING.findall(rdata))
    octets = unescaped(joined)
    try:
        return octets.encode("latin-1").decode("utf-8")
    except (UnicodeDecodeError, UnicodeEncodeError):
        return octets


def texts(values: Iterable[str]) -> list[str]:
    """Return what the records of a TXT set say, sorted, so that two sets that say the same compare as equal."""
    return sorted(map(decode, values))


def string(octets: bytes) -> str:
    """Return octets as one quoted string, canonically escaped."""
    return f'"{"".join(map(_written, octets))}"'


def strings(octets: bytes, size: int = STRING_LIMIT) -> str:
    """Return octets as the RDATA of a TXT record: quoted strings of at most `size` octets."""
    return " ".join(string(octets[start : start + size]) for start in range(0, len(octets) or 1, size))


def encode(text: str) -> str:
    """Return text as the RDATA of a TXT record, in strings that are as long as they may be."""
    return strings(text.encode())


def _written(octet: int) -> str:
    if octet in b'"\\':
        return "\\" + chr(octet)
    return chr(octet) if 0x20 <= octet < 0x7F else f"\\{octet:03d}"


def with_text(record: Record, text: str) -> Record:
    """Return a TXT record with another text; as it was, however it is split, where the text is the same."""
    return record if text == decode(record.rdata) else record._replace(rdata=encode(text))


def quote(text: str) -> str:
    """Return text from a zone as it may stand in a message: printable, at most 80 characters, in back-quotes."""
    printable = "".join(mark if mark.isprintable() and mark != "`" else "?" for mark in text[:_QUOTED_LIMIT])
    return f"`{printable}`" if len(text) <= _QUOTED_LIMIT else f"`{printable}`..."


@lru_cache(maxsize=1024)
def tags(text: str) -> tuple[tuple[str, str], ...]:
    """Split a tag list such as `v=DMARC1; p=none` (RFC 6376 section 3.2) into names and values, in order.

    A part without `=` comes out with its text as the name and an empty value.
    """
    parts = (part.partition("=") for part in text.split(";") if part.strip())
    return tuple((name.strip(), value.strip()) for name, _, value in parts)


def tag_list(found: Iterable[tuple[str, str]]) -> str:
    """Return names and values as a tag list, the way most people write it."""
    return "; ".join(f"{name}={value}" for name, value in found)
