"""Dataclasses as JSON values and back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import Any, ClassVar

import pytest

from sophia_infra.codec import decode, encode


class _Size(IntEnum):
    SMALL = 0
    LARGE = 1

    def __str__(self) -> str:
        return self.name.lower()


class _Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Whole:
    size: _Size
    colour: _Colour
    count: int
    parts: tuple[_Part, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


WHOLE = _Whole(_Size.LARGE, _Colour.RED, 3, (_Part("a", datetime(2026, 11, 23, tzinfo=UTC)), _Part("b")), {"x": (1,)})


def test_what_is_written_is_json_and_is_read_back() -> None:
    written = encode(WHOLE)
    assert written == {
        "size": "large",
        "colour": "red",
        "count": 3,
        "parts": [{"name": "a", "until": "2026-11-23T00:00:00+00:00"}, {"name": "b", "until": None}],
        "facts": {"x": [1]},
    }
    read = decode(_Whole, json.loads(json.dumps(written)))
    assert encode(read) == written
    assert read.parts == WHOLE.parts


def test_a_key_that_came_later_has_its_default_and_one_that_is_unknown_is_left() -> None:
    read = decode(_Whole, {"size": "small", "colour": "red", "count": 3.0, "newer": 1, "parts": [{"name": "a"}]})
    assert read == _Whole(_Size.SMALL, _Colour.RED, 3, (_Part("a"),))
    assert repr(read.count) == "3"


@pytest.mark.parametrize("given", [{}, {"size": "huge", "colour": "red", "count": 1}, {"size": "small", "colour": 3}])
def test_what_is_none_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        decode(_Whole, given)


@dataclass(frozen=True)
class _Step:
    TAG: ClassVar = "op"
    op: ClassVar[str]

    @staticmethod
    def from_body(body: Mapping[str, Any]) -> "_Step":
        found: _Step = decode({"wait": _Wait}[body["op"]], body)
        return found


@dataclass(frozen=True)
class _Wait(_Step):
    op = "wait"
    seconds: int


@dataclass(frozen=True)
class _Steps:
    steps: tuple[_Step, ...]


def test_one_of_several_classes_is_told_by_its_tag() -> None:
    written = encode(_Steps((_Wait(3),)))
    assert written == {"steps": [{"op": "wait", "seconds": 3}]}
    assert list(written["steps"][0]) == ["op", "seconds"]
    assert decode(_Steps, written) == _Steps((_Wait(3),))
