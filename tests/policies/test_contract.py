"""What can't be read is refused by every mandatory policy that depends on it."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi_policy.proxy import UNKNOWN_NUMBER_VALUE, UNKNOWN_OBJECT_VALUE, UNKNOWN_STRING_VALUE

from policies.blast_radius.rules import POLICIES
from tests.policies.resource import TYPE, advice, changes, finding, judged

ON_CHANGES = ("deletes", "updates", "exposure-ceiling", "source-shrink")
STRICT: dict[str, dict[str, Any]] = {"protected-names": {"neverDelete": ["@ MX"], "neverChange": ["www"]}}
NOT_A_COUNT = [-1, 1.5, float("nan"), float("inf"), "NaN", "3", True, None, [], {}, UNKNOWN_NUMBER_VALUE]


def refused(policy: str, props: dict[str, Any]) -> bool:
    messages = judged(policy, props, STRICT.get(policy))
    return any("What can't be judged is refused" in message for message in messages)


@pytest.mark.parametrize("whole", [None, 3, "changes", [], {}, True, UNKNOWN_OBJECT_VALUE])
@pytest.mark.parametrize("policy", [*ON_CHANGES, "protected-names"])
def test_changes_that_are_no_object_are_refused(policy: str, whole: Any) -> None:
    assert refused(policy, {"changes": whole})


@pytest.mark.parametrize("value", NOT_A_COUNT)
@pytest.mark.parametrize(
    ("policy", "member"),
    [
        ("deletes", "deletes"),
        ("deletes", "before"),
        ("updates", "updates"),
        ("updates", "ttl_only"),
        ("updates", "before"),
        ("protected-names", "deletes"),
        ("protected-names", "updates"),
    ],
)
def test_a_count_that_is_none_is_refused(policy: str, member: str, value: Any) -> None:
    assert refused(policy, {"changes": changes(**{member: value})})


@pytest.mark.parametrize("member", ["before", "after"])
@pytest.mark.parametrize("value", NOT_A_COUNT)
def test_a_source_without_sizes_is_refused(member: str, value: Any) -> None:
    assert refused("source-shrink", {"changes": changes(source={"before": 1, "after": 1, member: value})})


@pytest.mark.parametrize(
    ("policy", "member"),
    [
        ("deletes", "deletes"),
        ("deletes", "before"),
        ("updates", "updates"),
        ("updates", "ttl_only"),
        ("source-shrink", "source"),
        ("exposure-ceiling", "exposure"),
        ("exposure-ceiling", "reasons"),
        ("protected-names", "reasons"),
    ],
)
def test_a_missing_member_is_refused_by_name(policy: str, member: str) -> None:
    props = changes()
    del props[member]
    [message] = judged(policy, {"changes": props}, STRICT.get(policy))
    assert message.startswith(f"changes.{member} is missing. ")


@pytest.mark.parametrize("value", ["severe", "HIGH", "", None, 4, [], UNKNOWN_STRING_VALUE])
def test_an_exposure_of_no_known_word_is_refused(value: Any) -> None:
    assert refused("exposure-ceiling", {"changes": changes(exposure=value)})


@pytest.mark.parametrize(
    "reasons",
    [
        "critical @ MX delete: why",
        None,
        [3],
        [""],
        ["mail is gone"],
        ["severe @ MX delete: why"],
        ["critical @ MX delete"],
        ["critical @ MX delete: "],
        ["and 3 more", "critical @ MX delete: why"],
        [UNKNOWN_STRING_VALUE],
        UNKNOWN_STRING_VALUE,
    ],
)
@pytest.mark.parametrize("policy", ["exposure-ceiling", "protected-names"])
def test_reasons_of_another_shape_are_refused(policy: str, reasons: Any) -> None:
    assert refused(policy, {"changes": changes(exposure="critical", reasons=reasons)})


def test_an_exposure_below_its_own_reasons_is_refused() -> None:
    assert refused("exposure-ceiling", {"changes": changes(exposure="low", reasons=["critical @ A delete: why"])})


def test_more_changed_ttls_than_updates_are_refused() -> None:
    assert refused("updates", {"changes": changes(updates=1, ttl_only=2)})


@pytest.mark.parametrize("value", [None, "block", {}, {"verdict": "BLOCK"}, {"verdict": 2}, UNKNOWN_OBJECT_VALUE])
def test_advice_that_has_no_verdict_is_refused(value: Any) -> None:
    assert refused("blocking-advice", {"advice": value})


@pytest.mark.parametrize(
    "findings", [None, "x", [3], [finding(level="fatal")], [{}], [finding(message=UNKNOWN_STRING_VALUE)]]
)
def test_findings_of_another_shape_are_reported(findings: Any) -> None:
    messages = judged("advice", {"advice": advice() | {"findings": findings}}, {"levels": ["warning"]})
    assert any("What can't be judged is refused" in message for message in messages)


@pytest.mark.parametrize("accepted", ["@ MX", [3], {}, UNKNOWN_OBJECT_VALUE])
def test_what_is_accepted_by_no_list_of_subjects_is_refused(accepted: Any) -> None:
    one = changes(exposure="critical", reasons=["critical @ MX delete: why"], accepted=accepted)
    messages = judged("exposure-ceiling", {"changes": one}, {"honourOverrides": True})
    assert any("What can't be judged is refused" in message for message in messages)


def test_floats_that_are_whole_are_counts() -> None:
    assert judged("deletes", {"changes": changes(deletes=3.0, before=100.0)}) == []


@pytest.mark.parametrize(
    ("policy", "config"),
    [
        ("deletes", {"maxDelete": 3}),
        ("deletes", {"maxDeletes": "3"}),
        ("deletes", {"maxDeletes": -1}),
        ("deletes", {"maxDeleteShare": 25}),
        ("deletes", {"floor": None}),
        ("exposure-ceiling", {"maxExposure": "severe"}),
        ("exposure-ceiling", {"allow": "www"}),
        ("exposure-ceiling", {"honourOverrides": "yes"}),
        ("exposure-ceiling", {"honour_overrides": True}),
        ("protected-names", {"neverDelete": [3]}),
        ("source-shrink", {"maxSourceShrink": True}),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_and_named(policy: str, config: dict[str, Any]) -> None:
    props = {"changes": changes(deletes=50, exposure="critical", reasons=["critical @ A delete: why"])}
    messages = judged(policy, props, config)
    assert any(next(iter(config)) in message for message in messages)


@pytest.mark.parametrize("policy", [policy.name for policy in POLICIES])
def test_a_type_that_means_something_else_can_be_left_out(policy: str) -> None:
    props, config = {"changes": "yes", "advice": "no"}, STRICT.get(policy, {})
    assert judged(policy, props, config) != []
    assert judged(policy, props, {**config, "ignoreTypes": ["*:ZoneRecords"]}, TYPE) == []
    assert judged(policy, props, {**config, "ignoreTypes": ["aws:*"]}, TYPE) != []
