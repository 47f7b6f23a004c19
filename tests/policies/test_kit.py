"""The kit by itself: what every pack may rely on."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator

import pytest
from pulumi_policy.proxy import UNKNOWN_OBJECT_VALUE, UNKNOWN_STRING_VALUE

from sophia_policy_kit import Property, policy
from tests.policies.resource import judged
from tests.support.workspace import REPO

_COME_WITH_IT = {"google", "grpc", "pulumi"}
"""What the policy SDK needs itself."""
KIT = REPO / "policies" / "kit"


def careless(tags: Property, _: Property) -> Iterator[str]:
    """A rule that goes past the checked readers."""
    if tags.value["team"] != "infra":
        yield "not ours"


def test_an_unknown_value_that_a_careless_rule_meets_is_refused_and_not_just_warned_of() -> None:
    [message] = judged(policy("owned", "A team owns it.", "tags", careless), {"tags": {"team": UNKNOWN_STRING_VALUE}})
    assert message.startswith(
        "string value at .tags.team can't be known during preview. What can't be judged is refused"
    )


def test_what_the_rule_found_before_it_met_what_it_cannot_read_is_reported_as_well() -> None:
    def rule(tags: Property, _: Property) -> Iterator[str]:
        yield "found"
        tags.get("team")

    assert [message[:21] for message in judged(policy("p", "P.", "tags", rule), {"tags": {}})] == [
        "found",
        "tags.team is missing.",
    ]


def test_what_an_apply_by_a_saved_plan_does_in_truth_is_judged_as_well() -> None:
    def rule(changes: Property, _: Property) -> Iterator[str]:
        yield f"{changes.path} {changes.get('deletes').count()}"

    few = policy("few", "Few deletes.", "changes", rule)
    previewed = {"changes": {"deletes": 0}}
    assert judged(few, {**previewed, "resolved": {"changes": {"deletes": 9}}}) == ["changes 0", "resolved.changes 9"]
    assert judged(few, {**previewed, "resolved": UNKNOWN_STRING_VALUE}) == ["changes 0"]
    assert judged(few, {**previewed, "resolved": "of somebody else"}) == ["changes 0"]


def test_a_resource_of_which_nothing_is_known_is_refused() -> None:
    assert judged(policy("owned", "A team owns it.", "tags", careless), {"tags": UNKNOWN_OBJECT_VALUE}) != []


def test_a_setting_without_a_default_stops_the_pack_before_it_judges_anything() -> None:
    with pytest.raises(KeyError, match="default"):
        policy("owned", "A team owns it.", "tags", careless, {"teams": {"type": "array"}})


def test_the_kit_imports_the_policy_sdk_and_itself_only() -> None:
    modules = [ast.parse(path.read_text()) for path in (KIT / "sophia_policy_kit").glob("*.py")]
    nodes = [node for module in modules for node in ast.walk(module)]
    assert len(modules) > 1
    roots = {str(node.module).split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
    roots |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    standard = {"collections", "dataclasses", "difflib", "fnmatch", "math", "os", "re", "sys", "time", "typing"}
    assert roots - standard == {"pulumi_policy", *_COME_WITH_IT, "sophia_policy_kit"}


def test_a_published_pack_installs_what_the_kit_in_its_folder_needs() -> None:
    needs = tomllib.loads((KIT / "pyproject.toml").read_text())["project"]["dependencies"]
    for pack in (REPO / "policies").glob("*/PulumiPolicy.yaml"):
        assert set(needs) <= set((pack.parent / "requirements.txt").read_text().splitlines())
