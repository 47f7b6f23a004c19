"""Patterns of `fn::validate`: whatever they are, holding a text against one ends."""

import subprocess
from typing import Any

import pytest

from sophia_infra.esc import EscError, patterns
from sophia_infra.esc.patterns import matches
from tests.esc.reference import ours

ENDLESS = [
    ("^(a+)+$", "a" * 40 + "!"),
    ("(x+x+)+y", "x" * 60),
    ("^(a|a)*$", "a" * 40 + "!"),
    ("^(a|aa){1,99}$", "a" * 60 + "!"),
    ("a*a*a*a*a*b", "a" * 3000),
    ("^" + "(?:a|a)" * 40 + "$", "a" * 39 + "!"),
    ("^" + "a?" * 40 + "a{40}$", "a" * 39 + "!"),
]


@pytest.mark.parametrize(("pattern", "text"), ENDLESS)
def test_one_with_too_many_choices_ends_with_an_error_at_the_value(
    monkeypatch: pytest.MonkeyPatch, pattern: str, text: str
) -> None:
    monkeypatch.setattr(patterns, "SECONDS", 0.3)
    schema = f"{{pattern: '{pattern}'}}"
    with pytest.raises(EscError) as refused:
        ours({"root": f"values:\n  x: {{fn::validate: {{schema: {schema}, value: {text}}}}}\n"}, "root")
    assert (refused.value.code, refused.value.subject.rpartition(":")[0]) == ("esc-unsupported", "root:2")
    assert refused.value.field == 'values.x["fn::validate"].value'


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("^([a-z0-9-]+\\.)+[a-z]+$", "mail.shop.example", True),
        ("^([a-z0-9-]+\\.)+[a-z]+$", "mail..example", False),
        ("(é|\\d)+$", "1é", True),
        ("^(a|[^a])+$", "\udc80\n", True),
        ("^(dev|prod)$", "prod\n", False),
    ],
)
def test_one_that_a_process_of_its_own_matches_has_the_same_answer(pattern: str, text: str, fits: bool) -> None:
    assert matches(pattern, text) is fits
    assert bool(patterns.compiled_pattern(pattern).search(text)) is fits


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("^[a-z][a-z0-9-]{0,62}$", "shop"),
        ("^\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}$", "192.0.2.255"),
        ("^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{12}$", "0" * 36),
        ("^https?://", "https://shop.example/"),
        ("^(?:dev|prod|test)$", "test"),
        ("canary", "x" * 100_000),
    ],
)
def test_the_usual_ones_need_no_process(pattern: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(subprocess, "run", none)
    matches(pattern, text)
