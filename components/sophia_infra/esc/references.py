"""Reads texts: `http://${host}:${ports[0]}/` is parts of text and references, `$$` is a dollar sign."""

import re
from dataclasses import dataclass

from sophia_infra.esc.errors import EscError, Place

Key = str | int
_NAME = re.compile(r"[^.\[}\t-\r \x85\xa0]*")
_INDEX = re.compile(r"([-+]?[0-9]{1,18})\]")
_QUOTED = re.compile(r'"((?:\\"|[^"])+)"\]')


@dataclass(frozen=True, slots=True)
class Part:
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
    rest = text.encode("utf-8", "surrogateescape").decode("latin-1")
    found: list[Part] = []
    plain = ""
    while rest:
        before, dollar, rest = rest.partition("$")
        plain += before
        if rest.startswith("$"):
            plain, rest = f"{plain}$", rest[1:]
        elif rest.startswith("{"):
            keys, rest = _keys(rest[1:], place)
            found.append(Part(_text(plain), keys))
            plain = ""
        else:
            plain += dollar
    return [*found, Part(_text(plain), None)] if plain else found


def path(text: str, place: Place) -> tuple[Key, ...]:
    """Return the keys of a path such as `app.ports[0]["odd key"]`.

    Raises:
        EscError: it is none.
    """
    keys, rest = _keys(f"{text}}}".encode().decode("latin-1"), place)
    if rest:
        raise _wrong("'}' within a path", place)
    return keys


def _text(octets: str) -> str:
    return octets.encode("latin-1").decode("utf-8", "surrogateescape")


def _keys(rest: str, place: Place) -> tuple[tuple[Key, ...], str]:
    keys: list[Key] = []
    while not rest.startswith("}"):
        if rest.startswith("["):
            key, rest = _subscript(rest[1:], place)
            if not keys and isinstance(key, int):
                raise _wrong("a reference begins with a name, and not with a number", place)
        else:
            rest = rest.removeprefix(".")
            name = _NAME.findall(rest)[0]  # the pattern takes the empty text as well
            key, rest = _text(name), rest[len(name) :]
            if not key:
                raise _wrong("a reference with an empty name, or that does not end with '}'", place)
        keys.append(key)
    return tuple(keys) or ("",), rest[1:]


def _subscript(rest: str, place: Place) -> tuple[Key, str]:
    if match := _QUOTED.match(rest):
        return _text(match[1].replace('\\"', '"')), rest[match.end() :]
    if match := _INDEX.match(rest):
        return int(match[1]), rest[match.end() :]
    raise _wrong('a subscript is a whole number or a name in double quotes, such as [0] or ["a name"]', place)


def _wrong(what: str, place: Place) -> EscError:
    return EscError(what, place, code="esc-syntax")
