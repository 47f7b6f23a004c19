"""Saved plans that time overtakes, on the engine: what people read instead of `violates plan`.

`test_certificate.py` has the renewal that became due, and tests/secrets what becomes due of secrets.
"""

import re

import pytest

from sophia_infra.advice.approval import user
from tests.engine.test_zone_approval import MENDED, MISTAKEN, approve_newest
from tests.engine.test_zone_staging import NEW, OLD, at
from tests.engine.zones import master_file, zone_program
from tests.support.workspace import Workspace
from tests.tls.test_saved_plan import NAMED

pytestmark = pytest.mark.engine
MAIL = {"names": ["@ MX"], "until": "2026-11-28", "why": "the target is mended"}


def program(workspace: Workspace, address: str) -> None:
    others = [one for one in MISTAKEN if (one["name"], one["type"]) != ("@", "A")]
    records = [{"name": "@", "type": "A", "values": [address], "ttl": 86_400}, *others]
    zone_program(workspace, records, staged=["@ A"], overrides=[MAIL])


def test_a_step_that_came_due_and_an_override_and_an_approval_that_ended_are_named(workspace: Workspace) -> None:
    plan = str(workspace.root / "plan.json")
    at(workspace)
    program(workspace, OLD)
    workspace.up()
    program(workspace, NEW)
    workspace.up()
    workspace.preview()
    approve_newest(workspace)
    at(workspace, hours=2)
    workspace.preview("--save-plan", plan)
    before = master_file(workspace).read_text()

    at(workspace, days=8)
    refused = workspace.up("--plan", plan, check=False)
    assert refused.returncode != 0
    assert (
        "zone shop.example: the saved plan fits no more. Due since it was saved: @ A: step 3 of 4, switches at "
        "a TTL of 300 s. Over since it was saved: @ A: step 2 of 4, waits until 2026-11-24 12:01 UTC for the TTL of "
        f"86400 s to pass; the override that accepts @ MX; the approval of the edit of @ MX ({user()}). Nothing was "
        "changed; look at a new plan and save it: pulumi preview --save-plan FILE"
    ) in refused.text
    of_zones = [named for what, named in NAMED.items() if "](" in what and not re.search("renewal|secrets", what)]
    assert all(named in refused.text for named in of_zones)
    assert "violates plan" not in refused.text
    assert master_file(workspace).read_text() == before

    at(workspace, hours=3)
    workspace.up("--plan", plan)
    assert MENDED in master_file(workspace).read_text()
