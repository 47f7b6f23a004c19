"""The examples run as they stand, each in a copy, with the tests' own virtual environment."""

import json
import shutil
from pathlib import Path

import pytest

from tests.support.workspace import REPO, Workspace, python_runtime

pytestmark = pytest.mark.engine
IGNORED = shutil.ignore_patterns(".venv", "zones", ".sophia", "Pulumi.*.yaml")


def copied(workspace: Workspace, example: str) -> None:
    description = (workspace.root / "Pulumi.yaml").read_text()
    shutil.copytree(REPO / "examples" / example, workspace.root, dirs_exist_ok=True, ignore=IGNORED)
    (workspace.root / "Pulumi.yaml").write_text(description)


def test_a_stack_that_imports_the_library_ends_with_a_zone_and_a_certificate(workspace: Workspace) -> None:
    copied(workspace, "python-import")
    workspace.up()
    assert (workspace.root / "zones" / "db.shop.example").exists()
    assert workspace.outputs()["certificate_renews"]
    workspace.preview("--expect-no-changes")


def plugin(tmp_path: Path) -> Path:
    """The source plugin, told to run in the tests' environment and to install nothing."""
    copy = tmp_path / "components"
    shutil.copytree(REPO / "components", copy, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    described = {"name": "sophia", "runtime": python_runtime()}
    (copy / "PulumiPlugin.yaml").write_text(json.dumps(described))
    (copy / "requirements.txt").write_text("")
    return copy


def test_the_committed_schema_is_the_one_that_the_plugin_gives(workspace: Workspace, tmp_path: Path) -> None:
    given = json.loads(workspace.pulumi("package", "get-schema", str(plugin(tmp_path))).stdout)
    committed = json.loads((REPO / "components" / "schema.json").read_text())
    assert given == committed, "run: pulumi package get-schema ./components > components/schema.json"


def test_a_stack_that_uses_the_package_gets_a_zone_and_its_secret_stays_one(
    workspace: Workspace, tmp_path: Path
) -> None:
    copied(workspace, "package-add")
    project = json.loads((workspace.root / "Pulumi.yaml").read_text())
    providers = [{"name": "sophia", "path": str(plugin(tmp_path))}]
    workspace.write("Pulumi.yaml", json.dumps({**project, "plugins": {"providers": providers}}))
    workspace.up()
    assert "not-shown-anywhere" in (workspace.root / "zones" / "db.shop.example").read_text()
    assert "not-shown-anywhere" not in json.dumps(workspace.export())
