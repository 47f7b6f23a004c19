"""`$GENERATE range owner [TTL] [class] type rdata`, as BIND reads it (BIND ARM, "The $GENERATE directive")."""

import re
from collections.abc import Iterator

from sophia_infra.dns.reader.problems import Refused, quoted

GENERATE_LIMIT = 262_144
"""Records that one directive may make."""

_RANGE = re.compile(r"([0-9]{1,10})-([0-9]{1,10})(?:/([0-9]{1,10}))?")
_PLACE = re.compile(r"\\.|\$\$|\$\{([^}]*)\}|\$", re.DOTALL)
_MODIFIERS = re.compile(r"(-?[0-9]{1,10})(?:,([0-9]{1,3})(?:,([doxXnN]))?)?")


def numbers(text: str) -> range:
    """Return the numbers that a range `start-stop[/step]` stands for."""
    match = _RANGE.fullmatch(text)
    start, stop, step = (int(group or 1) for group in match.groups()) if match else (1, 0, 1)
    if start > stop or not step:
        message = f"{quoted(text)} is not a range start-stop[/step] with start up to stop"
        raise Refused("directive-syntax", "$GENERATE", message, value=text)
    found = range(start, stop + 1, step)
    if len(found) > GENERATE_LIMIT:
        message = f"the range {quoted(text)} makes {len(found)} records, the limit is {GENERATE_LIMIT}"
        raise Refused("generate-too-large", "$GENERATE", message, value=text)
    return found


def lines(template: str, steps: range) -> Iterator[str]:
    """Yield the template once a step with `$` and `${offset,width,base}` replaced; `$$` and `\\$` are a dollar."""
    pieces = [_piece(match) for match in _PLACE.finditer(template)]
    between = _between(template)
    for step in steps:
        filled = [piece if isinstance(piece, str) else _number(step, *piece) for piece in pieces]
        yield between[0] + "".join(number + text for number, text in zip(filled, between[1:], strict=True))


def _between(template: str) -> list[str]:
    ends = [0, *(place for match in _PLACE.finditer(template) for place in match.span()), len(template)]
    return [template[start:stop] for start, stop in zip(ends[::2], ends[1::2], strict=True)]


def _piece(match: re.Match[str]) -> str | tuple[int, int, str]:
    if match[0] == "$$":
        return "\\$"
    if match[0].startswith("\\"):
        return match[0]
    if match[0] == "$":
        return 0, 0, "d"
    modifiers = _MODIFIERS.fullmatch(match[1])
    if not modifiers:
        message = f"{quoted(match[0])} is not ${{offset[,width[,base]]}} with a base of d, o, x, X, n or N"
        raise Refused("directive-syntax", "$GENERATE", message, value=match[0])
    return int(modifiers[1]), int(modifiers[2] or 0), modifiers[3] or "d"


def _number(step: int, offset: int, width: int, base: str) -> str:
    value = step + offset
    if value < 0:
        message = f"{step} with an offset of {offset} is below zero"
        raise Refused("directive-syntax", "$GENERATE", message, value=str(value))
    if base not in "nN":
        return f"{value:0{width}{base}}"
    digits = f"{value:x}" if base == "n" else f"{value:X}"
    nibbles = ".".join(reversed(digits))
    # a width counts the dots too: 0.0.0.0 is seven wide (BIND)
    while len(nibbles) < width:
        nibbles += ".0" if len(nibbles) + 1 < width else "."
    return nibbles
