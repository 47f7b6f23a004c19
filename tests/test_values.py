"""The one reader of values that people write: each wrong one is refused at its path, by the room's own error."""

from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pytest

from sophia_infra.errors import SophiaError
from sophia_infra.values import ABOVE_ZERO, Value, shown


class _RoomError(SophiaError):
    code = "room"


class _Late(pulumi.Output[Any]):
    def __init__(self) -> None:
        pass


def _read(value: Any) -> Value:
    return Value("room", value, _RoomError)


def test_values_of_their_type_come_back() -> None:
    room = _read({"share": 1, "count": 3.0, "kind": "tcp", "names": ("a", "b")}).members(
        ["share", "count", "kind", "names"]
    )
    assert room.get("share").number(0, 1) == 1.0
    assert repr(room.get("count").whole(0, 9)) == "3"
    assert room.get("kind").word(["tcp", "http"]) == "tcp"
    assert [name.text() for name in room.get("names").items()] == ["a", "b"]
    assert room.get("missing", "usual").text() == "usual"


@pytest.mark.parametrize(
    ("value", "read", "message"),
    [
        (True, lambda given: given.number(0, 1), "room is True; give a number from 0 to 1"),
        (float("nan"), lambda given: given.number(0, 1), "room is nan; give a number from 0 to 1"),
        (float("inf"), lambda given: given.whole(0, float("inf")), "room is inf; give a whole number from 0 to inf"),
        (2.5, lambda given: given.whole(0, 9), "room is 2.5; give a whole number from 0 to 9"),
        (10, lambda given: given.whole(0, 9), "room is 10; give a number from 0 to 9"),
        ("a", lambda given: given.items(), "room is 'a'; give a list"),
        ([], lambda given: given.items(least=1), "room is []; give a list"),
        ("a", lambda given: given.get("b"), "room is 'a'; give a mapping"),
        ("a\nb", lambda given: given.text(), "room is 'a\\nb'; give a text on one line"),
        ("udp", lambda given: given.word(["tcp", "http"]), "room is 'udp'; known are tcp, http"),
        ([], lambda given: given.word(["tcp"]), "room is []; known are tcp"),
        (1, lambda given: given.flag(), "room is 1; give true or false"),
        (" ", lambda given: given.text("give a name", fits=str.strip), "room is ' '; give a name"),
        (0, lambda given: given.number(ABOVE_ZERO, 9, "give seconds above 0"), "room is 0; give seconds above 0"),
    ],
)
def test_another_value_is_refused_at_its_path(value: Any, read: Callable[[Value], Any], message: str) -> None:
    with pytest.raises(_RoomError) as raised:
        read(_read(value))
    assert (str(raised.value), raised.value.field, raised.value.code) == (message, "room", "room")


def test_an_unknown_member_is_refused_with_the_one_that_may_be_meant() -> None:
    with pytest.raises(_RoomError) as raised:
        _read({"flor": 1}).members(["floor", "fall"])
    assert str(raised.value) == "room.flor is no field; known are floor, fall; did you mean floor?"
    assert raised.value.field == "room.flor"


def test_an_element_is_named_by_its_place() -> None:
    with pytest.raises(_RoomError) as raised:
        [item.whole(1, 9) for item in _read({"ports": [1, 0]}).get("ports").items()]
    assert raised.value.field == "room.ports[1]"


def test_a_key_that_is_no_text_is_refused_as_any_other() -> None:
    with pytest.raises(_RoomError) as raised:
        _read({7: 1, "floor": 2}).members(["floor"])
    assert raised.value.field == "room.7"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (lambda: ["a", 1.5, None], "['a', 1.5, None]"),
        (_Late, "a pulumi.Output"),
        (lambda: {"a": [_Late()]}, "{'a': [a pulumi.Output]}"),
        (pulumi.output.Unknown, "not known yet"),
        (lambda: _read(1), "Value(path='room', value=1, error=<class 'tests.test_values._RoomError'>)"),
        (object, "an object (object)"),
        (lambda: len, "an object (builtin_function_or_method)"),
    ],
)
def test_a_value_is_shown_as_it_was_written_and_never_by_its_address(value: Callable[[], Any], said: str) -> None:
    assert shown(value()) == said


def test_what_is_shown_is_bounded() -> None:
    assert len(shown("a" * 10_000)) < 300
    assert len(shown([["a" * 10_000] * 100] * 100)) < 30_000


def test_a_member_that_is_needed_and_not_given_is_named() -> None:
    readers: Mapping[str, Callable[[Value], Any]] = {"name": Value.text, "floor": Value.number}
    assert _read({"name": "a"}).read(readers, needed=["name"]) == {"name": "a"}
    for given in ({"floor": 1}, {"name": None}):
        with pytest.raises(_RoomError) as raised:
            _read(given).read(readers, needed=["name"])
        assert raised.value.field == "room.name"
