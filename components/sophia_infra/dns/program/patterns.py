"""Patterns of owner names and record sets (`www`, `@ MX`, `**.dev A`), brought to names as zone text has them. Pure."""

import re
from collections.abc import Sequence

from sophia_infra.dns.reader import zone_name
from sophia_infra.errors import SophiaError

_ESCAPED_OR_GLOB = re.compile(r"[*?\[\]\\]")


class PatternError(SophiaError):
    """A pattern that names nothing of the zone, or could be read in two ways; the message says how to write it."""

    code = "pattern"


def relative_patterns(given: Sequence[str], domain: str, where: str) -> list[str]:
    """Return patterns with their names relative to the zone, in lower case and A-labels; `where` names the argument.

    A name may be written in full, with its dot (`www.shop.example.`), as in a record.

    Raises:
        PatternError: a name is outside of the zone, lacks the dot of a name in full, or is no name.
    """
    return [_pattern(text, domain, where) for text in given]


def _pattern(text: str, domain: str, where: str) -> str:
    owner, blank, rest = text.strip().partition(" ")
    name = ".".join(_label(label, text, where) for label in owner.split("."))
    suffix = f".{domain}"
    if name == domain or name.endswith(suffix):
        raise PatternError(
            f"{where} holds {text!r}, which could mean {name}. or {name}{suffix}.; write the one you mean in full, "
            "with a dot at its end, or relative to the zone",
            field=where,
        )
    if name.endswith("."):
        name = _inside(name[:-1], text, domain, where)
    return f"{name}{blank}{rest}"


def _inside(name: str, text: str, domain: str, where: str) -> str:
    if name == domain:
        return "@"
    if not name.endswith(f".{domain}"):
        raise PatternError(
            f"{where} holds {text!r}, which is outside of {domain}; name what is in the zone", field=where
        )
    return name.removesuffix(f".{domain}")


def _label(label: str, text: str, where: str) -> str:
    if label.isascii():
        return label.lower()
    if _ESCAPED_OR_GLOB.search(label):
        raise PatternError(
            f"{where} holds {text!r}; write the label {label!r} as it stands in the zone (xn--...)", field=where
        )
    return zone_name(label, where)
