"""Our evaluator against the reference: the same values, secret marks and JSON, or an error of both.

What the reference said of environments by hand and of drawn ones stands in `answers.json`; where its program is there,
it says so again, and of others that are drawn anew.
"""

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings

from sophia_infra.esc import EscError
from tests.esc.environments import environments
from tests.esc.reference import BY_HAND, FIXTURES, Files, Reference, answer_of, ours, reference, shown

REFUSED_BY_US = {"custom_tag": "esc-syntax"}
"""What the reference takes and we refuse, by name: docs/environments.md has the list."""


@cache
def answers() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FIXTURES / "answers.json").read_text())
    return found


@pytest.fixture
def program() -> Reference:
    found = reference()
    if found is None:
        pytest.skip("the reference evaluator is not built; python -m engine.esc builds it")
    return found


def compare(files: Files, expected: Any) -> None:
    assert shown(files, "root") == expected


@pytest.mark.parametrize("name", BY_HAND)
def test_an_environment_by_hand_comes_to_what_the_reference_says(name: str) -> None:
    expected = answers()["by_hand"][name]
    if name in REFUSED_BY_US:
        assert expected is not None
        with pytest.raises(EscError) as refused:
            ours(BY_HAND[name], "root")
        assert refused.value.code == REFUSED_BY_US[name]
    else:
        compare(BY_HAND[name], expected)


def test_drawn_environments_come_to_what_the_reference_says() -> None:
    drawn = answers()["drawn"]
    assert len(BY_HAND) + len(drawn) >= 300
    assert sum(each["answer"] is not None for each in drawn) > len(drawn) / 2
    for each in drawn:
        compare(each["files"], each["answer"])


def test_the_reference_still_says_what_it_said(program: Reference) -> None:
    assert {name: answer_of(program, files) for name, files in BY_HAND.items()} == answers()["by_hand"]
    drawn = answers()["drawn"]
    assert [answer_of(program, each["files"]) for each in drawn] == [each["answer"] for each in drawn]


@settings(max_examples=100)
@given(environments())
def test_environments_that_are_drawn_anew_come_to_what_the_reference_says(files: Files) -> None:
    found = reference()
    if found is None:
        pytest.skip("the reference evaluator is not built; python -m engine.esc builds it")
    try:
        ours(files, "root")
    except EscError as error:
        if error.code == "esc-unsupported":
            return
    compare(files, answer_of(found, files))


def test_an_error_names_file_line_and_column() -> None:
    for name in [name for name in BY_HAND if answers()["by_hand"][name] is None]:
        with pytest.raises(EscError) as refused:
            ours(BY_HAND[name], "root")
        error = refused.value
        assert error.place, name
        assert error.place.line <= BY_HAND[name][error.place.file].count("\n") + 1, name
        assert str(error).startswith(f"{error.subject}: "), name
