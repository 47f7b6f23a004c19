"""What Pulumi Cloud answers: values with their marks and places, and what it says of errors."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sophia_infra.esc.errors import EscError, Place
from sophia_infra.esc.nodes import joined
from sophia_infra.esc.numbers import DECODER
from sophia_infra.esc.values import Value


def read(body: bytes) -> Mapping[str, Any] | None:
    """Return a JSON object with its numbers as they are written, None where it is none."""
    try:
        found = DECODER.decode(body.decode())
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def values(answer: Mapping[str, Any], name: str) -> Value:
    """Return the values of an environment that was opened.

    Raises:
        EscError: one is left unknown, or it is no environment.
    """
    with _readable(name):
        return _value({"value": dict(answer.get("properties", {}).items())}, name, "values")


def warnings(said: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return what is odd about an environment, a line each; a diagnostic without a severity is an error.

    Raises:
        EscError: the first of the errors.
    """
    with _readable(name):
        found = [(each, _place(each, name), str(each.get("summary"))) for each in said.get("diagnostics") or ()]
        for each, place, summary in found:
            if each.get("severity") != "warning":
                raise EscError(summary, place, code="esc-refused")
        return tuple(f"{place}: {summary}" for _, place, summary in found)


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except (AttributeError, TypeError, ValueError, RecursionError):
        raise EscError(f"{name}: the service answers what is no environment", code="esc-cloud", field=name) from None


def _value(found: Mapping[str, Any], name: str, path: str) -> Value:
    """A value as the reference writes it: `{"value": ..., "secret": true, "unknown": true, "trace": {"def": ...}}`."""
    place = _place(found.get("trace") or {}, name, "def", path)
    if found.get("unknown"):
        raise EscError("Pulumi Cloud leaves it unknown", place, code="esc-refused")
    content = found.get("value")
    if isinstance(content, dict):
        content = {key: _value(item, name, joined(path, key)) for key, item in content.items()}
    elif isinstance(content, list):
        content = [_value(item, name, joined(path, at)) for at, item in enumerate(content)]
    return Value(content, bool(found.get("secret")), place)


def _place(said: Mapping[str, Any], name: str, key: str = "range", path: str = "") -> Place:
    there = said.get(key) or {}
    begin = there.get("begin") or {}
    line, column = (int(begin[of].text) if of in begin else 1 for of in ("line", "column"))
    return Place(there.get("environment") or name, line, column, path)
