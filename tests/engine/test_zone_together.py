"""What a zone can be asked for at once, on the real engine: each preview after an `up` is empty."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.engine.zones import master_file, zone_program
from tests.probes.servers import Fleet
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine
START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SHARED = (
    "$ORIGIN shop.example.\n$TTL 1h\n@ IN SOA ns1.dns.example. h.dns.example. 2030010101 1 2 3 4\n"
    "@ IN NS ns1.dns.example.\n@ IN NS ns2.dns.example.\nmail IN A 192.0.2.3\n"
)
MACHINES = """
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

class Machines(ResourceProvider):
    def create(self, props):
        return CreateResult(props["address"], props)

class Machine(Resource):
    address: pulumi.Output[str]

    def __init__(self, address):
        super().__init__(Machines(), f"m{address}", {"address": address})

machines = [Machine(address) for address in ADDRESSES]
"""
RECORDS = """[
    {"name": "web", "type": "A", "value": machines[-1].address, "ttl": 86400},
    {"name": "api", "type": "A", "value": machines[-1].address, "ttl": 60},
    {"name": "token", "type": "TXT", "value": pulumi.Output.secret(TOKEN)},
    WWW,
]"""
BEFORE = '{"name": "www", "type": "A", "values": ["192.0.2.7"], "ttl": 86400}'
AFTER = '{"name": "www", "type": "CNAME", "value": "shop.cdn.example.", "ttl": 86400}'


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    fleet = Fleet()
    fleet.start("127.0.0.11")
    yield fleet
    fleet.close()


def ask(workspace: Workspace, fleet: Fleet, www: str, *machines: str, text: str) -> None:
    pool = {"name": "app", "targets": [["127.0.0.11"]], "check": {"kind": "tcp", "port": fleet.port}}
    zone_program(
        workspace,
        RECORDS.replace("WWW", www).replace("TOKEN", repr(text)),
        before=f"ADDRESSES = {machines!r}\n{MACHINES}",
        manage=["created"],
        staged=["www", "web"],
        pools=[pool],
        protect=["mail"],
        overrides=[{"names": ["api", "www", "web"], "until": "2026-12-24", "why": "they move"}],
    )


def at(workspace: Workspace, **later: float) -> None:
    workspace.env["SOPHIA_NOW"] = (START + timedelta(**later)).isoformat()


def served(workspace: Workspace) -> list[str]:
    lines = master_file(workspace).read_text().splitlines()
    return [line for line in lines if line.split(" ")[0] in ("www", "web", "api", "token", "app")]


def test_all_at_once_settles_after_every_run(workspace: Workspace, fleet: Fleet) -> None:
    at(workspace)
    master_file(workspace).parent.mkdir()
    master_file(workspace).write_text(SHARED)
    ask(workspace, fleet, BEFORE, "192.0.2.1", text="c4nary-1")
    workspace.pulumi("up", "--yes")
    workspace.preview("--expect-no-changes")

    ask(workspace, fleet, AFTER, "192.0.2.1", "192.0.2.2", text="c4nary-2")
    plan = str(workspace.root / "plan.json")
    workspace.preview("--save-plan", plan)
    workspace.up("--plan", plan)
    assert served(workspace) == [
        "api 60 A 192.0.2.2",
        "app 60 A 127.0.0.11",
        'token 3600 TXT "c4nary-2"',
        "web 300 A 192.0.2.1",
        "www 300 A 192.0.2.7",
    ]
    workspace.up("--refresh", "--expect-no-changes")

    at(workspace, hours=25)
    (zone,) = (one["urn"] for one in workspace.resources("ZoneRecords"))
    workspace.up("--target", zone)
    assert served(workspace)[3:] == ["web 300 A 192.0.2.2", "www 300 CNAME shop.cdn.example."]
    master_file(workspace).write_text(master_file(workspace).read_text().replace("192.0.2.3", "192.0.2.33"))
    workspace.refresh()
    workspace.preview("--expect-no-changes")

    at(workspace, hours=27)
    workspace.up()
    assert served(workspace)[3:] == ["web 86400 A 192.0.2.2", "www 86400 CNAME shop.cdn.example."]
    workspace.preview("--expect-no-changes")
    assert "c4nary" not in json.dumps(workspace.export())
    workspace.destroy()
    assert served(workspace) == []
    assert "192.0.2.33" in master_file(workspace).read_text()
