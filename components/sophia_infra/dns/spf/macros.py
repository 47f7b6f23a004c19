"""Macros in SPF records and explanations (RFC 7208 section 7)."""

import re
from collections.abc import Mapping
from urllib.parse import quote as percent_encoded

NAME_LIMIT = 253
"""Characters of a domain name without its final dot; a longer expansion loses labels on its left (section 7.3)."""

_ASKABLE = re.compile(r"(?:[^.]{1,63}\.)*[^.]{1,63}", re.DOTALL)
_MACRO = r"%(?:\{([slodiphv])((?:0*[1-9]\d*)?)(r?)([.\-+,/_=]*)\}|([%_\-]))"
_IN_DOMAIN = re.compile(_MACRO, re.IGNORECASE)
_IN_EXPLANATION = re.compile(_MACRO.replace("slodiphv", "slodiphvcrt"), re.IGNORECASE)
_LITERAL = re.compile(r"[\x21-\x24\x26-\x7e]*")
_EXPLANATION_LITERAL = re.compile(r"[\x20-\x24\x26-\x7e]*")
_TOP_LABEL = re.compile(r"(?!\d+$)[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?", re.IGNORECASE)
_ESCAPES = {"%": "%", "_": " ", "-": "%20"}


class MacroError(ValueError):
    """Text with a `%` that begins no macro; the message is the text."""


def is_text(text: str) -> bool:
    """Whether text is a macro-string: visible ASCII, and every `%` begins a macro that records may use."""
    return _LITERAL.fullmatch(_IN_DOMAIN.sub("", text)) is not None


def is_domain(text: str) -> bool:
    """Whether a macro-string is a domain-spec: it ends in a macro, or in a dot and a top label (section 7.1)."""
    plain = _IN_DOMAIN.sub("\n", text)
    _, dot, top = plain.removesuffix(".").rpartition(".")
    return plain.endswith("\n") or (bool(dot) and _TOP_LABEL.fullmatch(top) is not None)


def expand(text: str, values: Mapping[str, str]) -> str:
    """Return a domain-spec with its macros replaced; `values` are by lower-case macro letter.

    Raises:
        KeyError: a macro's value is not known.
    """
    if "%" not in text:
        return text
    return _IN_DOMAIN.sub(lambda match: _value(match, values), text)


def explain(text: str, values: Mapping[str, str]) -> str:
    """Return an explanation with its macros replaced (section 6.2).

    Raises:
        MacroError: the explanation is not ASCII, or a `%` in it begins no macro.
    """
    if _EXPLANATION_LITERAL.fullmatch(_IN_EXPLANATION.sub("", text)) is None:
        raise MacroError(text)
    return _IN_EXPLANATION.sub(lambda match: _value(match, values), text)


def _value(match: re.Match[str], values: Mapping[str, str]) -> str:
    letter, digits, reverse, delimiters, escape = match.groups()
    if escape:
        return _ESCAPES[escape]
    parts = re.split(f"[{re.escape(delimiters or '.')}]", values[letter.lower()])
    if reverse:
        parts.reverse()
    value = ".".join(parts[-int(digits) :] if digits else parts)
    return percent_encoded(value, safe="~") if letter.isupper() else value


def shortened(name: str) -> str:
    """Return an expanded name without its final dot, and without the labels on its left that make it too long."""
    name = name.removesuffix(".")
    while len(name) > NAME_LIMIT and "." in name:
        name = name.partition(".")[2]
    return name


def is_askable(name: str) -> bool:
    """Whether the DNS can be asked for a name: no empty label, and none over 63 characters."""
    return len(name) <= NAME_LIMIT and _ASKABLE.fullmatch(name) is not None
