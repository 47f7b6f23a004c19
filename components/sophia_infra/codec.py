"""Dataclasses as JSON values and back, by their fields: what stands in inputs, in states and in the journal.

Where a field may hold one of several classes, these have a base with a `TAG`. That is the name of their class attribute
that comes first in JSON, as `op` of `{"op": "set-ttl", ...}`, and `from_body` of the base finds the class by it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum, StrEnum
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

BRIEF = {"brief": True}
"""The metadata of a field that came later: it is left out where it holds its default."""
_PLAIN = (str, int, bool, float, NoneType)
_ESCAPED = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}


def encode(value: Any) -> Any:
    """Return a value as JSON values: a dataclass as an object, a time in ISO 8601, an enum as its word."""
    if type(value) in _PLAIN:  # most are
        return value
    if isinstance(value, Enum):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value):
        given = ((field, getattr(value, field.name)) for field in fields(value))
        body = {field.name: encode(item) for field, item in given if not (field.metadata and item == field.default)}
        return {tag: getattr(value, tag), **body} if (tag := getattr(value, "TAG", "")) else body
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    return [encode(item) for item in value] if isinstance(value, list | tuple) else value


def quoted(value: Any) -> str:
    """Return a value as a model reads it: one line of ASCII JSON, in which no text can end its own quotes or a tag."""
    return json.dumps(encode(value), sort_keys=True, separators=(",", ":")).translate(_ESCAPED)


def decode(of: Any, given: Mapping[str, Any]) -> Any:
    """Return the dataclass that JSON values stand for. A key that is missing has the field's default; others are left.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    return _reader(of)(given)


@cache
def _reader(hint: Any) -> Callable[[Any], Any]:
    """Return what reads a value of a type; what depends on the type alone is worked out once."""
    if NoneType in get_args(hint):
        given = _reader(get_args(hint)[0])
        return lambda value: None if value in (None, "") else given(value)
    if get_origin(hint) is tuple:
        item = _reader(get_args(hint)[0])
        return lambda value: tuple(map(item, value))
    if is_dataclass(hint):
        return vars(hint)["from_body"] if "TAG" in vars(hint) else _reader_of_fields(hint)
    if hint is datetime:
        return datetime.fromisoformat
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint if issubclass(hint, StrEnum) else lambda value: hint[value.upper()]
    return int if hint is int else lambda value: value  # the engine hands integers over as floats


def _reader_of_fields(of: Any) -> Callable[[Mapping[str, Any]], Any]:
    hints = get_type_hints(of)
    readers = {field.name: _reader(hints[field.name]) for field in fields(of)}

    def read(given: Mapping[str, Any]) -> Any:
        return of(**{name: readers[name](given[name]) for name in readers.keys() & given.keys()})

    return read
