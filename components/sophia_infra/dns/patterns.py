"""Patterns of names and record sets, as a program writes them: `www`, `@ MX`, `*.dev A`, `shop.example. TXT`."""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

from dns.rdatatype import RdataType

from sophia_infra.changes import covers
from sophia_infra.dns.reader import zone_name
from sophia_infra.dns.reader.problems import Refused
from sophia_infra.dns.reader.rdata import type_of
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.rtype import RTYPES
from sophia_infra.errors import SophiaError

_ESCAPED_OR_GLOB = re.compile(r"[*?\[\]\\]")
_GLOB = re.compile(r"[*?\[]")
_SET = re.compile(r"\n(\S+) \d+ (\S+)")

_WITH_VALUES = "ignore"
"""The argument whose patterns may hold a value, after the type."""


class PatternError(SophiaError):
    """A pattern that names nothing of the zone, or could be read in two ways; the message says how to write it."""

    code = "pattern"


def relative_patterns(given: Sequence[str], domain: str, where: str) -> list[str]:
    """Return patterns with their names relative to the zone, in lower case and A-labels; `where` names the argument.

    A name may be written in full, with its dot (`www.shop.example.`), as in a record.

    Raises:
        PatternError: a name is outside of the zone, lacks the dot of a name in full, or is no name; a type is none.
    """
    return [_pattern(text, domain, where) for text in given]


def _pattern(text: str, domain: str, where: str) -> str:
    refuse_no_type(text, where)
    owner, blank, rest = text.strip().partition(" ")
    rest = rest.strip()
    name = ".".join(_label(label, text, where) for label in owner.split("."))
    suffix = f".{domain}"
    if name == domain or name.endswith(suffix):
        raise PatternError(
            f"{where} holds {text!r}, which could mean {name}. or {name}{suffix}.; write the one you mean in full, "
            "with a dot at its end, or relative to the zone",
            field=where,
            value=text,
        )
    if name.endswith("."):
        if not f".{name}".endswith(f"{suffix}."):
            raise PatternError(
                f"{where} holds {text!r}, which is outside of {domain}; name what is in the zone",
                code="outside-zone",
                field=where,
                value=text,
            )
        name = name.removesuffix(f"{domain}.").rstrip(".") or "@"
    return f"{name}{blank}{rest}"


def _label(label: str, text: str, where: str) -> str:
    if label.isascii():
        return label.lower()
    if _ESCAPED_OR_GLOB.search(label):
        raise PatternError(
            f"{where} holds {text!r}; write the label {label!r} as it stands in the zone (xn--...)",
            field=where,
            value=text,
        )
    return zone_name(label, where)


def refuse_no_type(pattern: str, where: str) -> None:
    """Refuse a pattern whose second word is no record type, above all one in the wrong order (`MX @`), and a value.

    Raises:
        PatternError: it is none; a shell pattern (`*`, `T?T`) has to match some type. Only `ignore` tells values apart.
    """
    owner, *rest = pattern.split() or [""]
    if not rest:
        return
    if not _is_type(rest[0]):
        fix = f"write {f'{rest[0]} {owner.upper()}'!r}" if _is_type(owner) else "write owner and type, such as '@ MX'"
        told = f"{where} holds {pattern!r}, and {rest[0]!r} is no record type; {fix}"
        raise PatternError(told, code="no-type", field=where, value=pattern)
    if len(rest) > 1 and where != _WITH_VALUES:
        told = f"{where} holds {pattern!r}, and takes no values; write '{owner} {rest[0]}'"
        raise PatternError(told, field=where, value=pattern)


def _is_type(word: str) -> bool:
    wanted = word.upper()
    if _ESCAPED_OR_GLOB.search(wanted):
        return any(fnmatchcase(name, wanted) for name in (*RTYPES, *RdataType.__members__))
    try:
        return wanted in RTYPES or bool(type_of(wanted))
    except Refused:
        return False


def matches(pattern: str, record: Record) -> bool:
    """Whether `owner [TYPE [value]]` names a record: as `covers`, the value as a shell pattern; `**` is any owner."""
    owner, _, rest = pattern.strip().partition(" ")
    rtype, _, value = rest.partition(" ")
    return covers(f"{owner} {rtype}".strip(), record.subject) and (not value or fnmatchcase(record.rdata, value))


def names_any(pattern: str, text: str) -> bool:
    """Whether a pattern, as `changes.covers` reads it, names a record set of canonical zone text.

    One without `*`, `?` and `[` is looked up as it stands: large zones are not taken apart for it.
    """
    owner, _, rtype = pattern.strip().partition(" ")
    owner, lines = owner.lower(), f"\n{text}"
    if rtype:
        literal = re.search(rf"\n{re.escape(owner)} \d+ {re.escape(rtype.upper())} ", lines) is not None
    else:
        literal = f"\n{owner} " in lines
    if literal or not _GLOB.search(pattern):
        return literal
    return any(covers(pattern, f"{found[1]} {found[2]}") for found in _SET.finditer(lines))
