"""States of releases on the real engine: imported, then previewed, changed, renewed and destroyed by today's code."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from sophia_infra.dns.backends import Credentials, open_backend
from tests.support import knot
from tests.support.recorded import Recorded, put_back
from tests.support.workspace import REPO, Workspace

pytestmark = pytest.mark.engine
RELEASE = REPO / "tests" / "fixtures" / "release_0_1"
CUSTOM = REPO / "examples" / "custom-backend"
ALIKE = (
    "approved",
    "cloudflare",
    "created",
    "custom",
    "killed_before_write",
    "late",
    "namecheap",
    "patterns",
    "pooled",
)
"""What differs from other cases in no step that the engine takes; tests/test_release_states.py asks providers alone."""
CASES = sorted(path.name for path in RELEASE.iterdir() if path.is_dir())
ZONES = [
    pytest.param(name, marks=[pytest.mark.soak] if name in ALIKE else [])
    for name in CASES
    if name not in ("certificate", "zone_file")
]
AT_KNOT = {"patterns", "rfc2136"}


@contextmanager
def imported(name: str, folder: Path, engine: Path) -> Iterator[tuple[Workspace, Recorded]]:
    if name in AT_KNOT and not knot.installed():
        pytest.skip("Knot is not installed; python -m engine.debian gets it")
    workspace = Workspace((folder / "project").resolve(), engine, project="shop")
    manifest = (workspace.root / "Pulumi.yaml").read_text()
    with put_back(RELEASE / name, workspace.root) as case:
        workspace.write("Pulumi.yaml", manifest)
        workspace.program(case.program)
        (folder / "state-home" / "sophia").mkdir(parents=True, exist_ok=True)
        (folder / "state-home" / "sophia" / "budget").touch()  # the release ran here: `journal/takeover.py`
        workspace.env |= {"SOPHIA_NOW": case.now.isoformat(), "XDG_STATE_HOME": str(folder / "state-home")}
        workspace.env["PYTHONPATH"] = os.pathsep.join([str(REPO / "components"), str(CUSTOM)])
        for key, value in case.case["settings"].items():
            workspace.config(key, value, secret=True)
        state = workspace.write("state.json", json.dumps(case.state))
        workspace.pulumi("stack", "import", "--file", str(state))
        yield workspace, case


def served(case: Recorded) -> str:
    """What the zone's home holds."""
    inputs = case.resources[0].inputs
    return open_backend(inputs["backend"], inputs["domain"], Credentials(case.case["settings"].get)).read().text


@pytest.mark.parametrize("name", ["certificate", pytest.param("staged", marks=pytest.mark.soak)])
def test_a_state_of_the_release_is_imported_and_a_preview_is_empty(tmp_path: Path, engine: Path, name: str) -> None:
    with imported(name, tmp_path, engine) as (workspace, _):
        workspace.preview("--expect-no-changes")
        workspace.up("--refresh", "--expect-no-changes")


@pytest.mark.parametrize("name", ZONES)
def test_a_zone_of_the_release_takes_a_change_and_is_destroyed(
    tmp_path: Path, engine: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state-home"))
    monkeypatch.syspath_prepend(str(CUSTOM))
    with imported(name, tmp_path, engine) as (workspace, case):
        before = "192.0.2.7" if "'192.0.2.7'" in case.program else "192.0.2.1"
        # the program's own provider stands in the state by its code, with the path where it was
        program = case.program.replace('outputs=["token"]', 'outputs=["token"], ignore_changes=["__provider"]')
        workspace.program(program.replace(f"'{before}'", "'192.0.2.111'"))
        workspace.up()
        assert " A 192.0.2.111\n" in served(case)
        workspace.destroy()
        assert " A 192.0.2.111\n" not in served(case)
        assert workspace.resources() == []


@pytest.mark.parametrize("name", ["created", pytest.param("rfc2136", marks=pytest.mark.soak), "zone_file"])
def test_a_zone_of_the_release_that_leaves_the_program_is_taken_away(
    tmp_path: Path, engine: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state-home"))
    with imported(name, tmp_path, engine) as (workspace, case):
        mine = " A 192.0.2.7\n" if name == "created" else " A 192.0.2.3\n"
        assert mine in served(case)
        workspace.program("")
        if name == "zone_file":
            assert "www CNAME delete" in workspace.up(check=False).text, "which is protected"
            workspace.env["SOPHIA_ACCEPT"] = "shop.example: www CNAME"
        workspace.up()
        assert mine not in served(case)
        assert ("theirs 3600 A 192.0.2.99" in served(case)) is (name == "created")


def test_a_certificate_of_the_release_is_renewed_when_due_then_destroyed(tmp_path: Path, engine: Path) -> None:
    with imported("certificate", tmp_path, engine) as (workspace, case):
        (made,) = workspace.resources("sophia:Certificate")
        workspace.env["SOPHIA_NOW"] = (case.now + timedelta(days=61)).isoformat()
        workspace.up()
        (renewed,) = workspace.resources("sophia:Certificate")
        assert renewed["outputs"]["serial_number"] != made["outputs"]["serial_number"]
        assert renewed["outputs"]["root_pem"] == made["outputs"]["root_pem"]
        workspace.up("--expect-no-changes")
        workspace.destroy()
        assert workspace.resources() == []


def test_a_refresh_makes_what_others_wrote_no_work_of_the_release(tmp_path: Path, engine: Path) -> None:
    with imported("zone_file", tmp_path, engine) as (workspace, case):
        file = workspace.root / "zones" / "db.shop.example"
        file.write_text(file.read_text().replace("192.0.2.3", "192.0.2.66"))
        workspace.env["SOPHIA_ACCEPT"] = "shop.example: www CNAME"
        refused = workspace.destroy("--refresh", check=False)
        assert refused.returncode != 0
        assert "is not the last to have written" in refused.text
        assert "192.0.2.66" in served(case)
