"""Credentials by reference on the real engine: what is resolved when, and what the state keeps."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sophia_infra.tls import keys
from sophia_infra.tls.spec import KeyType
from tests.engine.certificates import certificate_program
from tests.engine.zones import zone_program
from tests.support import pebble
from tests.support.cloudflare_server import TOKEN, CloudflareServer, serving
from tests.support.pebble import BOUND, KID, MAC
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


@pytest.mark.soak  # read_access and AcmeAccount take references in `make test`: tests/credentials, tests/tls/acme
def test_the_state_holds_neither_the_key_of_an_acme_account_nor_its_binding_and_a_destroy_looks_both_up(
    workspace: Workspace, tmp_path: Path
) -> None:
    pebble.skip_where_lacking()
    key = keys.private_pem(keys.generate(KeyType.ECDSA_P256))
    workspace.write("account.pem", key).chmod(0o600)
    workspace.env["EAB_KEY"] = MAC
    with pebble.running(tmp_path / "pebble", config=BOUND) as ca:
        workspace.config("sophia:resolver", ca.resolver.server)
        referring = {"eab": {"kid": KID, "key": "env:EAB_KEY"}, "account_key": "file:account.pem"}
        certificate_program(
            workspace,
            domains="['shop.example']",
            issuer={**ca.issuer, **referring},
            challenge=ca.challenge,
            revoke_on_destroy=True,
        )
        said = workspace.up().text
        assert ca.issued == 1
        workspace.preview("--expect-no-changes")
        shown = workspace.pulumi("stack", "export", "--show-secrets").stdout
        assert "file:account.pem" in shown
        assert "env:EAB_KEY" in shown
        secret_line = key.splitlines()[1]
        assert secret_line not in shown + said
        assert MAC not in shown + said

        workspace.write("__main__.py", "raise RuntimeError('a destroy does not run the program')\n")
        del workspace.env["EAB_KEY"]
        refused = workspace.destroy(check=False).text
        assert "issuer.eab.key is 'env:EA...', and the environment has no such variable" in refused
        assert "Traceback" not in refused
        workspace.env["EAB_KEY"] = MAC
        workspace.destroy()
        assert workspace.resources() == []
