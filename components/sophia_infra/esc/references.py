"""Reads texts: `http://${host}:${ports[0]}/` is parts of text and references, `$$` is a dollar sign."""

import re
from typing import NamedTuple

from sophia_infra.esc.errors import EscError, Place

Key = str | int
_NAME_ENDS = re.compile(r"[.\[}\t-\r \x85\xa0]")
_INDEX = re.compile(r"([-+]?[0-9]{1,18})\]")
_QUOTED = re.compile(r'"((?:\\"|[^"])+)"\]')


class Part(NamedTuple):
    """A text, and the reference that follows it; None at the end."""

    text: str
    keys: tuple[Key, ...] | None


def parts(text: str, place: Place) -> list[Part]:
    """Return the parts of a text.

    Raises:
        EscError: a reference in it can't be read.
    """
    if "$" not in text:
        return [Part(text, None)] if text else []
    # The reference reads octets, and ends a name at 0x85 and 0xA0 even within a character: it refuses ${Ã }, ${à}.
    octets = text.encode("utf-8", "surrogateescape").decode("latin-1")
    found: list[Part] = []
    plain: list[str] = []
    at = 0
    while (dollar := octets.find("$", at)) >= 0:
        plain.append(octets[at:dollar])
        following, at = octets[dollar + 1 : dollar + 2], dollar + 1
        if following == "{":
            keys, at = _keys(octets, at + 1, place)
            found.append(Part(_text("".join(plain)), keys))
            plain.clear()
        else:
            plain.append("$")
            at += following == "$"
    rest = _text("".join((*plain, octets[at:])))
    return [*found, Part(rest, None)] if rest else found


def path(text: str, place: Place) -> tuple[Key, ...]:
    """Return the keys of a path such as `app.ports[0]["odd key"]`.

    Raises:
        EscError: it is none.
    """
    octets = f"{text}}}".encode().decode("latin-1")
    keys, end = _keys(octets, 0, place)
    if end < len(octets):
        raise _wrong("'}' within a path", place)
    return keys


def _text(octets: str) -> str:
    return octets.encode("latin-1").decode("utf-8", "surrogateescape")


def _keys(octets: str, at: int, place: Place) -> tuple[tuple[Key, ...], int]:
    """The keys of the reference that begins there, and where it ends."""
    keys: list[Key] = []
    while octets[at : at + 1] != "}":
        if octets[at : at + 1] == "[":
            key, at = _subscript(octets, at + 1, place)
            if not keys and isinstance(key, int):
                raise _wrong("a reference begins with a name, and not with a number", place)
        else:
            at += octets[at : at + 1] == "."
            end = _NAME_ENDS.search(octets, at)
            name = octets[at : end.start() if end else len(octets)]
            key, at = _text(name), at + len(name)
            if not key:
                raise _wrong("a reference with an empty name, or that does not end with '}'", place)
        keys.append(key)
    return tuple(keys) or ("",), at + 1


def _subscript(octets: str, at: int, place: Place) -> tuple[Key, int]:
    if match := _QUOTED.match(octets, at):
        return _text(match[1].replace('\\"', '"')), match.end()
    if match := _INDEX.match(octets, at):
        return int(match[1]), match.end()
    raise _wrong('a subscript is a whole number or a name in double quotes, such as [0] or ["a name"]', place)


def _wrong(what: str, place: Place) -> EscError:
    return EscError(what, place, code="esc-syntax")
