"""How far the guard reaches, and where it ends: every statement of docs/limits.md about that is one test here."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.files_stack import FilesStack
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine

GUARDED = {f"Before{step}": ["sophia:guard"] for step in ("Create", "Update", "Delete")}


def hooks(stack: FilesStack) -> dict[str, Any]:
    """The hooks that the state holds, by resource name."""
    return {one["urn"].split("::")[-1]: one.get("resourceHooks") for one in stack.workspace.resources()}


def test_resources_of_every_provider_and_process_are_guarded(workspace: Workspace) -> None:
    stack = FilesStack(workspace, ("files", "random", "kit"))
    stack.deploy(
        """
import pulumi_random
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

class Nothing(ResourceProvider):
    def create(self, props): return CreateResult("1", props)

class Dynamic(Resource):
    def __init__(self, name): super().__init__(Nothing(), name, {})

BlastRadius()
pulumi_random.RandomPet("pet")
Dynamic("dynamic")
Kit("kit", key="1")
"""
    )
    bound = hooks(stack)
    guarded = {"pet", "dynamic", "kit-0", "kit-1", "kit-2"}
    assert {name for name, found in bound.items() if found == GUARDED} == guarded
    assert {name for name, found in bound.items() if found is None} == bound.keys() - guarded

    refused = stack.preview("BlastRadius(max_deletes=4)")
    assert refused.returncode != 0
    assert "max_deletes is 4, and this run would delete at least 5" in refused.text
    for name in guarded:
        assert f"{name} (" in refused.text

    replaced = stack.preview("BlastRadius(max_deletes=2, max_replaces=2)\nKit('kit', key='2')")
    assert "max_replaces is 2, and this run would replace at least 3" in replaced.text


def test_components_providers_reads_and_imports_are_not_counted(workspace: Workspace) -> None:
    stack = FilesStack(workspace)
    stack.folder.mkdir()
    (stack.folder / "kept-").write_text("kept")
    kept = str(stack.folder / "kept-")
    passed = stack.preview(
        f"""
BlastRadius(max_creates=1)
group = pulumi.ComponentResource("my:index:Group", "group")
explicit = pulumi.ProviderResource("files", "explicit", {{}})
File("one", opts=pulumi.ResourceOptions(parent=group, provider=explicit))
File("read", opts=pulumi.ResourceOptions(id={kept!r}))
File("kept", text="kept", opts=pulumi.ResourceOptions(import_={kept!r}))
"""
    )
    assert passed.returncode == 0, passed.text
    assert "6 to create" not in passed.text
    assert "1 to import" in passed.text


def test_what_a_resource_was_given_is_left_as_it_was(workspace: Workspace) -> None:
    program = """
other = File("other", key="1")
options = pulumi.ResourceOptions(
    hide_diffs=["text"], replace_with=[other], delete_before_replace=False, ignore_changes=["seat"], depends_on=[other]
)
File("one", options, key="1", text=pulumi.Output.secret("canary"), items=[1, None, {"deep": other.id}])
"""
    stack = FilesStack(workspace)
    stack.deploy(program)
    before = stack.in_state["one"]
    stack.deploy("BlastRadius()\n" + program)
    after = stack.in_state["one"]
    assert "ciphertext" in after["inputs"]["text"]
    assert after["inputs"]["items"] == before["inputs"]["items"] == [1, None, {"deep": f"{stack.folder}/other-1"}]
    assert after.pop("resourceHooks") == GUARDED
    for changing in ("modified", "outputs", "inputs", "sourcePosition", "stackTrace"):
        assert bool(before.pop(changing, None)) == bool(after.pop(changing, None))
    assert after == before
    assert before["hideDiff"] == ["text"]
    assert before["replaceWith"]


def test_a_resource_that_the_engine_knew_before_the_guard_goes_unguarded(workspace: Workspace) -> None:
    stack = FilesStack(workspace)
    # The second line sends what stands above it to the engine, as an invoke does that is waited for.
    known = "File('known')\npulumi.runtime.register_resource_transform(lambda args: None)\n"
    stack.deploy(f"{known}File('above')\nBlastRadius()\nFile('below')")
    bound = hooks(stack)
    assert bound["known"] is None
    assert bound["above"] == bound["below"] == GUARDED


def test_a_resource_is_guarded_from_the_first_run_with_the_guard_on(workspace: Workspace) -> None:
    stack = FilesStack(workspace)
    stack.deploy("files(3)")
    # Gone from the program in the run that brings the guard: nothing is bound to it yet.
    assert stack.preview("BlastRadius(max_deletes=0)").returncode == 0
    stack.deploy("BlastRadius(max_deletes=0)\nfiles(3)")
    assert "max_deletes is 0" in stack.preview("BlastRadius(max_deletes=0)").text


def test_a_guard_can_be_taken_out_only_in_a_run_that_deletes_nothing(workspace: Workspace) -> None:
    stack = FilesStack(workspace)
    stack.deploy("BlastRadius()\nfiles(3)")
    refused = stack.run("files(2)", "up", "--yes")
    assert refused.returncode != 0
    assert 'hook "sophia:guard" was not registered' in refused.text
    assert len(stack.on_disk) == 3
    stack.deploy("files(3)")
    stack.deploy("files(2)")
    assert len(stack.on_disk) == 2


def test_refresh_and_edits_of_the_state_are_not_limited(workspace: Workspace) -> None:
    stack = FilesStack(workspace)
    stack.deploy("BlastRadius(max_deletes=0)\nfiles(3)")
    (stack.folder / "f0-1").unlink()
    program = "BlastRadius(max_deletes=0, max_creates=3)\nfiles(3)"
    assert stack.run(program, "refresh", "--yes", "--skip-preview").returncode == 0
    assert stack.in_state.keys() == {"f1", "f2"}
    urn = "urn:pulumi:test::demo::files:index:File::f1"
    assert stack.run(program, "state", "delete", "--yes", urn).returncode == 0
    assert stack.in_state.keys() == {"f2"}


def test_what_is_only_forgotten_counts_as_deleted_and_what_is_protected_stays(workspace: Workspace) -> None:
    stack = FilesStack(workspace)
    stack.deploy("BlastRadius()\nfiles(2, opts=pulumi.ResourceOptions(retain_on_delete=True))")
    assert "max_deletes is 1" in stack.preview("BlastRadius(max_deletes=1)").text
    stack.deploy("BlastRadius()\nfiles(2, opts=pulumi.ResourceOptions(protect=True))")
    refused = stack.preview("BlastRadius()")
    assert refused.returncode != 0
    assert "because it is protected" in refused.text


def test_a_destroy_within_the_limits_passes(workspace: Workspace) -> None:
    stack = FilesStack(workspace)
    stack.deploy("BlastRadius()\nfiles(5)")
    stack.run("BlastRadius()\nfiles(5)", "destroy", "--yes", "--run-program", check=True)
    assert stack.on_disk == {}
    assert stack.in_state == {}
