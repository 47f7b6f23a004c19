"""Saved plans of secrets that time, people or the server have overtaken: refused in words, and nothing is changed."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from sophia_infra.cli import main
from tests.support.workspace import Workspace
from tests.tls.test_saved_plan import NAMED

pytestmark = pytest.mark.xdist_group("secrets-engine")
PROGRAM = """
from sophia_infra import RotatingSecret

RotatingSecret("shared", {"kind": "password", "consumers": ["shop"]})
RotatingSecret("app-db", {"kind": "postgres", "server": "env:DB_ADMIN_URL", "group": GROUP, "max_age": "365d"})
"""


@pytest.mark.engine
def test_a_saved_plan_that_is_overtaken_names_the_secret_and_what_is_due(
    workspace: Workspace, server: str, group: str
) -> None:
    plan = str(workspace.root / "plan.json")
    workspace.env["DB_ADMIN_URL"] = server
    workspace.program(PROGRAM.replace("GROUP", repr(group)))

    def save() -> None:
        workspace.preview("--save-plan", plan)

    def refused(who: str, what: str) -> None:
        ran = workspace.up("--plan", plan, check=False)
        assert ran.returncode != 0
        assert f"secret {who}: the saved plan fits no more. Due since it was saved: {what}. Nothing was" in ran.text
        assert "violates plan" not in ran.text

    workspace.up()
    with psycopg.connect(server, autocommit=True) as db:
        db.execute(f"ALTER ROLE {group}_a PASSWORD 'canary-by-hand'")
    save()  # the preview that first sees it
    refused("app-db", "its next value, of generation 2")
    assert "its next value, of generation 2" in NAMED.values()

    save()
    workspace.env["SOPHIA_NOW"] = (datetime.now(UTC) + timedelta(days=31)).isoformat()
    refused("shared", "its next value, of generation 2")

    save()
    workspace.up("--plan", plan)
    workspace.up()  # which publishes them
    save()
    assert main(["secrets", "confirm", "shared", "shop", "--why", "restarted"]) == 0
    refused("shared", "its step suspend")
    assert "its step suspend" in NAMED.values()
