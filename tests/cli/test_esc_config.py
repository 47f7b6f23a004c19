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
"""


@pytest.mark.engine
def test_a_stack_of_any_backend_takes_its_settings_from_the_file(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.program("")
    workspace.init()
    (workspace.root / "esc").mkdir()
    (workspace.root / "esc" / "dev.yaml").write_text(ENVIRONMENT)
    for name, value in workspace.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(workspace.root)
    assert main(["esc", "config", "dev", "--stack", workspace.stack]) == 0
    file = Path(f"Pulumi.{workspace.stack}.esc.yaml")
    text = file.read_text()
    assert "canary" not in text
    assert text.count("secure:") == 2
    assert [path.name for path in Path().glob(".*draft*")] == []
    words = ("--json", "--show-secrets", "--stack", workspace.stack, "--config-file", str(file))
    found = json.loads(workspace.pulumi("config", *words).stdout)
    assert found["sophia:autonomy"]["value"] == "full"
    assert found["sophia:cloudflareToken"] == {"value": "canary-token", "secret": True}
    assert json.loads(found["demo:app"]["value"]) == {"port": 8080, "tokens": ["open", "canary-token"]}
    assert os.environ["PULUMI_BACKEND_URL"].startswith("file:")
