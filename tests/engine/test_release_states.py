"""States of releases on the real engine: imported, then previewed by today's code with nothing to do."""

import json
from pathlib import Path

import pytest

from tests.support.recorded import put_back
from tests.support.workspace import REPO, Workspace

pytestmark = pytest.mark.engine
RELEASE = REPO / "tests" / "fixtures" / "release_0_1"


@pytest.mark.parametrize("name", ["certificate", "staged"])
def test_a_state_of_the_release_is_imported_and_a_preview_is_empty(tmp_path: Path, engine: Path, name: str) -> None:
    workspace = Workspace((tmp_path / "project").resolve(), engine, project="shop")
    manifest = (workspace.root / "Pulumi.yaml").read_text()
    with put_back(RELEASE / name, workspace.root) as case:
        workspace.write("Pulumi.yaml", manifest)
        workspace.program(case.program)
        workspace.env["SOPHIA_NOW"] = case.now.isoformat()
        state = workspace.write("state.json", json.dumps(case.state))
        workspace.pulumi("stack", "import", "--file", str(state))
        workspace.preview("--expect-no-changes")
        workspace.up("--refresh", "--expect-no-changes")
