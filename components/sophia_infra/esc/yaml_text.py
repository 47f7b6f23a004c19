"""`fn::toYAML`: what the reference's writer (yaml.v3) makes of a value. Numbers are texts to it, in quotes."""

import json
import re
from datetime import datetime
from functools import cmp_to_key
from typing import Any

from sophia_infra.esc.errors import EscError, Place
from sophia_infra.esc.numbers import Number, scalar
from sophia_infra.esc.values import Value

_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_CLOCK = r"(\d\d?):(\d\d?):(\d\d?)(?:[.,]\d+)?"
_TIME = re.compile(rf"(\d{{4}})-(\d\d?)-(\d\d?)(?:[Tt]{_CLOCK}(?:Z|[-+]\d\d:\d\d)| {_CLOCK})?", re.ASCII)
_OLD_BOOLEAN = re.compile("[yYnN]|yes|Yes|YES|on|On|ON|no|No|NO|off|Off|OFF")
_MARKED = re.compile(r"[#,\[\]{}&*!|>'\"%@`]|[?:-](?:[ \t\n]|$)|---|\.\.\.|.*(?::(?:[ \t\n]|$)|[ \t\n]#)", re.DOTALL)
_ODD = re.compile("[^\n -~\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
"""Characters that stand escaped in double quotes."""
_BREAKS = re.compile("[\r\x85\u2028\u2029]")
_ESCAPES = dict(zip('\0\a\b\t\v\f\x1b"\\\n', '0abtvfe"\\n', strict=True))
_STEP, _LONGEST_KEY = 4, 128


def written(value: Value, place: Place) -> str:
    """Return a value as YAML.

    Raises:
        EscError: it has a text that this does not write as the reference does: octets that are no UTF-8, breaks of
            lines other than a line feed, and keys that are long or go over lines.
    """
    try:
        return _text(value.plain(number=lambda found: found), -1, False).removeprefix(" ")
    except ValueError as error:
        raise EscError(f"fn::toYAML can't write {error}", place, code="esc-unsupported") from None


def _text(value: Any, indent: int, is_item: bool) -> str:
    """What follows a key or a dash, the end of the line with it; `indent` is theirs, -1 at the top."""
    inner = indent + 2 if is_item else (indent + _STEP) // _STEP * _STEP
    if isinstance(value, dict) and value:
        lines = [f"{_key(key)}:{_text(value[key], inner, False)}" for key in sorted(value, key=cmp_to_key(_order))]
    elif isinstance(value, list) and value:
        lines = [f"-{_text(item, inner, True)}" for item in value]
    else:
        return f" {_scalar(value, inner or _STEP)}"
    joined = (" " * inner).join(lines)
    if is_item or indent < 0:
        return f" {joined}"
    return f"\n{' ' * inner}{joined}"


def _scalar(value: Any, indent: int) -> str:
    if isinstance(value, str):
        return _string(value, indent)
    if isinstance(value, Number):
        return f'"{value.text}"\n'
    return f"{json.dumps(value)}\n"  # null, true, false, {}, []


def _key(text: str) -> str:
    if "\n" in text or len(text.encode()) > _LONGEST_KEY:
        raise ValueError("a key that is long, or goes over lines")
    return _string(text, 0).removesuffix("\n")


def _string(text: str, indent: int) -> str:
    if re.search("[\ud800-\udfff]", text) or _BREAKS.search(text):
        raise ValueError("octets that are no UTF-8, or breaks of lines but line feeds")
    if "\n" in text and not (_ODD.search(text.replace("\t", "")) or text.endswith(" ") or " \n" in text):
        return _literal(text, indent)
    if "\n" in text or is_other(text) or _ODD.search(text):
        return f"{quoted(text)}\n"
    if text.startswith(" ") or text.endswith(" ") or _MARKED.match(text):
        doubled = text.replace("'", "''")
        return f"'{doubled}'\n"
    return f"{text}\n"


def _literal(text: str, indent: int) -> str:
    hint = str(_STEP) if text[0] in " \n" else ""
    chomp = "-" if not text.endswith("\n") else "+" if text == "\n" or text.endswith("\n\n") else ""
    lines = re.sub("^(?=.)", " " * indent, text, flags=re.MULTILINE)
    start = "" if text[0] == "\n" else "\n"  # the reference takes a break at the start for the end of this line
    return f"|{hint}{chomp}{start}{lines}{'' if text.endswith(chr(10)) else chr(10)}"


def quoted(text: str) -> str:
    """Return a text in double quotes."""
    return f'"{"".join(map(_escaped, text))}"'


def is_other(text: str) -> bool:
    """Return whether a text without quotes would be something else, or would have been to YAML 1.1."""
    if _OLD_BOOLEAN.fullmatch(text) or _BASE_60.fullmatch(text) or _is_time(text):
        return True
    try:
        return not isinstance(scalar(text), str)
    except ValueError:
        return True


def _is_time(text: str) -> bool:
    if not (found := _TIME.fullmatch(text)):
        return False
    year, *rest = (int(part) for part in found.groups() if part)
    try:
        datetime(year or 2000, *rest)  # type: ignore[arg-type]  # noqa: DTZ001  only whether there is such a time
    except ValueError:
        return False
    return True


def _escaped(character: str) -> str:
    code = ord(character)
    if character in _ESCAPES:
        return f"\\{_ESCAPES[character]}"
    if not _ODD.match(character):
        return character
    return f"\\x{code:02X}" if code <= 0xFF else f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def _order(first: str, second: str) -> int:
    """Keys as people sort them: b9 before b10, and other characters before letters."""
    digits = False
    for at, (one, other) in enumerate(zip(first, second, strict=False)):
        if one == other:
            digits = one.isdecimal()
            continue
        if one.isalpha() and other.isalpha():
            return -1 if one < other else 1
        if one.isalpha() or other.isalpha():
            return -1 if one.isalpha() == digits else 1
        before = re.search(r"\d*$", first[:at])
        lead = "1" if before and before[0].strip("0") and "0" in (one, other) else "0"
        runs = [re.findall(r"^\d*", text[at:])[0] for text in (first, second)]
        keys = [(int(f"{lead}{run}"), len(run), text[at]) for run, text in zip(runs, (first, second), strict=True)]
        return -1 if keys[0] < keys[1] else 1
    return len(first) - len(second)
