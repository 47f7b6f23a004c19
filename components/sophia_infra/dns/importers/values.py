"""RDATA text from the separate fields in which YAML and JSON formats hold it."""

import json
import re
import reprlib
from collections.abc import Callable, Mapping
from typing import Any

from sophia_infra.dns.reader import syntax
from sophia_infra.dns.reader.problems import Refused, bounded, quoted
from sophia_infra.dns.reader.rdata import encoded, octets_string
from sophia_infra.dns.rr.rtype import rtype_of

LOC_FIELDS = (
    *("lat_degrees", "lat_minutes", "lat_seconds", "lat_direction"),
    *("long_degrees", "long_minutes", "long_seconds", "long_direction"),
    *("altitude", "size", "precision_horz", "precision_vert"),
)


_BARE = re.compile(r"[A-Za-z0-9,./:+=_-]+")


def text(value: object) -> str:
    """Return a scalar as text. Refuses lists, mappings, truth values and nothing at all."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refused("field-invalid", "value", f"{quoted(shown(value))} is not a text", fix="write it in quotes")
    return str(value)


def shown(value: object) -> str:
    """Return a value to quote. YAML's aliases can make a small file say more than any memory holds."""
    return value if isinstance(value, str) else reprlib.repr(value)


def word(value: object) -> str:
    """Return a scalar that is one field of RDATA: no blanks and nothing that master files read in their own way."""
    found = text(value)
    if not found or any(mark in found for mark in ' \t\r\n\0;"()'):
        raise Refused("field-invalid", "value", f"{quoted(found)} is not one word", value=found)
    return found


def string(value: object) -> str:
    """Return a scalar as one quoted string."""
    return octets_string(encoded(text(value)))


def location(fields: Mapping[str, Any]) -> str:
    """Return LOC data from its twelve fields, lengths in metres."""
    words = [word(need(fields, name)) for name in LOC_FIELDS]
    return " ".join([*words[:8], *(f"{metres}m" for metres in words[8:])])


def service(priority: object, target: object, params: Mapping[str, Any]) -> str:
    """Return SVCB or HTTPS data; a parameter's value is a text, a number, a list of them, or None for a bare key."""
    pairs = [word(key) if value is None else f"{word(key)}={_parameter(value)}" for key, value in params.items()]
    return " ".join([word(priority), word(target), *pairs])


def _parameter(value: object) -> str:
    items = value if isinstance(value, list) else [value]
    escaped = [text(item) if value is item else text(item).replace("\\", "\\\\").replace(",", "\\,") for item in items]
    joined = ",".join(escaped)
    return joined if _BARE.fullmatch(joined) else string(joined)


def need(fields: Mapping[str, Any], *names: str) -> Any:
    """Return the first of these fields that is there."""
    for name in names:
        if fields.get(name) is not None:
            return fields[name]
    raise Refused("field-missing", names[0], f"it has no {names[0]}", fix=f"give {' or '.join(names)}")


def absolute(name: str) -> str:
    """Return a name that was meant in full, whether or not a dot ends it."""
    return name if name.endswith(".") else f"{name}."


def with_targets(kind: str, rdata: str, change: Callable[[str], str]) -> str:
    """Return RDATA text with each domain name in it as `change` returns it."""
    if "\n" in rdata or "\r" in rdata:
        raise Refused("record-syntax", "rdata", "a value stands on one line", value=rdata)
    tokens = syntax.entry(rdata, iter(())).tokens
    for place in rtype_of(kind).names:
        if place < len(tokens) and tokens[0].text != "\\#":
            tokens[place] = syntax.Token(change(tokens[place].text), tokens[place].glued)
    return syntax.join(tokens)


def from_json(content: str, fix: str) -> Any:
    """Return what a JSON text holds; `fix` says how such a file is made."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Refused("field-invalid", "file", f"it is not JSON: {bounded(str(error))}", fix=fix) from None


def listed(container: Any, field: str, fix: str) -> list[Any]:
    """Return the list that a mapping holds under a name."""
    found = container.get(field) if isinstance(container, Mapping) else None
    if not isinstance(found, list):
        raise Refused("field-missing", field, f"it has no list {field}", fix=fix)
    return found
