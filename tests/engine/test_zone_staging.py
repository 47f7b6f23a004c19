"""Staged switches on the real engine: each step on a later `up`, and where it stands in every preview."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.engine.zones import RECORDS, master_file, zone_program
from tests.support.workspace import Workspace, kill_all, wait_until

pytestmark = pytest.mark.engine
START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OLD, NEW = "192.0.2.1", "192.0.2.2"


def program(workspace: Workspace, address: str, **arguments: Any) -> None:
    apex = {"name": "@", "type": "A", "values": [address], "ttl": 86_400}
    zone_program(workspace, [apex, *(one for one in RECORDS if one["type"] != "A" or one["name"] != "@")], **arguments)


def at(workspace: Workspace, **later: float) -> None:
    workspace.env["SOPHIA_NOW"] = (START + timedelta(**later)).isoformat()


def apex(workspace: Workspace) -> str:
    return next(
        line for line in master_file(workspace).read_text().splitlines() if line.startswith("@ ") and " A " in line
    )


@pytest.mark.soak  # tests/dns/staging/test_switches.py advises it without the engine
def test_a_risky_switch_at_a_long_ttl_is_advised_to_be_staged(workspace: Workspace) -> None:
    program(workspace, OLD)
    assert "staged-switch" not in workspace.up().text
    program(workspace, NEW)
    shown = workspace.preview().text
    assert "warning staged-switch @ A: Resolvers may hold the old values for 1 d" in shown
    assert 'Stage it with staged=["@ A"]' in shown
    program(workspace, NEW, staged=["@ A"])
    assert "staged-switch" not in workspace.preview().text


def test_a_switch_is_carried_out_over_later_runs_and_a_preview_with_nothing_due_is_empty(workspace: Workspace) -> None:
    at(workspace)
    program(workspace, OLD)
    workspace.up()

    program(workspace, NEW, staged=["@ A"])
    assert "@ A: step 1 of 4, lowers the TTL from 86400 to 300 s" in workspace.preview().text
    assert apex(workspace) == f"@ 86400 A {OLD}", "a preview writes nothing"
    workspace.pulumi("up", "--yes")
    assert apex(workspace) == f"@ 300 A {OLD}"

    at(workspace, hours=2)
    waits = "@ A: step 2 of 4, waits until 2026-11-24 12:01 UTC for the TTL of 86400 s to pass"
    workspace.up("--expect-no-changes")
    at(workspace, hours=23)
    assert waits in workspace.preview("--expect-no-changes").text

    at(workspace, hours=24, minutes=1)
    assert "@ A: step 3 of 4, switches at a TTL of 300 s" in workspace.up().text
    assert apex(workspace) == f"@ 300 A {NEW}"
    assert "step 4 of 4, restores the TTL after 2026-11-24 13:02 UTC" in workspace.preview("--expect-no-changes").text

    at(workspace, hours=25, minutes=2)
    workspace.up()
    assert apex(workspace) == f"@ 86400 A {NEW}"
    assert "step" not in workspace.preview("--expect-no-changes").text


def test_a_wait_survives_a_refresh_and_a_lost_journal(workspace: Workspace) -> None:
    at(workspace)
    program(workspace, OLD, staged=["@ A"])
    workspace.up()
    program(workspace, NEW, staged=["@ A"])
    workspace.up()
    at(workspace, hours=1)
    workspace.up("--expect-no-changes")
    workspace.refresh()
    (workspace.root / ".sophia").rename(workspace.root / ".sophia-lost")
    assert "waits until 2026-11-24 12:01 UTC" in workspace.preview("--expect-no-changes").text
    at(workspace, hours=24, minutes=1)
    workspace.up()
    assert apex(workspace) == f"@ 300 A {NEW}"


def cut_off(workspace: Workspace, served: str) -> None:
    """An `up` that is killed as soon as the zone serves what it is to write."""
    run = workspace.start("up", "--yes", "--skip-preview")
    wait_until(lambda: apex(workspace) == served, f"{served} in the zone")
    kill_all(run)
    workspace.cancel()


def test_what_runs_published_that_were_killed_in_a_row_is_waited_for(workspace: Workspace) -> None:
    def ask(address: str, ttl: int) -> None:
        zone_program(workspace, [{"name": "@", "type": "A", "values": [address], "ttl": ttl}], staged=["@ A"])

    at(workspace)
    ask(OLD, 60)
    workspace.up()
    ask(OLD, 86_400)
    cut_off(workspace, f"@ 86400 A {OLD}")
    ask(OLD, 60)
    cut_off(workspace, f"@ 60 A {OLD}")
    ask(NEW, 60)
    assert "@ A: step 2 of 4, waits until" in workspace.up().text
    assert apex(workspace) == f"@ 60 A {OLD}"
    at(workspace, hours=26)
    workspace.up()
    assert apex(workspace) == f"@ 60 A {NEW}"


MACHINE = """\
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

class Machines(ResourceProvider):
    def create(self, props):
        return CreateResult(props["address"], props)

class Machine(Resource):
    address: pulumi.Output[str]

    def __init__(self, address):
        super().__init__(Machines(), address, {"address": address})

machines = [Machine(address) for address in (%s)]
"""


def late_program(
    workspace: Workspace, *machines: str, www: str = '{"value": machines[-1].address, "type": "A"}'
) -> None:
    """The zone with `www`, which leads to the last of some machines that the stack makes."""
    others = [one for one in RECORDS if one["name"] != "www"]
    records = f"[*{others!r}, {{'name': 'www', 'ttl': 86400, **{www}}}]"
    zone_program(workspace, records, before=MACHINE % "".join(f"{one!r}, " for one in machines), staged=["www"])


def www(workspace: Workspace) -> str:
    return next(line for line in master_file(workspace).read_text().splitlines() if line.startswith("www "))


@pytest.mark.soak  # with all else at once in `make test`: test_zone_together.py
def test_a_value_that_comes_late_is_switched_in_steps(workspace: Workspace) -> None:
    at(workspace)
    late_program(workspace, OLD)
    workspace.up()
    late_program(workspace, OLD, NEW)
    plan = str(workspace.root / "plan.json")
    shown = workspace.preview("--save-plan", plan).text
    assert "www A: step 1 of 4, lowers the TTL from 86400 to 300 s; keep what it leads to until the switch" in shown
    workspace.up("--plan", plan)
    assert www(workspace) == f"www 300 A {OLD}"
    at(workspace, hours=2)
    workspace.preview("--expect-no-changes")
    workspace.refresh()
    workspace.up("--expect-no-changes")
    at(workspace, hours=25)
    workspace.pulumi("up", "--yes")
    assert www(workspace) == f"www 300 A {NEW}"
    at(workspace, hours=27)
    workspace.up()
    assert www(workspace) == f"www 86400 A {NEW}"
    late_program(workspace, NEW)
    workspace.up()
    workspace.preview("--expect-no-changes")


@pytest.mark.soak  # with all else at once in `make test`: test_zone_together.py
def test_a_change_of_type_is_swapped_in_one_apply_after_its_wait(workspace: Workspace) -> None:
    at(workspace)
    late_program(workspace, OLD, www='{"type": "CNAME", "value": "shop.example."}')
    workspace.up()
    late_program(workspace, OLD)
    workspace.pulumi("up", "--yes")
    assert www(workspace) == "www 300 CNAME shop.example."
    workspace.preview("--expect-no-changes")
    at(workspace, hours=25)
    workspace.up("--refresh")
    assert www(workspace) == f"www 300 A {OLD}"
    at(workspace, hours=27)
    workspace.up()
    assert www(workspace) == f"www 86400 A {OLD}"
    workspace.preview("--expect-no-changes")
