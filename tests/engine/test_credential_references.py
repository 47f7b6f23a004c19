"""Credentials by reference on the real engine: what is resolved when, and what the state keeps."""

import json
from collections.abc import Iterator

import pytest

from tests.engine.zones import zone_program
from tests.support.cloudflare_server import TOKEN, CloudflareServer, serving
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine

REFERENCE = "esc://demo/prod/sophia.cloudflare_token"
ROTATED = TOKEN.replace("9d41", "9d42")


@pytest.fixture
def server() -> Iterator[CloudflareServer]:
    with serving(CloudflareServer()) as running:
        yield running


def _environment(workspace: Workspace, token: str) -> None:
    workspace.write("esc/prod.yaml", f"values: {{sophia: {{cloudflare_token: {{fn::secret: {token}}}}}}}\n")


def test_a_destroy_that_does_not_run_the_program_takes_the_credential_of_today(
    workspace: Workspace, server: CloudflareServer
) -> None:
    workspace.env["XDG_STATE_HOME"] = str(workspace.root / ".state-home")
    workspace.write("journal", "audit\n").chmod(0o600)
    workspace.config("sophia:journal", "file:journal")
    _environment(workspace, TOKEN)
    workspace.config("sophia:cloudflareToken", TOKEN, secret=True)
    zone_program(workspace, backend={"kind": "cloudflare", "endpoint": server.endpoint})
    said = workspace.up().text

    workspace.config("sophia:cloudflareToken", REFERENCE)
    said += workspace.up("--expect-no-changes").text
    assert server.count("POST") == 1, "a stack that switches from a value to a reference changes no record"
    (provider,) = workspace.resources("pulumi:providers:pulumi-python")
    assert provider["inputs"]["sophia:cloudflareToken"] == REFERENCE

    server.token = ROTATED
    _environment(workspace, ROTATED)
    workspace.write("__main__.py", "raise RuntimeError('neither runs the program')\n")
    said += workspace.refresh().text + workspace.destroy().text
    assert not server.objects
    said += json.dumps(workspace.export())
    assert TOKEN not in said
    assert ROTATED not in said
    journal = (workspace.root / "audit" / "journal.db").read_bytes()
    assert TOKEN.encode() not in journal
    assert ROTATED.encode() not in journal
