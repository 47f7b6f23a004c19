"""IntelligentDnsZone on the real engine: what is on disk and in state after each run."""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.engine.zones import RECORDS, master_file, without, zone_program
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine


def recorded(workspace: Workspace) -> dict[str, Any]:
    """The zone's outputs in state, less the provider, whose encryption differs from export to export."""
    (records,) = workspace.resources("ZoneRecords")
    return {name: value for name, value in records["outputs"].items() if name != "__provider"}


def test_preview_writes_nothing_and_up_writes_what_it_showed(workspace: Workspace) -> None:
    zone_program(workspace)
    shown = workspace.preview()
    assert re.search(r"creates +: 5\b", shown.text)
    assert not master_file(workspace).exists()

    workspace.up()
    subprocess.run(["named-checkzone", "-q", "shop.example", master_file(workspace)], check=True)
    outputs = workspace.outputs()
    assert outputs["record_set_count"] == 5
    assert outputs["name_servers"] == ["ns1.dns.example.", "ns2.dns.example."]
    assert outputs["zone_text"] == master_file(workspace).read_text().partition("shop.example.\n")[2]
    assert str(outputs["serial"]) in outputs["zone_text"]


def test_a_second_preview_is_empty_and_a_second_up_touches_nothing(standing: Workspace) -> None:
    written = master_file(standing).stat()
    standing.preview("--expect-no-changes")
    standing.up("--expect-no-changes")
    assert master_file(standing).stat().st_ino == written.st_ino


def test_drift_shows_at_a_plain_preview_and_the_next_up_heals_it(standing: Workspace) -> None:
    healthy = master_file(standing).read_text()
    master_file(standing).write_text(healthy.replace("192.0.2.3", "192.0.2.66") + "evil 60 A 192.0.2.66\n")

    shown = standing.preview()
    does = "- evil 60 A 192.0.2.66, - mail 3600 A 192.0.2.66, + mail 3600 A 192.0.2.3"
    assert f"the live zone is not what this stack left there; the apply does {does}\n" in shown.text
    standing.up()
    healed = master_file(standing).read_text()
    assert "192.0.2.66" not in healed
    standing.preview("--expect-no-changes")


def test_a_zone_that_exists_is_adopted_and_what_would_go_is_shown(workspace: Workspace) -> None:
    zone_program(workspace)
    master_file(workspace).parent.mkdir()
    master_file(workspace).write_text(
        "$ORIGIN shop.example.\n$TTL 1h\n@ IN SOA ns1.old. h.old. 2030010101 1 2 3 4\n@ IN NS ns1.dns.example.\n"
        "@ IN A 192.0.2.1\nold IN A 192.0.2.99\nwww IN A 192.0.2.1\n"
    )
    assert "old A delete" in workspace.preview().text
    workspace.up()
    served = master_file(workspace).read_text()
    assert "192.0.2.99" not in served
    assert "ns1.old. h.old. 2030010102 1 2 3 4" in served, "the SOA is kept, and its serial only grows"


def test_a_delete_that_breaks_the_domain_is_refused_before_anything_changes(standing: Workspace) -> None:
    served, state = master_file(standing).read_text(), recorded(standing)

    zone_program(standing, without("@ MX"))
    for command in (standing.preview, standing.up):
        refused = command(check=False)
        assert refused.returncode != 0
        assert "critical @ MX delete: mail for the domain has nowhere to go" in refused.text
        assert "accept '@ MX' in an override" in refused.text
        assert "Traceback" not in refused.text
    assert master_file(standing).read_text() == served
    assert recorded(standing) == state

    accepted = {"names": ["@ MX"], "until": "2026-12-01", "why": "mail moves to the parent domain"}
    zone_program(standing, without("@ MX"), overrides=[accepted])
    standing.up(env={"SOPHIA_NOW": "2026-11-20T12:00:00+00:00"})
    assert " MX " not in master_file(standing).read_text()


def test_the_limits_of_the_stack_hold_and_those_of_the_zone_stand_above_them(standing: Workspace) -> None:
    standing.pulumi("config", "set", "--path", "sophia:limits.max_updates", "0")
    moved = [{**one, "values": ["192.0.2.4"]} if one["name"] == "mail" else one for one in RECORDS]
    zone_program(standing, moved)
    assert "1 record sets updated; max_updates is 0" in standing.up(check=False).text
    assert "192.0.2.3" in master_file(standing).read_text()
    zone_program(standing, moved, limits={"max_updates": 1})
    standing.up()
    assert "192.0.2.4" in master_file(standing).read_text()


def test_a_protected_name_is_never_deleted(workspace: Workspace) -> None:
    zone_program(workspace, [*RECORDS, {"name": "vip", "type": "A", "values": ["192.0.2.7"]}], protect=["vip"])
    workspace.up()
    zone_program(workspace, protect=["vip"])
    assert "critical vip A delete: protected" in workspace.preview(check=False).text


LATE = """
from pulumi.dynamic import CreateResult, Resource, ResourceProvider
class Balancer(ResourceProvider):
    def create(self, props):
        return CreateResult("lb", {"address": "192.0.2.50", "token": "canary-7f3a"})
class LoadBalancer(Resource):
    address: pulumi.Output[str]
    token: pulumi.Output[str]
    def __init__(self, name):
        opts = pulumi.ResourceOptions(additional_secret_outputs=["token"])
        super().__init__(Balancer(), name, {"address": None, "token": None}, opts)
balancer = LoadBalancer("lb")
"""
LATE_RECORDS = f"""{RECORDS!r} + [
    {{"name": "api", "type": "A", "ttl": 300, "values": [balancer.address, "192.0.2.51"]}},
    {{"name": "_token", "type": "TXT", "value": balancer.token}},
]"""


@dataclass(frozen=True, slots=True)
class Late:
    """A stack whose zone has values that come late, and what its preview, its `up` and the preview after that said."""

    workspace: Workspace
    preview: str
    up: str
    settled: str


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory, engine: Path) -> Late:
    """Tests only look at it."""
    workspace = Workspace(tmp_path_factory.mktemp("late") / "project", engine)
    zone_program(workspace, LATE_RECORDS, before=LATE)
    shown, done = workspace.preview().text, workspace.up().text
    return Late(workspace, shown, done, workspace.preview("--expect-no-changes").text)


def test_a_value_that_another_resource_produces_is_pending_at_preview_and_served_after_up(late: Late) -> None:
    workspace, shown = late.workspace, late.preview
    assert re.search(r"creates +: 5\b", shown), "all that is known is planned as usual"
    assert '[0]: "_token TXT"' in shown
    assert '[1]: "api A"' in shown

    served = master_file(workspace).read_text()
    assert "api 300 A 192.0.2.50\napi 300 A 192.0.2.51\n" in served
    assert workspace.outputs()["zone_text"] == "[secret]"


def test_a_secret_value_reaches_the_zone_and_nothing_else(late: Late) -> None:
    workspace = late.workspace
    assert '_token 3600 TXT "canary-7f3a"' in master_file(workspace).read_text()
    assert "canary" not in late.preview + late.up + late.settled
    assert "canary" not in json.dumps(workspace.export())
    for path in (workspace.root / ".sophia").iterdir():
        assert b"canary" not in path.read_bytes()


def test_destroy_moves_the_zone_aside_and_a_new_one_continues_its_serial(standing: Workspace) -> None:
    first = standing.outputs()["serial"]
    standing.destroy()
    assert not master_file(standing).exists()
    assert master_file(standing).with_name("db.shop.example.removed").exists()
    standing.up()
    assert standing.outputs()["serial"] > first


def test_a_refresh_brings_drift_into_the_state_and_up_still_heals_it(standing: Workspace) -> None:
    master_file(standing).write_text(master_file(standing).read_text() + "extra 60 A 192.0.2.66\n")
    standing.refresh()
    (records,) = standing.resources("ZoneRecords")
    assert "extra 60 A 192.0.2.66" in records["outputs"]["text"]
    standing.up()
    assert "extra" not in master_file(standing).read_text()
    standing.preview("--expect-no-changes")


def test_a_zone_that_vanished_is_made_again_by_a_plain_up(standing: Workspace) -> None:
    serial = standing.outputs()["serial"]
    master_file(standing).unlink()
    standing.up()
    assert standing.outputs()["serial"] >= serial
    standing.preview("--expect-no-changes")


def test_a_domain_that_is_renamed_gets_its_own_file_and_the_old_one_stays(standing: Workspace) -> None:
    renamed = [one for one in RECORDS if one["name"] in ("@", "www") and one["type"] != "MX"]
    zone_program(standing, renamed, domain="store.example")
    standing.up()
    assert (standing.root / "zones" / "db.store.example").exists()
    assert master_file(standing).exists()
