"""Pools on the real engine: what is published as targets go down and come back, and what the preview says."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.dns.pools.servers import Fleet
from tests.engine.zones import RECORDS, master_file, zone_program
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
    workspace.preview("--expect-no-changes")

    fleet.stop("127.0.0.12")
    assert "127.0.0.12 failed 1 of 2 probes: Connection refused" in workspace.preview("--expect-no-changes").text
    workspace.up("--expect-no-changes")
    shown = workspace.preview().text
    assert "pool app A: 127.0.0.12 is left out: Connection refused" in shown
    assert served(workspace) == ["11", "12", "13"], "a preview writes nothing"
    workspace.pulumi("up", "--yes")
    assert served(workspace) == ["11", "13"]
    workspace.preview("--expect-no-changes")

    fleet.start("127.0.0.12")
    assert "127.0.0.12 is left out; it passed 1 of 2 probes" in workspace.up("--expect-no-changes").text
    workspace.up()
    assert served(workspace) == ["11", "12", "13"]
    assert "127.0.0.12" not in workspace.preview("--expect-no-changes").text
