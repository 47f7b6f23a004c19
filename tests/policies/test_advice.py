from __future__ import annotations

import pytest
from pulumi_policy import EnforcementLevel

from policies.blast_radius.rules import POLICIES
from tests.policies.resource import advice, finding, judged


@pytest.mark.parametrize("verdict", ["approve", "caution"])
def test_advice_that_does_not_block_passes(verdict: str) -> None:
    assert judged("blocking-advice", {"advice": advice(verdict=verdict)}) == []


LEVELS = ["analysis", "suggest", "limited", "full"]


@pytest.mark.parametrize("level", [*LEVELS, None])
@pytest.mark.parametrize("ceiling", LEVELS)
def test_a_level_above_the_ceiling_is_refused_and_none_counts_as_suggest(ceiling: str, level: str | None) -> None:
    told = advice() | ({"autonomy": level} if level else {})
    messages = judged("autonomy-ceiling", {"advice": told}, {"maxAutonomy": ceiling})
    above = LEVELS.index(level or "suggest") > LEVELS.index(ceiling)
    assert [message.partition(". ")[0] for message in messages] == [
        f"The level of autonomy is {level or 'suggest'}; maxAutonomy is {ceiling}"
    ] * above


def test_a_level_passes_by_default_and_one_that_is_none_is_refused() -> None:
    assert judged("autonomy-ceiling", {"advice": advice() | {"autonomy": "full"}}) == []
    [message] = judged("autonomy-ceiling", {"advice": advice() | {"autonomy": "godlike"}})
    assert message.startswith("advice.autonomy is 'godlike'; it must be one of analysis, suggest, limited, full. ")


def test_a_block_stands_and_says_who_why_and_the_way_out() -> None:
    [message] = judged("blocking-advice", {"advice": advice(verdict="block")})
    assert message.startswith("rules says block: mail hangs on one host. ")
    assert "advisory" in message


def test_findings_of_the_chosen_levels_are_shown_each_once_and_none_unless_asked_for() -> None:
    findings = [finding(), finding(level="error", fix=""), finding(level="info")]
    assert judged("advice", {"advice": advice(*findings)}) == [], "Diagnostics has told them"
    assert judged("advice", {"advice": advice(*findings)}, {"levels": ["error", "warning"]}) == [
        "warning MX001 @ MX: one exchanger only Fix: add one",
        "error MX001 @ MX: one exchanger only",
    ]


def test_the_levels_that_are_shown_can_be_chosen() -> None:
    props = {"advice": advice(finding(), finding(level="info"))}
    assert len(judged("advice", props, {"levels": ["info"]})) == 1


def test_only_what_is_shown_is_advisory() -> None:
    levels = {policy.name: policy.enforcement_level for policy in POLICIES}
    assert levels.pop("advice") == EnforcementLevel.ADVISORY
    assert set(levels.values()) == {EnforcementLevel.MANDATORY}


def test_text_from_outside_stays_on_its_line_without_control_characters() -> None:
    hostile = finding(message="fine\x1b[2K\n- [mandatory] all is well", subject="a" * 1000)
    [message] = judged("advice", {"advice": advice(hostile)}, {"levels": ["warning"]})
    assert message.isprintable()
    assert len(message) < 700


@pytest.mark.parametrize(("old", "told"), [({}, "error x @ MX: "), ({"old": True}, "error x (as before) @ MX: ")])
def test_what_is_older_than_the_change_is_shown_as_such(old: dict[str, bool], told: str) -> None:
    found = {"code": "x", "level": "error", "subject": "@ MX", "message": "an alias", "fix": ""} | old
    [message] = judged("advice", {"advice": advice(found)}, {"levels": ["error"]})
    assert message.startswith(told)
