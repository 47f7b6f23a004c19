"""The real engine drives this repository's language host, whichever engine the machine has."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.assemble import HELPERS, assemble
from tests.support.workspace import BIN, CommandError, Workspace, wait_until

pytestmark = pytest.mark.engine

# A dynamic resource that keeps its text in a file.
NOTE = """
    import pathlib
    from pulumi import Config, Output, export
    from pulumi.dynamic import CreateResult, Resource, ResourceProvider, UpdateResult

    class Notes(ResourceProvider):
        def create(self, props):
            pathlib.Path(props["file"]).write_text(props["text"])
            return CreateResult("note", props)
        def update(self, id, old, props):
            pathlib.Path(props["file"]).write_text(props["text"])
            return UpdateResult(props)
        def delete(self, id, props):
            pathlib.Path(props["file"]).unlink()

    class Note(Resource):
        text: Output[str]

    note = Note(Notes(), "note", {"file": "note.txt", "text": Config().require("text")})
    export("text", note.text)
    """

PACK = """
    import pulumi
    from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

    def forbid(args, report):
        if args.props.get("text") == pulumi.Config("demo").get("forbidden"):
            report(f"forbidden in {pulumi.get_project()}/{pulumi.get_stack()}")

    policy = ResourceValidationPolicy(name="text", description="Some texts are forbidden.", validate=forbid)
    PolicyPack(name="pack", enforcement_level=EnforcementLevel.MANDATORY, policies=[policy])
    """

COMPONENT = """
    from typing import TypedDict
    import pulumi
    from pulumi.provider.experimental import component_provider_host

    class GreetingArgs(TypedDict):
        name: pulumi.Input[str]
        \"\"\"Who is greeted.\"\"\"

    class Greeting(pulumi.ComponentResource):
        text: pulumi.Output[str]

        def __init__(self, name: str, args: GreetingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
            super().__init__("greetings:index:Greeting", name, {}, opts)

    component_provider_host(name="greetings", components=[Greeting])
    """


@pytest.fixture(scope="module")
def own_host(engine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The machine's engine with this repository's host beside it."""
    real = (engine / "pulumi").resolve().parent
    if any(not (real / name).exists() for name in HELPERS):
        pytest.skip(f"the engine in {real} keeps its helper scripts elsewhere")
    return assemble(real, tmp_path_factory.mktemp("engine"), BIN / "python")


@pytest.fixture
def project(tmp_path: Path, own_host: Path) -> Workspace:
    return Workspace(tmp_path / "project", own_host)


def test_a_dynamic_resource_is_previewed_made_changed_and_removed(project: Workspace) -> None:
    project.program(NOTE)
    project.config("text", "first")
    note = project.root / "note.txt"
    assert 'text: "first"' in project.preview().stdout
    assert not note.exists()
    project.up()
    assert note.read_text() == "first"
    assert project.outputs() == {"text": "first"}
    assert "2 unchanged" in project.preview().stdout
    project.config("text", "second")
    project.up()
    assert note.read_text() == "second"
    project.destroy()
    assert not note.exists()
    assert project.resources() == []


def test_a_policy_pack_knows_the_stacks_configuration(project: Workspace) -> None:
    project.program(NOTE)
    project.config("text", "bad")
    project.config("forbidden", "bad")
    pack = str(project.policy_pack(PACK))
    refused = project.up("--policy-pack", pack, check=False)
    assert refused.returncode != 0
    assert "forbidden in demo/test" in refused.stdout
    assert not (project.root / "note.txt").exists()
    project.config("forbidden", "worse")
    project.up("--policy-pack", pack)
    assert (project.root / "note.txt").read_text() == "bad"


def test_an_error_that_the_program_showed_is_shown_once(project: Workspace) -> None:
    project.program("raise ValueError('no such thing')")
    failed = project.preview(check=False)
    assert failed.returncode != 0
    assert failed.text.count("ValueError: no such thing") == 1
    assert "non-zero exit code" not in failed.text


def test_a_program_that_just_exits_is_an_error_with_its_code(project: Workspace) -> None:
    project.program("import os; os._exit(7)")
    with pytest.raises(CommandError, match="non-zero exit code: 7"):
        project.preview()


def test_the_schema_of_a_component_plugin_is_had_from_its_source(project: Workspace) -> None:
    runtime = json.loads((project.root / "Pulumi.yaml").read_text())["runtime"]
    plugin = project.write("greetings/PulumiPlugin.yaml", json.dumps({"runtime": runtime})).parent
    project.write("greetings/__main__.py", COMPONENT)
    schema = json.loads(project.pulumi("package", "get-schema", str(plugin)).stdout)
    greeting = schema["resources"]["greetings:index:Greeting"]
    assert greeting["isComponent"]
    assert greeting["inputProperties"]["name"]["description"] == "Who is greeted."


def test_what_a_stack_needs_is_told_by_about(project: Workspace) -> None:
    project.program("")
    about = json.loads(project.pulumi("about", "--json", "--transitive").stdout)
    assert Path(about["runtime"]["executable"]).samefile(BIN / "python")
    assert "pulumi" in {dependency["name"] for dependency in about["dependencies"]}


def test_a_host_is_gone_soon_after_its_engine_is_killed(project: Workspace) -> None:
    project.program("import pathlib, time; pathlib.Path('up').touch(); time.sleep(600)")
    project.init()
    with project.start("preview") as engine:
        wait_until((project.root / "up").exists, "the program")
        hosts = [pid for pid, parent in processes() if parent == engine.pid and "language_host" in command(pid)]
        assert len(hosts) == 1
        os.kill(engine.pid, signal.SIGKILL)
    wait_until(lambda: not command(hosts[0]), "the end of the host")


def processes() -> Iterator[tuple[int, int]]:
    """Every process and its parent."""
    listed = subprocess.check_output(["ps", "-eo", "pid=,ppid="], text=True)
    for line in listed.splitlines():
        pid, parent = line.split()
        yield int(pid), int(parent)


def command(pid: int) -> str:
    """A process's command line; empty when it is gone."""
    done = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return done.stdout if "<defunct>" not in done.stdout else ""
