"""Texts as Go's standard library writes them, since that is what ESC's values hold: JSON and quoted strings."""

import json
import re
from typing import Any

from sophia_infra.esc.numbers import Number, float_text

_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_HTML = re.compile("[<>&\u2028\u2029]")
_OCTET = re.compile("[\ud800-\udfff]")
_SHORT = {one: f"\\{name}" for one, name in zip('"\\\a\b\f\n\r\t\v', '"\\abfnrtv', strict=True)}


def json_text(value: Any, indent: int | None = None, level: int = 0) -> str:
    """Return JSON as `encoding/json` has it: keys sorted, `<>&` escaped, an octet that is no UTF-8 as U+FFFD."""
    if isinstance(value, str):
        text = _HTML.sub(lambda match: _ESCAPED[match[0]], json.dumps(value, ensure_ascii=False))
        return _OCTET.sub("\\\\ufffd", text)
    if isinstance(value, Number):
        return value.text
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, dict):
        colon = ": " if indent else ":"
        members = [f"{json_text(key)}{colon}{json_text(value[key], indent, level + 1)}" for key in sorted(value)]
        return _enclosed("{}", members, indent, level)
    if isinstance(value, list):
        return _enclosed("[]", [json_text(item, indent, level + 1) for item in value], indent, level)
    return json.dumps(value)


def _enclosed(brackets: str, items: list[str], indent: int | None, level: int) -> str:
    if not indent or not items:
        return f"{brackets[0]}{','.join(items)}{brackets[1]}"
    outer = "\n" + " " * indent * level
    inner = outer + " " * indent
    return f"{brackets[0]}{inner}{f',{inner}'.join(items)}{outer}{brackets[1]}"


def quoted(text: str) -> str:
    """Return a text in quotes as `strconv.Quote` has it."""
    return f'"{"".join(map(_character, text))}"'


def _character(character: str) -> str:
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if character.isprintable():
        return character
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
