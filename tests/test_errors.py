"""The tree of expected failures, and what each carries beside its message."""

import importlib
import pkgutil
import re

import sophia_infra
from sophia_infra import errors
from sophia_infra.errors import SophiaError


def subclasses(root: type[SophiaError]) -> list[type[SophiaError]]:
    return [each for child in root.__subclasses__() for each in (child, *subclasses(child))]


def raised() -> list[type[SophiaError]]:
    """Return every failure that the package defines."""
    for module in pkgutil.walk_packages(sophia_infra.__path__, "sophia_infra."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return [each for each in subclasses(SophiaError) if each.__module__.startswith("sophia_infra.")]


def test_the_drawn_tree_holds_every_failure() -> None:
    drawn = set(re.findall(r"── ([\w.]+)", errors.__doc__ or ""))
    public = {each for each in raised() if not each.__name__.startswith("_")}
    missing = [
        f"{each.__module__}.{each.__qualname__}"
        for each in public
        if not any(
            name.endswith(f".{each.__name__}") and each.__module__.startswith(f"sophia_infra.{name.rpartition('.')[0]}")
            for name in drawn
        )
    ]
    assert missing == []
    assert len(drawn) == len(public)


def test_every_failure_has_a_code_of_its_own() -> None:
    plain = [each.__qualname__ for each in raised() if "code" not in vars(each)]
    assert plain == []


def test_a_failure_says_which_field_and_which_numbers_it_is_about() -> None:
    error = SophiaError("limits.max_deletes is 5, and 9 go", field="limits.max_deletes", value=9, limit=5)
    assert (str(error), error.code, error.field, error.value, error.limit) == (
        "limits.max_deletes is 5, and 9 go",
        "error",
        "limits.max_deletes",
        9,
        5,
    )


def test_one_raise_may_have_a_narrower_code_than_its_class() -> None:
    assert SophiaError("gone", code="no-zone").code == "no-zone"
