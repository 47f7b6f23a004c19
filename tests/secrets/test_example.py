"""The example stack with a login that rotates, and the same component by the package, as other languages get it."""

import json
import subprocess
from pathlib import Path

import psycopg
import pytest

from tests.examples.test_examples import copied, plugin
from tests.support.workspace import Workspace

pytestmark = pytest.mark.xdist_group("secrets-engine")

ENVIRONMENT = "values: {{db: {{admin_url: '{}', group: {}}}}}\n"
REMOTE = """
import pulumi

class Secret(pulumi.ComponentResource):
    def __init__(self, name, args):
        super().__init__("sophia:index:RotatingSecret", name, {**args, "current": None, "phase": None}, remote=True)

db = Secret("app-db", {
    "kind": "postgres", "server": "env:DB_ADMIN_URL", "group": GROUP, "maxAge": "36h", "consumers": ["api"],
})
pulumi.export("url", db.current["url"])
pulumi.export("phase", db.phase)
"""


def test_the_example_gives_its_consumer_a_login_by_an_environment(
    workspace: Workspace, server: str, group: str
) -> None:
    copied(workspace, "rotating-secret")
    workspace.write(f"esc/{workspace.stack}.yaml", ENVIRONMENT.format(server, group))
    workspace.up()
    command = ["./consumer.sh", "--stack", workspace.stack]
    ran = subprocess.run(
        command, cwd=workspace.root, env=workspace.environment(), capture_output=True, text=True, check=False
    )
    assert ran.stdout == f"{group}_a|{group}\n", ran.stderr
    assert server not in json.dumps(workspace.export()), "the state holds the reference"
    workspace.preview("--expect-no-changes")


def test_the_package_gives_every_language_a_login_that_stays_secret(
    workspace: Workspace, server: str, group: str, tmp_path: Path
) -> None:
    project = json.loads((workspace.root / "Pulumi.yaml").read_text())
    providers = [{"name": "sophia", "path": str(plugin(tmp_path))}]
    workspace.write("Pulumi.yaml", json.dumps({**project, "plugins": {"providers": providers}}))
    workspace.env["DB_ADMIN_URL"] = server
    workspace.program(REMOTE.replace("GROUP", repr(group)))
    workspace.up()
    found = workspace.outputs(show_secrets=True)
    assert found["phase"] == "steady"
    with psycopg.connect(found["url"]) as db:
        assert db.execute("SELECT current_user").fetchone() == (group,)
    assert found["url"].rpartition("@")[0] not in json.dumps(workspace.export())
