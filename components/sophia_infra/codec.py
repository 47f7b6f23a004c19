"""Dataclasses as JSON values and back, by their fields: what stands in inputs, in states and in the journal."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum, StrEnum
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints


def encode(value: Any) -> Any:
    """Return a value as JSON values: a dataclass as an object, a time in ISO 8601, an enum as its word."""
    if isinstance(value, Enum):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    return [encode(item) for item in value] if isinstance(value, list | tuple) else value


def decode(of: Any, given: Mapping[str, Any]) -> Any:
    """Return the dataclass that JSON values stand for. A key that is missing has the field's default; others are left.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    hints = _hints(of)
    needed = [field.name for field in fields(of) if field.name in given or _has_no_default(field)]
    return of(**{name: _decode(hints[name], given[name]) for name in needed})


_hints = cache(get_type_hints)


def _has_no_default(field: Any) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _decode(hint: Any, value: Any) -> Any:
    if NoneType in get_args(hint):
        return None if value in (None, "") else _decode(get_args(hint)[0], value)
    if get_origin(hint) is tuple:
        return tuple(_decode(get_args(hint)[0], item) for item in value)
    if is_dataclass(hint):
        return decode(hint, value)
    if hint is int:
        return int(value)  # the engine hands integers over as floats
    if hint is datetime:
        return datetime.fromisoformat(value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value) if issubclass(hint, StrEnum) else hint[value.upper()]
    return value
