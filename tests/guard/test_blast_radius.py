"""The guard under Pulumi's mocks, as a user's own unit tests run it; what it stops is shown on the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.settings import set_root_resource

from sophia_infra import BlastRadius
from sophia_infra.errors import SophiaError
from sophia_infra.guard import GuardError

# The SDK publishes its decorator without types.
mocked: Callable[[Callable[[], Any]], Callable[[], None]] = pulumi.runtime.test


class Echo(Mocks):
    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        return f"{args.name}-id", args.inputs

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return {}, None


@pytest.fixture(autouse=True)
def program() -> None:
    """A fresh stack, as at the start of a program."""
    set_root_resource(None)  # type: ignore[arg-type]
    set_mocks(Echo(), project="demo", stack="test")


@mocked
def test_a_guarded_program_runs_under_mocks() -> pulumi.Output[None]:
    BlastRadius(max_deletes=3, protect=["db*"])
    item = pulumi.CustomResource("pkg:index:Item", "db", {"size": 3})

    def check(id_: str) -> None:
        assert id_ == "db-id"

    return item.id.apply(check)


@mocked
def test_a_second_guard_is_an_error() -> None:
    BlastRadius()
    with pytest.raises(GuardError) as refused:
        BlastRadius(max_deletes=50)
    assert refused.value.code == "second-guard"


@mocked
def test_each_run_of_a_program_may_have_its_guard() -> None:
    BlastRadius()
    set_mocks(Echo())
    BlastRadius()


@mocked
def test_without_a_stack_the_guard_leaves_a_unit_test_alone() -> None:
    set_root_resource(None)  # type: ignore[arg-type]
    BlastRadius()


@pytest.mark.parametrize("protect", ["db*", [""], [3], [None]])
def test_protect_must_be_a_list_of_globs(protect: Any) -> None:
    with pytest.raises(GuardError) as refused:
        BlastRadius(protect=protect)
    assert refused.value.field == "protect"
    assert "use a list of globs" in str(refused.value)


class Late(pulumi.Output[Any]):
    """An output that nothing is ever asked of: refusing it needs no running program."""

    def __init__(self) -> None:
        pass


@pytest.mark.parametrize(
    ("argument", "given", "told"),
    [
        ("max_deletes", Late, "max_deletes is a pulumi.Output; use a number from 0, or None for no limit"),
        ("max_deletes", lambda: "5", "max_deletes is '5'; use a number from 0, or None for no limit"),
        (
            "max_creates",
            object,
            "max_creates is an object (object); use a number from 0, or None for no limit",
        ),
        (
            "max_exposure",
            Late,
            "max_exposure is a pulumi.Output; use one of none, low, medium, high, critical",
        ),
        ("protect", Late, "protect is a pulumi.Output; use a list of globs such as ['*Database*']"),
        (
            "protect",
            lambda: ["db*", Late()],
            "protect is ['db*', a pulumi.Output]; use a list of globs such as ['*Database",
        ),
        ("protect", lambda: 5, "protect is 5; use a list of globs such as ['*Database*']"),
    ],
)
def test_what_is_no_plain_value_is_named_by_field_with_what_is_accepted(
    argument: str, given: Callable[[], Any], told: str
) -> None:
    with pytest.raises(GuardError) as refused:
        BlastRadius(**{argument: given()})
    assert str(refused.value).startswith(f"BlastRadius: {told}")
    assert refused.value.field == argument


@pytest.mark.parametrize("name", ["max_creates", "max_updates", "max_replaces", "max_deletes"])
def test_each_limit_reaches_the_guard_under_its_own_name(name: str) -> None:
    limit: dict[str, Any] = {name: -1}
    with pytest.raises(GuardError) as refused:
        BlastRadius(**limit)
    assert refused.value.field == name


def test_limits_go_by_name_only() -> None:
    with pytest.raises(
        GuardError, match="BlastRadius: 5 is given without a name; write it as max_deletes=5; known are"
    ):
        BlastRadius(5)  # type: ignore[arg-type]  # on purpose


def test_errors_belong_to_the_library_and_are_printed_without_a_traceback() -> None:
    assert issubclass(GuardError, SophiaError)
    assert issubclass(GuardError, pulumi.RunError)


@mocked
def test_a_limit_that_is_none_is_refused_with_those_that_are() -> None:
    with pytest.raises(GuardError) as refused:
        BlastRadius(max_delete=5)  # type: ignore[arg-type]  # on purpose
    assert refused.value.field == "max_delete"
    known = "max_creates, max_updates, max_replaces, max_deletes, max_exposure, protect"
    assert str(refused.value) == f"BlastRadius: max_delete is no limit; known are {known}; did you mean max_deletes?"
