"""Which targets are published: hysteresis, ranks and the floor, as pure decisions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sophia_infra.dns.pools.choose import Choice, Standing, choose, standings

GROUPS = (("a", "b", "c", "d"), ("e", "f"))
UP, DOWN = Standing(healthy=True), Standing(healthy=False)


def after(start: Standing, *probes: bool | None, fall: int = 2, rise: int = 2) -> Standing:
    for passed in probes:
        start = start.after(passed, fall, rise)
    return start


@pytest.mark.parametrize(
    ("start", "probes", "healthy"),
    [
        (UP, [False], True),
        (UP, [False, False], False),
        (UP, [False, True, False], True),
        (UP, [False, None, False], False),
        (UP, [None, None, None], True),
        (DOWN, [True], False),
        (DOWN, [True, True], True),
        (DOWN, [True, False, True], False),
        (DOWN, [None, None], False),
    ],
)
def test_only_probes_in_a_row_move_a_target(start: Standing, probes: list[bool | None], healthy: bool) -> None:
    assert after(start, *probes).healthy is healthy


@pytest.mark.parametrize("needed", [1, 2, 5])
def test_fall_and_rise_say_how_many(needed: int) -> None:
    assert after(UP, *[False] * (needed - 1), fall=needed).healthy
    assert not after(UP, *[False] * needed, fall=needed).healthy
    assert not after(DOWN, *[True] * (needed - 1), rise=needed).healthy
    assert after(DOWN, *[True] * needed, rise=needed).healthy


@pytest.mark.parametrize("passed", [True, False])
def test_a_steady_target_keeps_the_same_standing_so_that_nothing_differs_from_run_to_run(passed: bool) -> None:
    steady = Standing(passed)
    assert after(steady, passed, passed, None) == steady


def test_the_first_probe_of_a_new_target_decides_and_what_is_live_had_been_healthy() -> None:
    probes = {"new": False, "live": False, "fresh": True}
    found = standings(["new", "live", "fresh", "unprobed"], {}, {"live"}, probes, 2, 2)
    assert found == {"new": DOWN, "live": Standing(healthy=True, against=1), "fresh": UP, "unprobed": UP}


def test_a_history_stands_above_what_is_live() -> None:
    assert standings(["a"], {"a": DOWN}, {"a"}, {}, 2, 2) == {"a": DOWN}


@pytest.mark.parametrize(
    ("healthy", "floor", "choice"),
    [
        ("abcdef", 0.5, Choice(tuple("abcd"), 1)),
        ("bd", 0.5, Choice(("b", "d"), 1)),
        ("b", 0.5, Choice(("b", "d"), 1, ("d",))),
        ("b", 0.51, Choice(("b", "d", "a"), 1, ("d", "a"))),
        ("b", 0, Choice(("b",), 1)),
        ("b", 1, Choice(("b", "d", "a", "c"), 1, ("d", "a", "c"))),
        ("ef", 0.5, Choice(("e", "f"), 2)),
        ("f", 1, Choice(("f", "e"), 2, ("e",))),
        ("", 0.5, Choice(("d",), 0)),
    ],
)
def test_the_best_group_with_a_healthy_target_is_published_down_to_the_floor(
    healthy: str, floor: float, choice: Choice
) -> None:
    assert choose(GROUPS, set(healthy), {"d"}, floor) == choice


def test_where_nothing_is_healthy_and_nothing_live_the_best_group_is_published() -> None:
    assert choose(GROUPS, set(), set(), 0.5) == Choice(tuple("abcd"), 0)


def test_an_alias_stays_at_its_host_while_that_is_healthy_and_moves_to_one_of_the_best_group() -> None:
    hosts = (("x", "y"), ("z",))
    assert choose(hosts, {"x", "y", "z"}, {"y"}, 0.5, most=1) == Choice(("y",), 1)
    assert choose(hosts, {"x", "y", "z"}, set(), 0.5, most=1) == Choice(("x",), 1)
    assert choose(hosts, {"x", "z"}, {"y"}, 0.5, most=1) == Choice(("x",), 1)
    assert choose(hosts, {"x", "z"}, {"z"}, 0.5, most=1) == Choice(("x",), 1)
    assert choose(hosts, {"z"}, {"y"}, 1, most=1) == Choice(("z",), 2)
    assert choose(hosts, set(), {"y"}, 0.5, most=1) == Choice(("y",), 0)
    assert choose(hosts, set(), set(), 0.5, most=1) == Choice(("x",), 0)


TARGETS = st.sets(st.sampled_from("abcdef"))


@given(TARGETS, TARGETS, st.floats(0, 1))
def test_something_is_always_published_and_healthy_targets_of_its_group_always_are(
    healthy: set[str], live: set[str], floor: float
) -> None:
    choice = choose(GROUPS, healthy, live, floor)
    assert choice.published
    if not choice.rank:
        assert not healthy
        assert set(choice.published) == (live or set("abcd"))
        return
    group = GROUPS[choice.rank - 1]
    assert set(choice.published) <= set(group)
    assert healthy & set(group) <= set(choice.published)
    assert len(choice.published) >= floor * len(group)
    assert set(choice.published) - healthy == set(choice.kept)
    assert not any(healthy & set(better) for better in GROUPS[: choice.rank - 1])
