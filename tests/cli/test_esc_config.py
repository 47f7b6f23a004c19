import json
import os
from pathlib import Path

import pytest

from sophia_infra.cli import main
from tests.support.workspace import Workspace

ENVIRONMENT = """\
values:
  s: {fn::secret: canary-token}
  pulumiConfig:
    sophia:autonomy: full
    sophia:cloudflareToken: ${s}
    demo:app: {port: 8080, tokens: [open, "${s}"]}
    demo:key.pem: {fn::secret: "canary\\n"}
"""


@pytest.mark.engine
def test_a_stack_of_any_backend_takes_its_settings_from_the_file(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.program("")
    workspace.init()
    (workspace.root / "esc").mkdir()
    (workspace.root / "esc" / "dev.yaml").write_text(ENVIRONMENT)
    for name, value in workspace.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(workspace.root)
    capsys.readouterr()
    assert main(["esc", "config", "dev", "--stack", workspace.stack, "--json"]) == 0
    file = Path(f"Pulumi.{workspace.stack}.esc.yaml")
    told = json.loads(capsys.readouterr().out)
    assert told == {"version": 1, "name": "dev", "stack": workspace.stack, "file": str(file.absolute())}
    text = file.read_text()
    assert "canary" not in text
    assert text.count("secure:") == 3
    assert list(Path().glob(f".{file.name}*")) == []
    words = ("--json", "--show-secrets", "--stack", workspace.stack, "--config-file", str(file))
    found = json.loads(workspace.pulumi("config", *words).stdout)
    assert found["sophia:autonomy"]["value"] == "full"
    assert found["sophia:cloudflareToken"] == {"value": "canary-token", "secret": True}
    assert json.loads(found["demo:app"]["value"]) == {"port": 8080, "tokens": ["open", "canary-token"]}
    assert found["demo:key.pem"] == {"value": "canary\n", "secret": True}
    salt = next(line for line in Path(f"Pulumi.{workspace.stack}.yaml").read_text().splitlines() if "salt" in line)
    assert salt.partition(": ")[2] in text, "a passphrase that is not the stack's would be taken otherwise"
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "of others")
    file.unlink()
    assert main(["esc", "config", "dev", "--stack", workspace.stack]) == 2
    assert not file.exists()
    assert os.environ["PULUMI_BACKEND_URL"].startswith("file:")


@pytest.mark.parametrize("value", ["{secure: x}", "[{a: {secure: x}}]", "{secure: {fn::secret: canary-x}}"])
def test_what_would_be_ciphertext_to_the_engine_is_refused(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "dev.yaml").write_text(f"values: {{pulumiConfig: {{'demo:a': {value}}}}}\n")
    monkeypatch.chdir(tmp_path)
    assert main(["esc", "config", "dev", "--stack", "test", "--from", "."]) == 1
    assert "the one key secure" in capsys.readouterr().err
    assert [path.name for path in Path().iterdir()] == ["dev.yaml"]


@pytest.mark.parametrize("value", ["{fn::fromBase64: /w==}", "[{fn::secret: x}, {fn::fromBase64: /w==}]"])
def test_octets_that_are_no_text_are_refused_at_their_place(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "dev.yaml").write_text(f"values:\n  pulumiConfig:\n    demo:a: {value}\n")
    monkeypatch.chdir(tmp_path)
    assert main(["esc", "config", "dev", "--stack", "test", "--from", ".", "--json"]) == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], error["message"].startswith("dev.yaml:3:")) == ("esc-unsupported", True)
    assert [path.name for path in Path().iterdir()] == ["dev.yaml"]
