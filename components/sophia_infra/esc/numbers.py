"""Numbers as ESC has them: JSON text, since `12345678901234567890` and `1.10` must come out as they went in."""

import json
import re
from dataclasses import dataclass
from typing import NoReturn

_WORDS = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
}
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_BASES = ((2, 16), (3, 2), (4, 8), (5, 10))
_MOST_DIGITS = 400
"""Digits of a number that is read; no 64-bit number has more."""
_POINT = 6
"""Digits before the point from which on Go writes a power of ten."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number by its JSON text; `plain` is Python's."""

    text: str

    @property
    def plain(self) -> int | float:
        """The int that the text stands for, or else the float; ValueError where Python has neither, as for `1e999`."""
        found = float(self.text) if re.search(r"[.eE]", self.text) else int(self.text)
        if found in (float("inf"), float("-inf")):
            raise ValueError("a number that is too large")
        return found


Scalar = None | bool | Number | str


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


DECODER = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=_no_number)
"""Reads JSON with its numbers as they are written."""


def scalar(text: str) -> Scalar:
    """Return what a plain YAML scalar stands for, as the reference's parser (yaml.v3) resolves it.

    `yes` is a text, `017` and `0o17` are 15, `1.0` is 1, `1e400` and dates are texts.

    Raises:
        ValueError: it would be a number that JSON has not.
    """
    if text in _WORDS:
        return _WORDS[text]
    if not text or text[0] not in "+-.0123456789" or len(text) > _MOST_DIGITS:
        return text
    if re.fullmatch(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", text):
        raise ValueError("JSON has no such number; quote it to have a text")
    if re.match(r"-?0[bo][-+]", text):
        raise ValueError("a sign within a number; quote it to have a text")
    plain = text if text[0] == "." else text.replace("_", "")
    if (whole := _integer(plain)) is not None:
        return Number(str(whole))
    if _FLOAT.fullmatch(plain) and (found := float(plain)) not in (float("inf"), float("-inf")):
        return Number(float_text(found))
    return text


def _integer(text: str) -> int | None:
    """An integer of 64 bits, signed or not; None where it is none, `08` and `1.5` among them."""
    match = _INTEGER.fullmatch(text)
    if not match:
        return None
    value = next(int(match[group], base) for group, base in _BASES if match[group] is not None)
    sign = match[1]
    if sign == "-":
        return -value if value <= 1 << 63 else None
    return value if value < 1 << (63 if sign else 64) else None


def float_text(value: float) -> str:
    """Return the shortest text of a float, as Go writes it: `1e+06`, `0.0001`, `1e-05`, `123456.7`."""
    from decimal import Decimal  # few environments have a number with a point

    decimal = Decimal(repr(value)).normalize()
    if not decimal.is_finite():
        raise ValueError("JSON has no such number")
    power = decimal.adjusted()
    if -5 < power < _POINT:
        return f"{decimal:f}"
    return f"{decimal.scaleb(-power):f}e{power:+03d}"
