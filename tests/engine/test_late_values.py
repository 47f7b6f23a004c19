"""Values that other resources produce, on the engine: both tables of docs/late-values.md, lists that turn out empty."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.engine.zones import master_file
from tests.support import pebble
from tests.support.tables import table
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
    def __init__(self, name, made, tag=""):
        super().__init__(Source(), name, {"made": made, "tag": tag, "ips": None, "host": None})

BlastRadius(max_replaces=0)
given = json.loads(pathlib.Path("given.json").read_text())
made, still = Made("made", given["made"], given["tag"]), Made("still", {"host": "still."})
zone = IntelligentDnsZone("shop", {
    "domain": "shop.example", "name_servers": ["ns1.dns.example.", "ns2.dns.example."],
    "records": [{"name": "@", "type": "A", "values": ["192.0.2.10"]}, {"name": "dev", "type": "A", "values": made.ips},
                {"name": "_key", "type": "TXT",
                 "value": pulumi.Output.secret(made.host).apply(lambda host: "key=" + host)},
                {"name": "now", "type": "TXT", "value": still.host.apply(lambda host: host + given["now"])},
                {"name": "_now", "type": "TXT",
                 "value": pulumi.Output.secret(still.host).apply(lambda host: host + given["key"])}]})
SelfHealingCert("cert", {"domains": [made.host, "shop.example"]})
if acme := given["acme"]:
    SelfHealingCert("acme", {"domains": [made.host, "shop.example"], "zone": zone, **acme})
    SelfHealingCert("late", {"domains": ["shop.example"], "zone": made.host.apply(lambda _: "shop.example"), **acme})
"""
FIRST = ["192.0.2.40"]


def given(
    workspace: Workspace, ips: list[str], tag: str = "", host: str = "app.shop.example", now: str = "", **more: Any
) -> None:
    """What `made` is to produce, which a `tag` makes unknown at preview; `now` and `more` are known there."""
    told = {"made": {"ips": ips, "host": host}, "tag": tag, "now": now, "key": "", "acme": {}, **more}
    workspace.write("given.json", json.dumps(told))


def saved(workspace: Workspace) -> str:
    return workspace.preview("--save-plan", "plan.json").text


def apply_saved(workspace: Workspace, *, check: bool = True) -> str:
    return workspace.pulumi("up", "--yes", "--plan", "plan.json", check=check).text


def served(workspace: Workspace, owner: str = "dev") -> list[str]:
    lines = master_file(workspace).read_text().splitlines()
    return [line.split()[-1].strip('"') for line in lines if line.startswith(f"{owner} ")]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine: Path) -> Workspace:
    """One stack for all of them, each after the other: made by a saved plan, which is the first case."""
    workspace = Workspace(tmp_path_factory.mktemp("late") / "project", engine)
    workspace.program(PROGRAM)
    given(workspace, FIRST)
    assert "pending" in saved(workspace)
    apply_saved(workspace)
    return workspace


SETS = {"known": "now", "unknown": "dev", "secret": "_now", "unknown and secret": "_key"}
"""Which set of the stack has an output of that kind."""
COLUMNS = {
    "`preview`": ("preview", "--diff", "--save-plan", "plan.json"),
    "`up --plan`": ("up", "--yes", "--plan", "plan.json"),
    "`up`": ("up", "--yes"),
    "`up --skip-preview`": ("up", "--yes", "--skip-preview"),
}


@dataclass(frozen=True)
class Seen:
    """A run with all four kinds: what the zone's sets were, are and are to be, its inputs, and all that it left."""

    asked: Mapping[str, list[str]]
    before: Mapping[str, list[str]]
    after: Mapping[str, list[str]]
    inputs: Mapping[str, Any]
    text: str
    kept: str

    @property
    def changes(self) -> Any:
        """What it does in truth."""
        resolved = self.inputs.get("resolved")
        return (resolved if isinstance(resolved, dict) else self.inputs)["changes"]

    def is_planned(self, owner: str) -> bool:
        return any(reason.split()[1] == owner for reason in self.changes["reasons"])

    def is_pending(self, owner: str) -> bool:
        named = any(subject.split()[0] == owner for subject in self.changes["pending"])
        return named and not self.is_planned(owner) and self.after[owner] == self.before[owner]

    def is_applied(self, owner: str) -> bool:
        return self.after[owner] == self.asked[owner] != self.before[owner]

    def is_hidden(self, owner: str) -> bool:
        return not any(value in self.kept for value in self.asked[owner])


SAYS: dict[str, Callable[[Seen, str], bool]] = {
    "planned like a plain value": Seen.is_planned,
    "planned; its value is in no text, advice, journal row or message": (
        lambda seen, owner: seen.is_planned(owner) and seen.is_hidden(owner)
    ),
    "the set stands in `changes.pending` and stays as it is live; all else is planned": (
        lambda seen, owner: seen.is_pending(owner) and seen.is_planned("now")
    ),
    "pending by name": lambda seen, owner: seen.is_pending(owner) and seen.is_hidden(owner),
    "applied": Seen.is_applied,
    "holds": Seen.is_applied,
    "planned, judged and applied once known": lambda seen, owner: seen.is_planned(owner) and seen.is_applied(owner),
    "as secret": lambda seen, owner: seen.is_applied(owner) and seen.is_hidden(owner),
}
"""What each wording of the table comes to for the set of an owner name."""


@pytest.fixture(scope="module")
def seen(stack: Workspace) -> dict[str, Seen]:
    """All columns, each a run in which all four kinds change; the plan that the preview saves is applied."""
    return {column: observed(stack, number, column) for number, column in enumerate(COLUMNS)}


def draw(workspace: Workspace, number: int, tag: str) -> dict[str, list[str]]:
    """Let all four kinds have values of this number, and return them by owner name."""
    host, now, key = f"c4nary-{number}.shop.example", f"now-{number}", f"c4nary-{number}"
    ips = [f"192.0.2.{number}1", f"192.0.2.{number}2"]
    given(workspace, ips, tag, host, now, key=key)
    return {"now": [f"still.{now}"], "dev": ips, "_now": [f"still.{key}"], "_key": [f"key={host}"]}


def observed(workspace: Workspace, number: int, column: str) -> Seen:
    number = max(number, 1)  # what was previewed is applied
    asked = draw(workspace, number, f"run {number}")
    before = {owner: served(workspace, owner) for owner in SETS.values()}
    text = workspace.pulumi(*COLUMNS[column]).text
    return Seen(
        asked=asked,
        before=before,
        after={owner: served(workspace, owner) for owner in SETS.values()},
        inputs=planned(workspace) if column == "`preview`" else workspace.resources("ZoneRecords")[0]["inputs"],
        text=text,
        kept=text + json.dumps(workspace.export()) + journaled(workspace),
    )


def planned(workspace: Workspace) -> Any:
    """The zone's inputs in the saved plan."""
    resources = json.loads((workspace.root / "plan.json").read_text())["resourcePlans"]
    (zone,) = (each for urn, each in resources.items() if "ZoneRecords" in urn)
    return zone["state"]


def journaled(workspace: Workspace) -> str:
    """Every byte of the journal."""
    files = sorted((workspace.root / ".sophia").glob("journal*"))
    assert files
    return "".join(path.read_bytes().decode("latin-1") for path in files)


CELLS = table("late-values", "the output")


@pytest.mark.parametrize(("kind", "column"), [(kind, column) for kind in SETS for column in COLUMNS])
def test_the_table_of_the_docs_holds(seen: dict[str, Seen], kind: str, column: str) -> None:
    words = CELLS[kind, column]
    assert SAYS[words](seen[column], SETS[kind]), f"{words}: {seen[column]}"
    assert "secret" not in kind or seen[column].is_hidden(SETS[kind])


def test_the_table_of_the_docs_has_every_kind_and_command() -> None:
    assert set(CELLS) == {(kind, column) for kind in SETS for column in COLUMNS}


def test_a_plan_saved_before_values_are_known_publishes_what_they_came_to(
    seen: dict[str, Seen], stack: Workspace
) -> None:
    assert "zone shop.example: unknown until apply: _key TXT, dev A; else 2 to update of" in seen["`preview`"].text
    applied = seen["`up --plan`"]
    assert applied.inputs["changes"]["pending"] == ["_key TXT", "dev A"]
    assert (applied.changes["pending"], applied.changes["updates"]) == ([], 4)
    (certificate,) = stack.resources("sophia:Certificate")
    assert certificate["outputs"]["domains"] == ["c4nary-3.shop.example", "shop.example"]
    stack.preview("--expect-no-changes")


@pytest.mark.usefixtures("seen")
def test_values_that_turn_out_to_be_what_they_were_hold_too_and_replace_no_certificate(stack: Workspace) -> None:
    before = served(stack), [resource["id"] for resource in stack.resources("CertificateKey")]
    draw(stack, 3, "a tag that changes no value")
    shown = saved(stack)
    assert "zone shop.example: unknown until apply: _key TXT, dev A; else nothing to change of" in shown
    assert "exposure none" not in shown
    assert "replace" not in shown
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


def test_a_saved_plan_holds_for_certificates_by_acme_whose_names_or_zone_come_late(
    stack: Workspace, tmp_path: Path
) -> None:
    pebble.skip_where_lacking()
    with pebble.running(tmp_path / "pebble") as ca:
        stack.config("sophia:resolver", ca.resolver.server)
        by_acme = {"issuer": ca.issuer, "challenge": ca.challenge}
        for host in ("dev.shop.example", "app.shop.example"):
            ca.resolver.host(f"{host}.", "127.0.0.1")
            given(stack, FIRST, host, host, acme=by_acme)
            said = saved(stack)
            assert "certificate of demo/test/acme: waits for domains, answers, not known" in said
            assert "certificate of demo/test/late: waits for zone, not known" in said
            apply_saved(stack)
        stack.preview("--expect-no-changes")
        assert ca.issued == 3, "two for the names that changed, one where the zone alone came late"
