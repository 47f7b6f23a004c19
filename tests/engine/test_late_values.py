"""Values that other resources produce, on the engine: saved plans, lists that turn out empty, names."""

import json
from pathlib import Path

import pytest

from tests.engine.zones import master_file
from tests.support.workspace import Workspace

PROGRAM = """
import json, pathlib
import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult
from sophia_infra import BlastRadius, IntelligentDnsZone, SelfHealingCert

class Source(ResourceProvider):
    def create(self, props): return CreateResult("source", {**props, **props["made"]})
    def update(self, _id, _olds, news): return UpdateResult({**news, **news["made"]})
    def diff(self, _id, olds, news): return DiffResult(changes=any(olds[key] != news[key] for key in ("made", "tag")))

class Made(Resource, module="test", name="Made"):
    ips: pulumi.Output[list]
    host: pulumi.Output[str]
    def __init__(self, given):
        super().__init__(Source(), "made", {"made": given["made"], "tag": given["tag"], "ips": None, "host": None})

BlastRadius(max_replaces=0)
made = Made(json.loads(pathlib.Path("given.json").read_text()))
zone = IntelligentDnsZone("shop", {
    "domain": "shop.example", "name_servers": ["ns1.dns.example.", "ns2.dns.example."],
    "records": [{"name": "@", "type": "A", "values": ["192.0.2.10"]}, {"name": "dev", "type": "A", "values": made.ips},
                {"name": "_key", "type": "TXT", "value": pulumi.Output.secret(made.host)}]})
SelfHealingCert("cert", {"domains": [made.host, "shop.example"]})
"""
FIRST, SECOND = ["192.0.2.40"], ["192.0.2.41", "192.0.2.42"]


def given(workspace: Workspace, ips: list[str], tag: str = "", host: str = "app.shop.example") -> None:
    workspace.write("given.json", json.dumps({"made": {"ips": ips, "host": host}, "tag": tag}))


def saved(workspace: Workspace) -> str:
    return workspace.preview("--save-plan", "plan.json").text


def apply_saved(workspace: Workspace, *, check: bool = True) -> str:
    return workspace.pulumi("up", "--yes", "--plan", "plan.json", check=check).text


def served(workspace: Workspace) -> list[str]:
    return [line.split()[-1] for line in master_file(workspace).read_text().splitlines() if line.startswith("dev ")]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine: Path) -> Workspace:
    """One stack for all of them, each after the other: made by a saved plan, which is the first case."""
    workspace = Workspace(tmp_path_factory.mktemp("late") / "project", engine)
    workspace.program(PROGRAM)
    given(workspace, FIRST)
    assert "pending" in saved(workspace)
    apply_saved(workspace)
    return workspace


def test_a_plan_saved_before_values_are_known_holds_and_says_what_they_came_to(stack: Workspace) -> None:
    given(stack, FIRST)
    stack.up()
    given(stack, SECOND, "moved", "api.shop.example")
    shown = saved(stack)
    assert "zone shop.example: unknown until apply: _key TXT, dev A; else nothing to change of" in shown
    assert "exposure none" not in shown
    apply_saved(stack)
    assert served(stack) == SECOND
    (records,) = stack.resources("ZoneRecords")
    assert records["inputs"]["changes"]["pending"] == ["_key TXT", "dev A"]
    resolved = records["inputs"]["resolved"]["changes"]
    assert (resolved["pending"], resolved["updates"]) == ([], 2)
    (certificate,) = stack.resources("sophia:Certificate")
    assert certificate["outputs"]["domains"] == ["api.shop.example", "shop.example"]
    assert "api.shop.example" not in json.dumps(records), "a secret stays one"
    stack.preview("--expect-no-changes")


def test_values_that_turn_out_to_be_what_they_were_hold_too_and_replace_no_certificate(stack: Workspace) -> None:
    stack.up()
    before = served(stack), [resource["id"] for resource in stack.resources("CertificateKey")]
    given(stack, served(stack), "a tag that changes no value", "api.shop.example")
    assert "replace" not in saved(stack)
    apply_saved(stack)
    assert (served(stack), [resource["id"] for resource in stack.resources("CertificateKey")]) == before


def test_a_zone_that_moves_between_the_saved_plan_and_its_apply_is_refused_as_without_late_values(
    stack: Workspace,
) -> None:
    given(stack, ["192.0.2.77"], "another")
    saved(stack)
    live = master_file(stack)
    before = live.read_text()
    live.write_text(before + "by-hand 60 A 192.0.2.99\n")
    refused = apply_saved(stack, check=False)
    assert "has changed since the preview" in refused
    assert "violates plan" not in refused
    assert live.read_text() == before + "by-hand 60 A 192.0.2.99\n"
    live.write_text(before)


def test_a_list_that_turns_out_empty_is_refused_at_the_apply_and_the_set_stays(stack: Workspace) -> None:
    given(stack, FIRST, "full")
    stack.up()
    given(stack, [], "gone")
    refused = stack.up(check=False)
    assert refused.returncode != 0
    assert "records[1].values: another resource produced an empty list" in refused.text
    assert "nil" not in refused.text
    assert served(stack) == FIRST
    given(stack, FIRST, "back")
    stack.up()
