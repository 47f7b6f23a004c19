"""An environment in a program, on the real engine: what the state keeps, and what a program finds in it."""

import json
import subprocess
import sys

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
AUTOMATION = """\
import json, pathlib, pulumi
from pulumi import automation
from sophia_infra.esc import Environment

def program():
    env = Environment.open("demo/dev")
    env.config()
    pulumi.export("password", env["db.password"])
    pulumi.export("domain", pulumi.Config().require("domain"))

stack = automation.create_or_select_stack("inline", "demo", program)
for domain in ("shop.example", "other.example"):
    file = pathlib.Path("esc/dev.yaml")
    file.write_text(file.read_text().replace("shop.example", domain))
    found = stack.up().outputs
    print(json.dumps([found["domain"].value, found["password"].secret, found["password"].value]))
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


def test_an_inline_program_of_the_automation_api_opens_it_anew_in_each_run(workspace: Workspace) -> None:
    workspace.write("esc/dev.yaml", ENVIRONMENT)
    words, given = [sys.executable, "-c", AUTOMATION], workspace.environment()
    ran = subprocess.run(words, cwd=workspace.root, env=given, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    assert [json.loads(line) for line in ran.stdout.splitlines()] == [
        ["shop.example", True, "canary-password"],
        ["other.example", True, "canary-password"],
    ]
    assert "canary" not in (workspace.state_directory / ".pulumi" / "stacks" / "demo" / "inline.json").read_text()
