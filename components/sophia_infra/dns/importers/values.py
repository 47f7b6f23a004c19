"""RDATA text from the separate fields in which YAML and JSON formats hold it."""

import json
import reprlib
from collections.abc import Callable, Mapping
from typing import Any

from sophia_infra.dns.reader import syntax
from sophia_infra.dns.reader.problems import Refused, bounded, quoted
from sophia_infra.dns.reader.rdata import encoded
from sophia_infra.dns.rr.rtype import rtype_of
from sophia_infra.dns.rr.txt import string as quoted_string

LOC_FIELDS = (
    *("lat_degrees", "lat_minutes", "lat_seconds", "lat_direction"),
    *("long_degrees", "long_minutes", "long_seconds", "long_direction"),
    *("altitude", "size", "precision_horz", "precision_vert"),
)
"""LOC data by its fields, lengths in metres, as Cloudflare and octoDNS name them."""


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
    return quoted_string(encoded(text(value)))


def assembled(form: str, fields: Mapping[str, Any]) -> str:
    """Return RDATA from the fields that a form names, such as `order|preference "flags=" *params=`.

    A name in quotes is one character-string, one behind `*` is text of several words, any other is one word. Of `a|b`,
    the first that is there counts. What stands behind `=` is taken where a field is missing or empty.

    Raises:
        Refused: a field without such a default is missing, or one holds what its part of RDATA can't.
    """
    return " ".join(_part(part, fields) for part in form.split(" ")).rstrip()


def fields_of(*forms: str) -> set[str]:
    """Return the names of all fields that forms take."""
    parts = (part.strip('*"').partition("=")[0] for form in forms for part in form.split(" "))
    return {name for part in parts for name in part.split("|")}


def _part(part: str, fields: Mapping[str, Any]) -> str:
    names, can_miss, default = part.strip('*"').partition("=")
    given = default if can_miss and fields.get(names) in (None, "") else need(fields, *names.split("|"))
    return {'"': string, "*": text}.get(part[0], word)(given)


def mapping(value: object) -> Mapping[str, Any]:
    """Return a mapping as it is, and an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def need(fields: Mapping[str, Any], *names: str) -> Any:
    """Return the first of these fields that is there."""
    for name in names:
        if fields.get(name) is not None:
            return fields[name]
    raise Refused("field-missing", names[0], f"it has no {names[0]}", fix=f"give {' or '.join(names)}")


def absolute(name: str) -> str:
    """Return a name that was meant in full, whether or not a dot ends it."""
    return name if name.endswith(".") else f"{name}."


def with_targets(rtype: str, rdata: str, change: Callable[[str], str]) -> str:
    """Return RDATA text with each domain name in it as `change` returns it."""
    if "\n" in rdata or "\r" in rdata:
        raise Refused("record-syntax", "rdata", "a value stands on one line", value=rdata)
    tokens = syntax.entry(rdata, iter(())).tokens
    for place in rtype_of(rtype).names:
        if place < len(tokens) and tokens[0].text != "\\#":
            tokens[place] = syntax.Token(change(tokens[place].text), tokens[place].glued)
    return syntax.join(tokens)


def from_json(content: str, fix: str) -> Any:
    """Return what a JSON text holds; `fix` says how such a file is made."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Refused("field-invalid", "file", f"it is not JSON: {bounded(str(error))}", fix=fix) from None


def need_list(container: Any, field: str, fix: str) -> list[Any]:
    """Return the list that a mapping holds under a name."""
    found = mapping(container).get(field)
    if not isinstance(found, list):
        raise Refused("field-missing", field, f"it has no list {field}", fix=fix)
    return found


def filled(values: list[Any], field: str) -> list[Any]:
    """Return a record's values; refuses none, since the record would be gone without a word."""
    if not values:
        raise Refused("field-missing", field, f"{field} is empty", fix="give a value, or remove the record")
    return values
