"""Pools on the real engine: what is published as targets go down and come back, and what the preview says."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from tests.engine.zones import RECORDS, master_file, zone_program
from tests.probes.servers import Fleet, answering, http_server
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine
PRIMARY, BACKUP = ["127.0.0.11", "127.0.0.12", "127.0.0.13"], ["127.0.0.14"]


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    fleet = Fleet()
    fleet.start(*PRIMARY, *BACKUP)
    yield fleet
    fleet.close()


def pool_program(workspace: Workspace, fleet: Fleet, *, before: str = "", **fields: Any) -> None:
    pool = {"name": "app", "targets": [PRIMARY, BACKUP], "check": {"kind": "tcp", "port": fleet.port}, **fields}
    zone_program(workspace, RECORDS, before=before, pools=[pool])


def served(workspace: Workspace) -> list[str]:
    lines = master_file(workspace).read_text().splitlines()
    return [line.rpartition(" ")[2].removeprefix("127.0.0.") for line in lines if line.startswith("app ")]


def test_a_target_leaves_after_two_lost_probes_and_comes_back_after_two_good_ones(
    workspace: Workspace, fleet: Fleet
) -> None:
    pool_program(workspace, fleet)
    workspace.up()
    assert served(workspace) == ["11", "12", "13"]

    fleet.stop("127.0.0.12")
    assert "127.0.0.12 failed 1 of 2 probes: Connection refused" in workspace.preview("--expect-no-changes").text
    workspace.up("--expect-no-changes")
    shown = workspace.preview().text
    assert "pool app A: 127.0.0.12 is left out: Connection refused" in shown
    assert served(workspace) == ["11", "12", "13"], "a preview writes nothing"
    workspace.pulumi("up", "--yes")
    assert served(workspace) == ["11", "13"]

    fleet.start("127.0.0.12")
    assert "127.0.0.12 is left out; it passed 1 of 2 probes" in workspace.up("--expect-no-changes").text
    workspace.up()
    assert served(workspace) == ["11", "12", "13"]
    assert "127.0.0.12" not in workspace.preview("--expect-no-changes").text


def test_the_next_group_takes_over_and_with_all_down_nothing_changes(workspace: Workspace, fleet: Fleet) -> None:
    pool_program(workspace, fleet, fall=1, rise=1)
    workspace.up()
    fleet.stop(*PRIMARY)
    assert "pool app A: group 2 of 2 is published: no better one is healthy" in workspace.up().text
    assert served(workspace) == ["14"]
    fleet.stop(*BACKUP)
    shown = workspace.preview("--expect-no-changes").text
    assert "pool app A: no target is healthy, so nothing changes: 127.0.0.14" in shown
    workspace.up("--expect-no-changes")
    assert served(workspace) == ["14"]


def test_probing_can_be_switched_off_for_a_run(workspace: Workspace, fleet: Fleet) -> None:
    pool_program(workspace, fleet, fall=1)
    workspace.up()
    fleet.stop("127.0.0.12")
    workspace.config("sophia:probe", "off")
    assert "sophia:probe is off" in workspace.preview("--expect-no-changes").text
    workspace.config("sophia:probe", "on")
    workspace.up()
    assert served(workspace) == ["11", "13"]
    workspace.config("sophia:probe", "maybe")
    refused = workspace.preview(check=False)
    assert "sophia:probe is 'maybe'; give on or off" in refused.text
    assert "Traceback" not in refused.text


def test_hysteresis_outlives_a_refresh(workspace: Workspace, fleet: Fleet) -> None:
    pool_program(workspace, fleet)
    workspace.up()
    fleet.stop("127.0.0.12")
    workspace.up("--refresh")
    assert served(workspace) == ["11", "12", "13"]
    workspace.up("--refresh")
    assert served(workspace) == ["11", "13"]


def test_one_up_probes_once_so_that_what_was_previewed_is_applied(workspace: Workspace) -> None:
    asked: list[str] = []

    def fail_later(request: BaseHTTPRequestHandler) -> None:
        asked.append(request.path)
        answering(200 if len(asked) == 1 else 503)(request)

    with http_server(fail_later) as port:
        pool = {"name": "app", "targets": [["127.0.0.1"]], "check": {"kind": "http", "port": port, "path": "/health"}}
        zone_program(workspace, RECORDS, pools=[pool])
        workspace.pulumi("up", "--yes")
        assert asked == ["/health"]
        assert served(workspace) == ["1"]
        workspace.pulumi("up", "--yes")
        assert len(asked) == 2, "another run asks anew"


def test_a_saved_plan_still_fits_while_the_targets_answer_as_they_did(workspace: Workspace, fleet: Fleet) -> None:
    pool_program(workspace, fleet)
    plan = str(workspace.root / "plan.json")
    workspace.up()
    fleet.stop("127.0.0.13")
    workspace.up()
    workspace.preview("--save-plan", plan)
    workspace.up("--plan", plan)
    assert served(workspace) == ["11", "12"]


@pytest.mark.soak  # tests/dns/pools has each refusal without the engine
def test_a_pool_that_can_not_be_read_is_refused_by_name(workspace: Workspace) -> None:
    zone_program(workspace, RECORDS, pools=[{"name": "app", "targets": [["192.0.2.1"]], "check": {"kind": "icmp"}}])
    refused = workspace.preview(check=False)
    assert "pools[0].check.kind is 'icmp'; known are tcp, http, https, dns" in refused.text


MACHINES = """\
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

class Machines(ResourceProvider):
    def create(self, props):
        return CreateResult("machine", {"address": "127.0.0.12", "spare": "127.0.0.14"})

class Machine(Resource):
    address: pulumi.Output[str]
    spare: pulumi.Output[str]

    def __init__(self):
        super().__init__(Machines(), "machine", {"address": None, "spare": None})

machine = Machine()
"""


def late_program(workspace: Workspace, port: int, target: str) -> None:
    """A pool with a target that another resource produces."""
    check = {"kind": "tcp", "port": port}
    pool = f'{{"name": "app", "targets": [["127.0.0.11", {target}], [machine.spare]], "check": {check!r}}}'
    zone_program(workspace, before=MACHINES)
    path = workspace.root / "__main__.py"
    path.write_text(path.read_text().replace('"records":', f'"pools": [{pool}], "records":'))


def test_targets_that_another_resource_produces_are_pending_at_preview_and_probed_once_known(
    workspace: Workspace, fleet: Fleet
) -> None:
    late_program(workspace, fleet.port, "machine.address")
    shown = workspace.preview().text
    assert "unknown until apply: " in shown
    assert "app A" in shown
    workspace.pulumi("up", "--yes")
    assert served(workspace) == ["11", "12"]
    workspace.preview("--expect-no-changes")

    late_program(workspace, fleet.port, "pulumi.Output.secret(machine.address)")
    refused = workspace.preview(check=False)
    assert "a target of pool 'app' is secret, but would be published" in refused.text
