"""An environment in a program, on the real engine: what the state keeps, and what a program finds in it."""

import json

import pytest

from sophia_infra.cli import main
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine

ENVIRONMENT = """\
values:
  db:
    password: {fn::secret: canary-password}
    url: postgresql://app:${db.password}@db.example/app
  app: {port: 8080, ratio: 1.10, text: "<ä&>", list: [true, null, "x"], on: yes}
  pulumiConfig:
    domain: shop.example
    token: ${db.password}
    demo:limits: {floor: 3}
"""
PROGRAM = """\
import pulumi
from sophia_infra.esc import Environment

env = Environment.open("demo/dev")
env.config()
config = pulumi.Config()
pulumi.export("db", env["db"])
pulumi.export("app", env["app"])
pulumi.export("floor", config.require_object("limits")["floor"])
pulumi.export("domain", config.require("domain"))
pulumi.export("token", config.require_secret("token"))
pulumi.export("reference", env.reference("db.url"))
"""


def test_secrets_of_an_environment_are_secret_outputs_and_values_are_those_of_the_command(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.write("esc/dev.yaml", ENVIRONMENT)
    workspace.program(PROGRAM)
    said = workspace.up().text
    assert "canary" not in json.dumps(workspace.export()) + said
    hidden = workspace.outputs()
    assert (hidden["db"], hidden["token"]) == ("[secret]", "[secret]")
    assert (hidden["floor"], hidden["domain"]) == (3, "shop.example")
    assert hidden["reference"] == "esc://demo/dev/db.url"
    assert main(["esc", "open", "demo/dev", "--from", str(workspace.root / "esc"), "--show-secrets", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    found = workspace.outputs(show_secrets=True)
    assert {key: found[key] for key in ("app", "db")} == {key: told[key] for key in ("app", "db")}
