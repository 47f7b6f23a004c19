"""The apply of a saved plan publishes what its preview did, and what it does in truth beside it."""

from pathlib import Path
from typing import Any

import pytest

from sophia_infra.advised import BeyondLimitsError, FixedResource, Plan, check, saved_plan
from sophia_infra.changes import RESOLVED, BaseMovedError, Changes
from sophia_infra.engine_run import UNKNOWN
from sophia_infra.journal import Journal

WAITS = Changes(before=3, after=3, pending=("dev A",), base="b" * 64)
KNOWN = Changes(updates=1, before=3, after=3, base="b" * 64)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path)


@pytest.fixture
def seed(monkeypatch: pytest.MonkeyPatch) -> Any:
    def is_now(value: str) -> None:
        monkeypatch.setattr(saved_plan, "plan_seed", lambda: value)

    monkeypatch.setenv("SOPHIA_RUN", "")  # preview and apply of a saved plan are two runs
    return is_now


def checked(changes: Changes, journal: Journal, **plan: Any) -> dict[str, Any]:
    return check(FixedResource(Plan(changes, str(changes.updates), late=True, **plan)), journal)


def test_the_apply_publishes_what_the_preview_did_and_the_truth_beside_it(journal: Journal, seed: Any) -> None:
    seed("one")
    shown = checked(WAITS, journal)
    assert shown[RESOLVED] == UNKNOWN
    applied = checked(KNOWN, journal)
    assert (applied["changes"], applied["advice"]) == (shown["changes"], shown["advice"])
    assert Changes.of_resource(applied) == KNOWN


@pytest.mark.parametrize("other", ["", "two"])
def test_without_that_plan_the_truth_stands_alone(journal: Journal, seed: Any, other: str) -> None:
    seed("one")
    checked(WAITS, journal)
    seed(other)
    applied = checked(KNOWN, journal)
    assert Changes.from_inputs(applied["changes"]) == KNOWN
    assert RESOLVED not in applied


def test_a_base_that_moved_since_the_plan_was_saved_is_refused(journal: Journal, seed: Any) -> None:
    seed("one")
    checked(WAITS, journal)
    moved = Changes(updates=1, before=3, after=3, base="c" * 64)
    with pytest.raises(BaseMovedError):
        checked(moved, journal)
    assert Changes.of_resource(checked(moved, journal, base_follows=True)) == moved


def test_what_a_late_value_comes_to_is_held_against_the_limits(journal: Journal, seed: Any) -> None:
    seed("one")
    checked(WAITS, journal)
    with pytest.raises(BeyondLimitsError):
        checked(Changes(deletes=200, before=300, base="b" * 64), journal)
