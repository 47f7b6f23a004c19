"""JSON schemas as `fn::validate` takes them: the words of 2020-12 that the reference knows, with its reading of each.

As there, words that it does not know (`allOf`, `format`) and `uniqueItems` hold nobody to anything, lengths of texts
are in octets, and `const: null` says nothing.
"""

import operator
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from urllib.parse import unquote

from sophia_infra.esc.errors import EscError, Place
from sophia_infra.esc.go_text import json_text
from sophia_infra.esc.nodes import joined
from sophia_infra.esc.numbers import Number
from sophia_infra.esc.patterns import matches
from sophia_infra.esc.values import Value

_ONE = {"$ref": "#/$defs/schema"}
_LISTS, _MAPPINGS, _ONES = ("anyOf", "oneOf", "prefixItems"), ("$defs", "properties"), ("items", "additionalProperties")
_COUNTS = ("maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties")
_NUMBERS = ("multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum")
_TEXTS = {"type": "array", "items": {"type": "string"}}
_TAKES: tuple[tuple[tuple[str, ...], Any], ...] = (
    (_ONES, _ONE),
    (_LISTS, {"type": "array", "items": _ONE}),
    (_MAPPINGS, {"type": "object", "additionalProperties": _ONE}),
    ((*_COUNTS, *_NUMBERS), {"type": "number"}),
    (("$ref", "pattern", "title", "description"), {"type": "string"}),
    (("uniqueItems", "deprecated"), {"type": "boolean"}),
    (("enum", "examples"), {"type": "array"}),
    (("type",), {"type": "string", "enum": ["string", "number", "boolean", "array", "object", "null"]}),
    (("required",), _TEXTS),
    (("dependentRequired",), {"type": "object", "additionalProperties": _TEXTS}),
    (("const", "default"), True),
)
_WORDS = {word: schema for words, schema in _TAKES for word in words}
_OF_SCHEMAS = {"anyOf": [{"type": "boolean"}, {"type": "object", "properties": _WORDS}]}
_NOT_TAKEN = ("secret", "rotateOnly")
_ORDER = {
    "minimum": (operator.ge, "at least"),
    "exclusiveMinimum": (operator.gt, "more than"),
    "maximum": (operator.le, "at most"),
    "exclusiveMaximum": (operator.lt, "less than"),
}
_MOST_EXPONENT = 5000
_BITS = 64


def compiled(value: Value, place: Place) -> "Schema":
    """Return the schema that a value says.

    Raises:
        EscError: it is none, or says what can't be held to here.
    """
    Schema({"$ref": "#/$defs/schema", "$defs": {"schema": _OF_SCHEMAS}}).check(value, place)
    schema = Schema(value.plain(number=lambda found: found))
    try:
        schema.look_through(schema.root, set())
    except ValueError as error:
        raise EscError(f"this schema can't be held to: {error}", place, code="esc-schema") from None
    return schema


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema as JSON values."""

    root: Any

    def check(self, value: Value, place: Place) -> None:
        """Raise `EscError` where a value does not fit; no value stands in the message."""
        try:
            problem = next(filter(None, self.problems(value, self.root, "")), "")
        except ValueError:  # which shows the number
            problem = "a number is out of range"
        if problem:
            raise EscError(problem, place, code="esc-schema")

    def look_through(self, wanted: Any, seen: set[int]) -> None:
        """Raise ValueError where a schema, or one within it that is in use, says what can't be held to."""
        if not isinstance(wanted, Mapping) or id(wanted) in seen:
            return
        seen.add(id(wanted))
        for word in wanted:
            if word in _NOT_TAKEN or (word not in _WORDS and word.lower() in map(str.lower, _WORDS)):
                raise ValueError(f"{word} is not supported")
        for word in _COUNTS:
            if word in wanted and not (wanted[word].text.isdecimal() and int(wanted[word].text) < 1 << _BITS):
                raise ValueError(f"{word} must be a whole number of 0 or more")
        for word in _NUMBERS:
            if word in wanted:
                _rounded(wanted[word])
        matches(wanted.get("pattern", ""), "")  # what is no pattern is refused
        if wanted.get("$ref"):
            self.look_through(self._named(wanted["$ref"]), seen)
        for each in _within(wanted):
            self.look_through(each, seen)

    def problems(self, value: Value, wanted: Any, path: str) -> Iterator[str]:
        """Yield what is wrong with a value. That of `false` is empty: the reference says nothing there either."""
        if not isinstance(wanted, Mapping):
            yield from [""] if wanted is False else []
            return
        if reference := wanted.get("$ref"):
            yield from self.problems(value, self._named(reference), path)
        for word in ("anyOf", "oneOf"):
            each = wanted.get(word, [])
            fits = sum(not any(True for _ in self.problems(value, one, path)) for one in each)
            if each and (not fits or (word == "oneOf" and fits > 1)):
                yield _at(path, f"{fits} of {len(each)} schemas fit, and {word} asks for one")
        kind = _kind(value)
        if wanted.get("type", kind) != kind:
            yield _at(path, f"expected {wanted['type']}, got {kind}")
            return
        yield from (_at(path, problem) for problem in _of_one(value, wanted))
        for key, item in value.members():
            yield from self.problems(item, _of_member(key, wanted), joined(path, key))

    def _named(self, reference: str) -> Any:
        name = reference.removeprefix("#/$defs/")
        known = self.root.get("$defs", {})
        if name == reference or "/" in name or (name := unquote(name)) not in known:
            raise ValueError(f"$ref {reference!r} names no schema in $defs, as #/$defs/name does")
        return known[name]


def _within(wanted: Mapping[str, Any]) -> Iterator[Any]:
    """What a schema holds; those in `$defs` count where they are referred to."""
    for word in _LISTS:
        yield from wanted.get(word, [])
    for word in _ONES:
        yield wanted.get(word)
    yield from wanted.get("properties", {}).values()


def _of_member(key: str | int, wanted: Mapping[str, Any]) -> Any:
    """The schema of what a list or a mapping holds, None where nothing is said of it."""
    if isinstance(key, str):
        return wanted.get("properties", {}).get(key, wanted.get("additionalProperties"))
    first = wanted.get("prefixItems", [])
    return first[key] if key < len(first) else wanted.get("items")


def _of_one(value: Value, wanted: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a value, whatever is below it."""
    content = value.content
    for allowed in ([wanted["const"]] if wanted.get("const") is not None else [], wanted.get("enum")):
        if allowed and not any(_equal(value, one) for one in allowed):
            yield f"expected {' or '.join(map(json_text, allowed))}"
    if isinstance(content, list):
        yield from _counted(len(content), wanted, "Items", "items")
    elif isinstance(content, dict):
        yield from _counted(len(content), wanted, "Properties", "keys")
        needed = list(wanted.get("required", []))
        for key, more in wanted.get("dependentRequired", {}).items():
            needed += more if key in content else []
        if missing := sorted(set(needed) - content.keys()):
            yield f"it lacks {', '.join(missing)}"
    else:
        yield from _of_scalar(content, wanted)


def _of_scalar(content: Any, wanted: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(content, Number):
        found = _rounded(content)
        if factor := wanted.get("multipleOf"):
            divisor = _rounded(factor)
            if not divisor or _cut(found / divisor).denominator != 1:
                yield f"expected a multiple of {factor.text}"
        for word, (holds, told) in _ORDER.items():
            if (limit := wanted.get(word)) and not holds(found, _rounded(limit)):
                yield f"expected a number of {told} {limit.text}"
    elif isinstance(content, str):
        if not matches(wanted.get("pattern", ""), content):
            yield f"the text must match {wanted['pattern']!r}"
        yield from _counted(len(content.encode("utf-8", "surrogateescape")), wanted, "Length", "octets")


def _counted(count: int, wanted: Mapping[str, Any], what: str, unit: str) -> Iterator[str]:
    least, most = wanted.get(f"min{what}"), wanted.get(f"max{what}")
    if least and count < int(least.text):
        yield f"expected at least {least.text} {unit}"
    if most and count > int(most.text):
        yield f"expected at most {most.text} {unit}"


def _rounded(number: Number) -> Fraction:
    exponent = re.search(r"[eE]([-+]?\d+)", number.text)
    if exponent and abs(int(exponent[1])) > _MOST_EXPONENT:
        raise ValueError(f"{number.text} is out of range")
    return _cut(Fraction(number.text))


def _cut(value: Fraction) -> Fraction:
    """A number to 64 binary digits, as the reference reckons: with them 0.3 is no multiple of 0.1."""
    if not value:
        return value
    shift = value.numerator.bit_length() - value.denominator.bit_length() - _BITS
    while not abs(value) / Fraction(2) ** shift < 1 << _BITS:
        shift += 1
    return round(value / Fraction(2) ** shift) * Fraction(2) ** shift


def _equal(value: Value, wanted: Any) -> bool:
    content = value.bare.content
    if isinstance(content, dict) and isinstance(wanted, dict):
        return content.keys() == wanted.keys() and all(_equal(content[key], wanted[key]) for key in wanted)
    if isinstance(content, list) and isinstance(wanted, list):
        return len(content) == len(wanted) and all(map(_equal, content, wanted))
    return type(content) is type(wanted) and content == wanted


def _kind(value: Value) -> str:
    kinds = {type(None): "null", bool: "boolean", Number: "number", str: "string", list: "array", dict: "object"}
    return kinds[type(value.content)]


def _at(path: str, problem: str) -> str:
    return f"{path}: {problem}" if path and problem else problem
