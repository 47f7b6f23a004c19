"""The selected stack and its state, read from files as the engine has them, and nothing where it has them elsewhere."""

import json
from pathlib import Path

import pytest

from sophia_infra.doctor.backend import FileBackend
from tests.support.workspace import Workspace

CHECKPOINT = {"version": 3, "checkpoint": {"latest": {"resources": []}}}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    states = tmp_path / ".pulumi" / "stacks" / "shop"
    states.mkdir(parents=True)
    (states / "dev.json").write_text(json.dumps(CHECKPOINT))
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PULUMI_STACK", "dev")
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    return tmp_path


@pytest.mark.parametrize("where", ["environment", "project", "login"])
def test_states_are_where_the_environment_the_project_or_the_last_login_says(
    folder: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    if where == "environment":
        monkeypatch.setenv("PULUMI_BACKEND_URL", f"{folder.as_uri()}?metadata=skip")
    elif where == "project":
        (folder / "Pulumi.yaml").write_text(f"name: shop\nruntime: python\nbackend: {{url: '{folder.as_uri()}'}}\n")
    else:
        (folder / "home").mkdir()
        (folder / "home" / "credentials.json").write_text(json.dumps({"current": folder.as_uri()}))
    found = FileBackend(folder)
    assert found.selected == "dev"
    assert json.loads(found.state("organization/shop/dev"))["deployment"] == {"resources": []}
    assert found.state("prod") == ""


@pytest.mark.parametrize("url", ["", "https://api.pulumi.com", "s3://bucket", "file://host/x", "file:///x?prefix=y"])
def test_of_states_that_are_elsewhere_nothing_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", url)
    assert (FileBackend(folder).selected, FileBackend(folder).state("dev")) == ("", "")


def test_a_state_that_has_features_is_read_as_any_other(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", folder.as_uri())
    with_hooks = CHECKPOINT | {"version": 4, "features": ["hooks"]}
    (folder / ".pulumi" / "stacks" / "shop" / "dev.json").write_text(json.dumps(with_hooks))
    assert json.loads(FileBackend(folder).state("dev")) == {"version": 4, "deployment": {"resources": []}}


def test_who_has_locked_a_stack_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", folder.as_uri())
    assert FileBackend(folder).locked_by("dev") == set()
    lock = folder / ".pulumi/locks/organization/shop/dev/1.json"
    lock.parent.mkdir(parents=True)
    lock.write_text('{"pid": 12345, "username": "ops", "hostname": "one"}')
    assert FileBackend(folder).locked_by("dev") == {("one", "12345")}
    assert FileBackend(folder).locked_by("prod") == set()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"version": 2}', '{"version": 5}', '{"version": 3, "checkpoint": []}']
)
def test_of_a_state_of_another_form_nothing_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", folder.as_uri())
    (folder / ".pulumi" / "stacks" / "shop" / "dev.json").write_text(text)
    assert FileBackend(folder).state("dev") == ""


@pytest.mark.engine
def test_the_engine_selects_the_same_stack_and_exports_the_same_state(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.program("import pulumi\npulumi.export('answer', 42)\n")
    workspace.up()
    workspace.pulumi("stack", "select")
    for name in ("PULUMI_HOME", "PULUMI_BACKEND_URL"):
        monkeypatch.setenv(name, workspace.environment()[name])
    monkeypatch.delenv("PULUMI_STACK", raising=False)
    found = FileBackend(workspace.root)
    exported = json.loads(workspace.pulumi("stack", "export").stdout)
    told = json.loads(found.state(workspace.stack))
    assert found.selected == workspace.stack
    assert told["deployment"]["resources"] == exported["deployment"]["resources"]
