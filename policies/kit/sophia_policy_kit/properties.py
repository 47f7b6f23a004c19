"""Reads input properties of a resource, and trusts nothing about them.

A property that is missing, unknown or of another shape raises `ContractError`, which a mandatory policy
reports as a violation. Letting the SDK's own `UnknownValueError` out would turn the policy into an advisory one.
"""

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi_policy.proxy import UnknownValueError

LONGEST = 300


class ContractError(Exception):
    """A property that can't be judged: which one, what it holds, and what it should hold."""


@dataclass(frozen=True, slots=True)
class Property:
    """An input property by its path, read one checked value at a time.

    An error shows the value that was read, so never read by this what may be secret.
    """

    path: str
    value: Any

    def get(self, key: str, default: Any = None) -> "Property":
        """Return a member; it must exist, unless it has a default, and be known."""
        if not isinstance(self.value, Mapping):
            raise self.wrong("an object")
        path = f"{self.path}.{key}" if self.path else key
        try:
            return Property(path, self.value[key])
        except KeyError:
            if default is not None:
                return Property(path, default)
            raise ContractError(f"{path} is missing") from None
        except UnknownValueError:
            raise ContractError(f"{path} is not known at preview, and the policy depends on it") from None

    def items(self) -> list["Property"]:
        """Return the elements of a list; each must be known."""
        if isinstance(self.value, str) or not isinstance(self.value, Sequence):
            raise self.wrong("a list")
        try:
            return [Property(f"{self.path}[{index}]", item) for index, item in enumerate(self.value)]
        except UnknownValueError:
            raise ContractError(f"{self.path} is not known in full at preview, and the policy depends on it") from None

    def count(self) -> int:
        """Return a whole number from 0; the engine hands integers over as floats."""
        value = self.value
        whole = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not whole or value < 0 or value != int(value):
            raise self.wrong("a whole number from 0")
        return int(value)

    def text(self) -> str:
        """Return a string."""
        if not isinstance(self.value, str):
            raise self.wrong("a string")
        return self.value

    def texts(self) -> list[str]:
        """Return a list of strings."""
        return [item.text() for item in self.items()]

    def flag(self) -> bool:
        """Return a truth value."""
        if not isinstance(self.value, bool):
            raise self.wrong("true or false")
        return self.value

    def share(self) -> float:
        """Return a number from 0 to 1."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise self.wrong("a share from 0 to 1")
        return float(value)

    def word(self, allowed: Sequence[str]) -> str:
        """Return a string that is one of a few."""
        if not isinstance(self.value, str) or self.value not in allowed:
            raise self.wrong(f"one of {', '.join(allowed)}")
        return self.value

    def wrong(self, expected: str) -> ContractError:
        """Return the error that says what the property should hold."""
        return ContractError(f"{self.path} is {printable(repr(self.value), 80)}; it must be {expected}")


def printable(text: str, longest: int = LONGEST) -> str:
    """Return text from outside on one line, without control characters, and cut to a length."""
    clean = "".join(char if char.isprintable() else " " for char in text)
    return clean if len(clean) <= longest else f"{clean[: longest - 1]}…"


def known_are(name: str, known: Sequence[str]) -> str:
    """Return the way out for a name that is none of the known ones: `known are a, b; did you mean a?`."""
    close = difflib.get_close_matches(name, known, 1)
    return f"known are {', '.join(known)}{f'; did you mean {close[0]}?' if close else ''}"
