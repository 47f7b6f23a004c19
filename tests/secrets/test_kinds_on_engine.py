"""A stack with a secret of each kind that no database has, published to files and to one environment, on the engine."""

import json
from pathlib import Path
from typing import Any

import dns.tsig
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from sophia_infra.cli import main
from sophia_infra.secrets.spec import SecretSpec
from tests.secrets.test_cloudflare import POLICIES
from tests.secrets.test_tsig import name_server, sign, terms
from tests.secrets.test_webhook import ADAPTER, adapter
from tests.support.cloudflare_server import CloudflareServer, serving
from tests.support.ports import free_port
from tests.support.workspace import Workspace

pytestmark = pytest.mark.xdist_group("secrets-engine")

PROGRAM = """
import pulumi
from sophia_infra import RotatingSecret

for name, args in {secrets!r}.items():
    made = RotatingSecret(name, args)
    pulumi.export(name, {{"now": made.current.password, "accepted": made.accepted, "phase": made.phase}})
"""


def test_secrets_of_every_kind_rotate_to_the_end_and_no_value_shows_but_where_it_is_published(
    workspace: Workspace,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SOPHIA_ESC_PASSPHRASE", "canary-passphrase")
    port, said = free_port(), []
    workspace.write("esc/prod.yaml", "# of production\nvalues:\n  replicas: 3\n")
    key, store = rsa.generate_private_key(65537, 2048), ADAPTER["Store"](tmp_path / "logins.json")
    with serving(CloudflareServer()) as api, adapter(key, store, tmp_path / "key.pem") as url:
        monkeypatch.setenv("TOKEN_OF_TOKENS", api.token)
        secrets = secrets_of_every_kind(tmp_path, port, url, f"{api.endpoint}/accounts/0123")

        def up() -> set[str]:
            said.append(workspace.up().text)
            return {output["phase"] for output in workspace.outputs().values()}

        def held() -> dict[str, str]:
            """What consumers are given by files, which is what the environment has as well."""
            command = ["esc", "get", "demo/prod", "published", "--from", str(workspace.root / "esc"), "--show-secrets"]
            said.append(capsys.readouterr().out)
            assert main(command) == 0
            found: dict[str, str] = json.loads(capsys.readouterr().out)
            files = {name: tmp_path / f"of-{name}" for name in secrets}
            assert {name: file.read_text() for name, file in files.items()} == found
            assert {file.stat().st_mode & 0o777 for file in files.values()} == {0o600}
            return found

        def use(login: str, value: str) -> None:
            """What consumers do that a server sees."""
            sign(port, login, value)
            logins = store.read()
            store.write({name: {**logins[name], "users": ["api"] if name == login else []} for name in logins})

        def confirm() -> None:
            for name, args in secrets.items():
                assert main(["secrets", "confirm", name, *args["consumers"], "--why", "restarted"]) == 0

        workspace.program(PROGRAM.format(secrets=secrets))
        spec = SecretSpec.from_inputs({**secrets["keys"], "name": "keys", "label": "demo/test/keys"})
        with name_server(tmp_path, port, spec):
            assert up() == {"steady"}
            first = held()
            use("app_a", first["keys"])
            for name in secrets:
                assert main(["secrets", "rotate", name, "--why", "a person left"]) == 0
            assert (up(), held()) == ({"staged"}, first)
            said.append(workspace.preview().text)
            assert said[-1].count('"staged" => "adopting"') == 2 * len(secrets)  # of the resource, and of the output
            for name in secrets:
                assert f"sophia: secret {name}: 1 to update, exposure medium; medium {name} secret publish" in said[-1]
            assert up() == {"adopting"}
            second = held()
            assert not set(first.values()) & set(second.values())
            use("app_b", second["keys"])
            confirm()
            assert up() == {"suspended"}
            confirm()
            del secrets["keys"]["key_file"]["log"]  # which would show for ever that somebody has used the key
            workspace.program(PROGRAM.format(secrets=secrets))
            assert up() == {"steady"}
            assert held() == second
            assert api.tokens.values[api.tokens.named("app_b")["id"]] == second["token"]
            assert (len(api.tokens.made), store.check("app_b", second["hook"])) == (1, True)

            store.write({name: {**login, "users": []} for name, login in store.read().items()})
            said += [workspace.destroy().text, json.dumps(workspace.export())]
            with pytest.raises(dns.tsig.PeerBadSignature):
                sign(port, "app_b", second["keys"])
        assert (api.tokens.made, store.check("app_b", second["hook"])) == ({}, False)
        assert list(tmp_path.glob("of-*")) == []
    get = ["esc", "get", "demo/prod", "published", "--from", str(workspace.root / "esc"), "--show-secrets"]
    said += [(workspace.root / "esc" / "prod.yaml").read_text(), capsys.readouterr().out]
    assert main(get) == 0
    assert json.loads(capsys.readouterr().out) == dict.fromkeys(secrets, "")
    said += [file.read_bytes().decode("latin-1") for file in home.rglob("*") if file.is_file()]
    assert [name for values in (first, second) for name, value in values.items() if value in "".join(said)] == []


def secrets_of_every_kind(folder: Path, port: int, url: str, account: str) -> dict[str, dict[str, Any]]:
    """Their arguments, by name."""
    shared: dict[str, Any] = {"kind": "password", "soak": "0s"}
    secrets: dict[str, dict[str, Any]] = {
        "keys": terms(folder, port),
        "hook": {**shared, "kind": "webhook", "server": url, "key": f"file:{folder}/key.pem", "group": "app"},
        "token": {**shared, "kind": "cloudflare", "server": account, "key": "env:TOKEN_OF_TOKENS", "group": "app"},
        "shared": shared,
    }
    secrets["token"]["policies"] = POLICIES
    for name in secrets:
        publish = {"file": str(folder / f"of-{name}"), "esc": f"demo/prod:published.{name}"}
        secrets[name] = {"consumers": ["api"], **secrets[name], "publish": publish}
    return secrets
