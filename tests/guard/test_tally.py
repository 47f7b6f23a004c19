from __future__ import annotations

from collections.abc import Callable

import pytest

from sophia_infra.guard.tally import OVERRIDE, Caps, GuardError, Tally

NONE = Caps(None, None, None, None)


def urn(name: str, type_: str = "aws:rds/instance:Instance", parent: str = "") -> str:
    return f"urn:pulumi:prod::shop::{parent}{type_}::{name}"


def times(call: Callable[[str], object], count: int) -> None:
    for number in range(count):
        call(urn(f"r{number}"))


@pytest.mark.parametrize("operation", ["create", "update", "delete"])
def test_a_limit_lets_its_number_through_and_refuses_each_one_beyond(operation: str) -> None:
    tally = Tally(Caps(3, 3, 3, 3))
    call = getattr(tally, operation)
    times(call, 3)
    for beyond in ("r3", "r4"):
        with pytest.raises(GuardError) as refused:
            call(urn(beyond))
        assert (refused.value.field, refused.value.limit) == (f"max_{operation}s", 3)


def test_the_first_refusal_names_the_resources_the_limit_and_the_way_out() -> None:
    tally = Tally(Caps(max_deletes=1))
    tally.delete(urn("orders", parent="shop:index:Backend$"))
    with pytest.raises(GuardError) as refused:
        tally.delete(urn("a::b", "random:index/randomPet:RandomPet"))
    assert str(refused.value) == (
        "max_deletes is 1, and this run would delete at least 2: orders (aws:rds/instance:Instance), "
        "a::b (random:index/randomPet:RandomPet). If it is meant, raise max_deletes in BlastRadius, or for this "
        "run only set SOPHIA_BLAST_RADIUS=max_deletes=<number>"
    )


def test_later_refusals_are_short() -> None:
    tally = Tally(Caps(max_updates=1))
    tally.update(urn("a"))
    with pytest.raises(GuardError):
        tally.update(urn("b"))
    with pytest.raises(GuardError) as later:
        tally.update(urn("c"))
    assert str(later.value) == "max_updates is 1, and this would be update number 3 of the run"


def test_ten_resources_are_listed_whole() -> None:
    tally = Tally(Caps(max_deletes=9))
    times(tally.delete, 9)
    with pytest.raises(GuardError, match=r"r8 \(aws:rds/instance:Instance\), last \(aws:rds/instance:Instance\)\."):
        tally.delete(urn("last"))


def test_a_long_list_of_resources_is_cut_and_says_so() -> None:
    tally = Tally(Caps(max_deletes=14))
    times(tally.delete, 14)
    with pytest.raises(GuardError, match=r"r9 \(aws:rds/instance:Instance\) and 5 more\."):
        tally.delete(urn("last"))


def test_zero_refuses_the_first_and_none_refuses_nothing() -> None:
    with pytest.raises(GuardError) as refused:
        Tally(Caps(max_updates=0)).update(urn("a"))
    assert (refused.value.field, refused.value.value, refused.value.limit) == ("max_updates", 1, 0)
    free = Tally(NONE)
    times(free.create, 500)
    times(free.update, 500)
    times(free.delete, 500)


def test_a_replacement_that_creates_first_is_no_delete() -> None:
    tally = Tally(Caps(None, None, 2, 0))
    for name in ("a", "b"):
        tally.create(urn(name))
        tally.delete(urn(name))
    tally.create(urn("c"))
    with pytest.raises(GuardError) as refused:
        tally.delete(urn("c"))
    assert (refused.value.field, refused.value.value, refused.value.limit) == ("max_replaces", 3, 2)


def test_a_replacement_that_deletes_first_is_no_delete() -> None:
    tally = Tally(Caps(None, None, 1, 0))
    tally.delete(urn("a"), replacing=True)
    tally.create(urn("a"))
    with pytest.raises(GuardError) as refused:
        tally.delete(urn("b"), replacing=True)
    assert (refused.value.field, refused.value.value, refused.value.limit) == ("max_replaces", 2, 1)


def test_a_replacement_makes_a_new_object_and_counts_as_a_create() -> None:
    tally = Tally(Caps(max_creates=0))
    with pytest.raises(GuardError) as refused:
        tally.create(urn("a"))
    assert (refused.value.field, refused.value.value, refused.value.limit) == ("max_creates", 1, 0)


@pytest.mark.parametrize("pattern", ["orders", "ord*", "aws:rds/*", "*Instance", "urn:pulumi:prod::*", "*::orders"])
@pytest.mark.parametrize("replacing", [False, True])
def test_a_protected_resource_is_neither_deleted_nor_replaced(pattern: str, replacing: bool) -> None:
    tally = Tally(NONE, (pattern,))
    tally.create(urn("orders"))
    tally.update(urn("orders"))
    with pytest.raises(GuardError) as refused:
        tally.delete(urn("orders"), replacing=replacing)
    assert refused.value.field == "protect"
    assert "would be replaced" in str(refused.value)
    with pytest.raises(GuardError) as refused:
        Tally(NONE, ("no", pattern)).delete(urn("orders"))
    assert "would be deleted" in str(refused.value)
    assert repr(pattern) in str(refused.value)


def test_protection_means_the_whole_name_and_its_case() -> None:
    for pattern in ("order", "Orders", "rders", "RDS"):
        Tally(NONE, (pattern,)).delete(urn("orders"))


@pytest.mark.parametrize("value", [-1, 1.0, "5", True])
@pytest.mark.parametrize("name", ["max_creates", "max_updates", "max_replaces", "max_deletes"])
def test_a_limit_that_is_no_count_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(GuardError) as refused:
        Caps(**{name: value})  # type: ignore[arg-type]
    assert refused.value.field == name
    assert str(refused.value) == f"BlastRadius: {name} is {value!r}; use a number from 0, or None for no limit"


@pytest.mark.parametrize(
    ("text", "caps"),
    [
        ("", Caps()),
        ("max_deletes=20", Caps(max_deletes=20)),
        ("max_deletes=none max_creates=0", Caps(max_deletes=None, max_creates=0)),
        (" max_deletes=7,max_updates=8 ", Caps(max_deletes=7, max_updates=8)),
    ],
)
def test_the_environment_changes_the_limits_that_it_names(text: str, caps: Caps) -> None:
    assert Caps().overridden({OVERRIDE: text}) == caps


@pytest.mark.parametrize(
    "text", ["max_delete=3", "max_deletes", "max_deletes=", "max_deletes=-1", "max_deletes=3.5", "20", "protect=x"]
)
def test_an_environment_that_makes_no_sense_is_refused_and_lists_the_limits(text: str) -> None:
    with pytest.raises(GuardError) as refused:
        Caps().overridden({OVERRIDE: text})
    assert refused.value.field == OVERRIDE
    assert str(refused.value).endswith(
        "the limits are max_creates, max_updates, max_replaces, max_deletes, max_exposure"
    )


def test_limits_read_as_they_are_written_in_the_environment() -> None:
    caps = Caps(max_creates=4, max_deletes=None)
    assert Caps().overridden({OVERRIDE: str(caps)}) == caps
