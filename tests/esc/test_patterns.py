"""Patterns of `fn::validate`: they are read as the reference reads them, and holding a text against one ends."""

import sys

import pytest

from sophia_infra.esc import EscError
from sophia_infra.esc.patterns import matches
from tests.esc.reference import answer_of, ours, reference

FITTING = [
    ("^[a-z][a-z0-9-]{0,62}$", "shop", True),
    ("^([a-z0-9-]+\\.)+[a-z]+$", "mail.shop.example", True),
    ("^([a-z0-9-]+\\.)+[a-z]+$", "mail..example", False),
    ("^(dev|prod)$", "prod\n", False),
    ("(?m)^(dev|prod)$", "prod\n", True),
    ("(?i)^shop$", "SHOP", True),
    ("^\\pL+$", "Zürich", True),
    ("^\\w+$", "Zürich", False),
    ("^[[:alpha:]]+$", "shop", True),
    ("\\Ashop\\z", "shop", True),
    ("^.$", "é", True),
    ("\\s", "\v", False),
    ("(?P<tld>[a-z]+)$", "shop.example", True),
]
ENDLESS = [
    ("^(a+)+$", "a" * 5000 + "!", False),
    ("(x+x+)+y", "x" * 5000, False),
    ("^(a|aa){1,99}$", "a" * 60 + "!", False),
    ("a*a*a*a*a*b", "a" * 3000, False),
    ("^" + "a?" * 40 + "a{40}$", "a" * 40, True),
]
UNREADABLE = ["(?=a)", "a**", "(a", "[z-a]", "a{2000}", "\\8", "(a)\\1"]


@pytest.mark.parametrize(("pattern", "text", "fits"), FITTING + ENDLESS)
def test_a_text_fits_as_the_reference_says(pattern: str, text: str, fits: bool) -> None:
    assert matches(pattern, text) is fits
    if program := reference():
        assert (answer_of(program, validating(pattern, text)) is not None) is fits


@pytest.mark.parametrize("pattern", UNREADABLE)
def test_what_the_reference_reads_no_more_is_refused_at_its_place(pattern: str) -> None:
    files = validating(pattern, "a")
    with pytest.raises(EscError) as refused:
        ours(files, "root")
    assert (refused.value.code, refused.value.subject.rpartition(":")[0]) == ("esc-schema", "root:2")
    if program := reference():
        assert answer_of(program, files) is None


def test_an_octet_that_is_no_text_is_one_character() -> None:
    assert matches("^..$", "\udce2\udc82")


def test_without_its_library_the_way_to_get_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    with pytest.raises(EscError, match=r"google-re2, which is not installed: .*\[esc\]"):
        ours(validating("^only-here$", "a"), "root")


def validating(pattern: str, text: str) -> dict[str, str]:
    """An environment that holds a text against a pattern."""
    return {
        "root": f"values:\n  x: {{fn::validate: {{schema: {{pattern: {quoted(pattern)}}}, value: {quoted(text)}}}}}\n"
    }


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace("\n", "\\n").replace("\v", "\\v") + '"'
