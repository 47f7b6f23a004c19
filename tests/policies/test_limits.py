from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policies.blast_radius.rules import POLICIES
from sophia_infra.changes import Changes, Limits
from tests.policies.resource import changes, judged, settings

PACK = Path(__file__).resolve().parents[2] / "policies" / "blast_radius"


def test_an_unchanged_zone_violates_nothing() -> None:
    assert [message for policy in POLICIES for message in judged(policy.name, {"changes": changes()})] == []


def test_a_resource_without_the_contract_is_not_judged() -> None:
    assert [message for policy in POLICIES for message in judged(policy.name, {"size": "large"})] == []


@pytest.mark.parametrize(
    ("policy", "member", "setting"), [("deletes", "deletes", "maxDeletes"), ("updates", "updates", "maxUpdates")]
)
def test_an_absolute_cap_lets_its_number_through_and_no_more(policy: str, member: str, setting: str) -> None:
    config = {setting: 3}
    assert judged(policy, {"changes": changes(**{member: 3})}, config) == []
    [message] = judged(policy, {"changes": changes(**{member: 4})}, config)
    assert message.startswith(f"4 {member}; {setting} is 3. ")
    assert "raise" in message
    assert "smaller steps" in message


@pytest.mark.parametrize(
    ("policy", "member", "edge", "shown"),
    [("deletes", "deletes", 25, "26 deletes of 100 (26%)"), ("updates", "updates", 50, "51 updates of 100 (51%)")],
)
def test_a_share_counts_against_what_exists(policy: str, member: str, edge: int, shown: str) -> None:
    assert judged(policy, {"changes": changes(**{member: edge})}) == []
    [message] = judged(policy, {"changes": changes(**{member: edge + 1})})
    assert message.startswith(shown)


@pytest.mark.parametrize(("policy", "member"), [("deletes", "deletes"), ("updates", "updates")])
def test_a_small_zone_can_work_up_to_the_floor(policy: str, member: str) -> None:
    assert judged(policy, {"changes": changes(before=11, **{member: 10})}) == []
    assert len(judged(policy, {"changes": changes(before=11, **{member: 11})})) == 1


def test_a_changed_ttl_alone_is_no_update() -> None:
    assert judged("updates", {"changes": changes(updates=90, ttl_only=60)}) == []
    assert len(judged("updates", {"changes": changes(updates=90, ttl_only=10)})) == 1


def test_a_source_may_lose_its_share_and_no_more() -> None:
    assert judged("source-shrink", {"changes": changes(source={"before": 100, "after": 75})}) == []
    [message] = judged("source-shrink", {"changes": changes(source={"before": 100, "after": 74})})
    assert message.startswith("The source shrank from 100 to 74 (26%); maxSourceShrink is 25%. ")


def test_a_source_that_vanished_is_stopped_and_a_small_one_may_go() -> None:
    assert len(judged("source-shrink", {"changes": changes(source={"before": 100, "after": 0})})) == 1
    assert judged("source-shrink", {"changes": changes(source={"before": 10, "after": 0})}) == []


def test_a_share_may_be_none_at_all_or_everything() -> None:
    assert len(judged("deletes", {"changes": changes(deletes=11)}, {"maxDeleteShare": 0})) == 1
    assert judged("deletes", {"changes": changes(deletes=100)}, {"maxDeleteShare": 1}) == []


def test_the_defaults_are_those_of_the_component() -> None:
    ours = {key: one["default"] for key, one in _settings().items()}
    limits = Limits()
    assert ours["maxDeletes"] == limits.max_deletes
    assert ours["maxDeleteShare"] == limits.max_delete_share
    assert ours["maxUpdates"] == limits.max_updates
    assert ours["maxUpdateShare"] == limits.max_update_share
    assert ours["maxSourceShrink"] == limits.max_source_shrink
    assert ours["floor"] == limits.floor
    assert ours["maxExposure"] == str(limits.max_exposure)
    assert ours["allow"] == list(limits.allow)


@pytest.mark.parametrize(
    "counts",
    [(0, 0), (10, 0), (11, 0), (25, 0), (26, 0), (100, 0), (101, 0), (0, 10), (0, 11), (0, 50), (0, 51), (0, 500)],
)
@pytest.mark.parametrize("before", [0, 10, 100, 1000])
def test_pack_and_component_stop_the_same_counts(counts: tuple[int, int], before: int) -> None:
    deletes, updates = counts
    change = Changes(deletes=deletes, updates=updates, before=before, after=before, source=(before, before))
    pack = [message for policy in POLICIES for message in judged(policy.name, {"changes": change.as_inputs()})]
    assert bool(pack) == bool(Limits().judge(change))


def test_dev_holds_the_defaults_and_prod_is_nowhere_looser() -> None:
    dev, prod = _flat("dev.json"), _flat("prod.json")
    for key, setting in _settings().items():
        if key in dev:
            assert dev[key] == setting["default"], key
        if isinstance(setting["default"], int | float):
            assert prod[key] <= setting["default"], key
    assert prod["maxUpdates"] is not None
    assert prod["neverDelete"]


def test_the_configurations_name_only_what_the_pack_knows() -> None:
    known = {policy.name: {*settings(policy), "enforcementLevel"} for policy in POLICIES}
    for name in ("dev.json", "prod.json"):
        for policy, config in json.loads((PACK / name).read_text()).items():
            assert isinstance(config, str) or config.keys() <= known[policy], (name, policy)


def _settings() -> dict[str, dict[str, Any]]:
    return {key: one for policy in POLICIES for key, one in settings(policy).items()}


def _flat(name: str) -> dict[str, Any]:
    configs = json.loads((PACK / name).read_text()).values()
    return {key: value for config in configs if isinstance(config, dict) for key, value in config.items()}
