"""The one reader of what people write: settings of a stack, arguments of a resource, inputs of an old state.

    pool = Value("pools[0]", given, PoolError).members(["name", "floor"])
    floor = pool.get("floor", 0.5).number(0, 1)

`floor: 3` raises PoolError("pools[0].floor is 3; give a number from 0 to 1", field="pools[0].floor").
"""

import difflib
import math
import re
import reprlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self
from urllib.parse import urlsplit

from sophia_infra.errors import SophiaError

ABOVE_ZERO = math.ulp(0.0)
"""The smallest number above zero: the lower limit of a time that must not be zero."""
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LENGTH = re.compile(r"([0-9]{1,6})([smhd])")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Value:
    """A value by its path, read once and checked; what is wrong is refused with `error` at that path."""

    path: str
    value: Any
    error: type[SophiaError]

    def wrong(self, way_out: str) -> SophiaError:
        """Return the error that shows the value and says what to give."""
        plain = self.value if isinstance(self.value, str | int | float) else None
        return self.error(f"{self.path} is {shown(self.value)}; {way_out}", field=self.path, value=plain)

    def get(self, key: str, default: Any = None) -> Self:
        """Return a member, or the default where there is none; the value must be a mapping."""
        return type(self)(f"{self.path}.{key}", self.mapping().get(key, default), self.error)

    def mapping(self, way_out: str = "give a mapping") -> Mapping[str, Any]:
        """Return a mapping."""
        if not isinstance(self.value, Mapping):
            raise self.wrong(way_out)
        return self.value

    def members(self, known: Sequence[str], noun: str = "field") -> Self:
        """Return the value itself, a mapping without any but the known members."""
        unknown = self.mapping().keys() - set(known)
        if unknown:
            name = min(map(str, unknown))
            path = f"{self.path}.{name}"
            raise self.error(f"{path} is no {noun}; {known_are(name, known)}", field=path)
        return self

    def read(
        self, readers: Mapping[str, Callable[[Self], Any]], noun: str = "field", needed: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Return the members that are given, each by its reader, and refuse others; None counts as not given."""
        given = {name: self.get(name) for name in self.members(list(readers), noun).mapping()}
        found = {name: readers[name](value) for name, value in given.items() if value.value is not None}
        if missing := next((name for name in needed if name not in found), None):
            path = f"{self.path}.{missing}"
            raise self.error(f"{path} is missing; needed are {', '.join(needed)}", field=path)
        return found

    def items(self, way_out: str = "give a list", *, least: int = 0) -> list[Self]:
        """Return the elements of a list of at least so many; a text is none."""
        if not is_list(self.value) or len(self.value) < least:
            raise self.wrong(way_out)
        return [type(self)(f"{self.path}[{index}]", item, self.error) for index, item in enumerate(self.value)]

    def number(self, low: float = -math.inf, high: float = math.inf, way_out: str = "") -> float:
        """Return a number within limits, both included. The engine hands every number over as a float."""
        value = self.value
        if not is_number(value) or not low <= value <= high:
            raise self.wrong(way_out or f"give a number from {low} to {high}")
        return float(value)

    def whole(self, low: int, high: float, way_out: str = "") -> int:
        """Return a whole number within limits, both included."""
        value = self.number(low, high, way_out)
        if not value.is_integer():
            raise self.wrong(way_out or f"give a whole number from {low} to {high}")
        return int(value)

    def text(self, way_out: str = "give a text on one line", *, fits: Callable[[str], object] = str.isprintable) -> str:
        """Return a text that fits, by default one on one line."""
        if not isinstance(self.value, str) or not fits(self.value):
            raise self.wrong(way_out)
        return self.value

    def length(self, least: timedelta, most: timedelta) -> timedelta:
        """Return a length of time such as `30d`, `36h`, `10m` or `0s`, within limits, both included."""
        text = self.text("give a time, such as 30d, 36h, 10m or 0s", fits=_LENGTH.fullmatch)
        found = length_of(text) or timedelta(0)
        if not least <= found <= most:
            raise self.wrong(f"give one from {least} to {most.days}d")
        return found

    def flag(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            raise self.wrong("give true or false")
        return self.value

    def word(self, allowed: Sequence[str], way_out: str = "") -> str:
        """Return a text that is one of a few."""
        if not isinstance(self.value, str) or self.value not in allowed:
            raise self.wrong(way_out or f"known are {', '.join(allowed)}")
        return self.value


def like(name: str, known: Sequence[str], cutoff: float = 0.6) -> str:
    """Return the known name that one looks most like, whatever its case; empty where it looks like none.

    `cutoff` is how much alike they must be, from 0 to 1, as `difflib` measures it.
    """
    folded = {other.lower(): other for other in known}
    close = difflib.get_close_matches(name.lower(), folded, 1, cutoff)
    return folded[close[0]] if close else ""


def known_are(name: str, known: Sequence[str]) -> str:
    """Return the way out for a name that is none of the known ones: `known are a, b; did you mean a?`."""
    if not known:
        return "none is known"
    close = like(name, known)
    return f"known are {', '.join(known)}{f'; did you mean {close}?' if close else ''}"


def listed(items: Sequence[object], most: int = 5) -> str:
    """Return at most `most` items in words, and how many more there are: `a, b and 3 more`."""
    shown, left = ", ".join(map(str, items[:most])), len(items) - most
    return f"{shown} and {left} more" if left > 0 else shown


def length_of(text: str) -> timedelta | None:
    """Return the time that `30d`, `36h`, `10m` or `0s` stands for, None where a text stands for none."""
    found = _LENGTH.fullmatch(text)
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None


def lasts(seconds: int) -> str:
    """Return a time in words: `5 min`, `1 h`, `2 d`."""
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds} s"


_LATE = {("pulumi.output", "Output"): "a pulumi.Output", ("pulumi.output", "Unknown"): "not known yet"}
"""What Pulumi has for values that come later, by module and name: most of this library loads no Pulumi."""


class _Shown(reprlib.Repr):
    """Writes what people gave as they wrote it, bounded; what has no such form by its type, and no address."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = 200
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = self.maxfrozenset = 10

    def repr_instance(self, value: object, level: int) -> str:
        for base in type(value).__mro__:
            if told := _LATE.get((base.__module__, base.__name__)):
                return told
        written = super().repr_instance(value, level)
        return f"an object ({type(value).__name__})" if written.startswith("<") else written


shown: Callable[[Any], str] = _Shown().repr
"""Return a value as a refusal shows it: `'a'`, `[3]`, `a pulumi.Output`, `an object (Widget)`."""


def is_list(value: Any) -> bool:
    """Whether a value is a list or a tuple, and no text."""
    return isinstance(value, Sequence) and not isinstance(value, str)


def is_number(value: Any) -> bool:
    """Whether a value is a number; Python takes True for one."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_safe(url: str) -> bool:
    """Whether a secret may be sent to a URL: https, or http to a stand-in on this machine."""
    try:
        scheme, host = urlsplit(url).scheme, urlsplit(url).hostname
    except ValueError:  # an IPv6 address that is none
        return False
    return bool(host) and (scheme == "https" or (scheme == "http" and host in _LOOPBACK))
