from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc, language_pb2, language_pb2_grpc

from engine.language_host.channel import OPTIONS, listen
from engine.language_host.host import Host
from engine.language_host.process import Children

# Stands for pulumi-language-python-exec: writes what it was given into its working directory.
EXECUTOR = """
import json, os, sys
given = {"arguments": sys.argv[1:], "environment": dict(os.environ), "directory": os.getcwd()}
open("given.json", "w").write(json.dumps(given))
sys.exit(int(os.environ.get("EXIT", "0")))
"""

# A policy pack from before ConfigureStack. It tells its configuration as the version of the plugin.
PACK = """
import os
from concurrent import futures
import grpc
from pulumi.runtime.proto import analyzer_pb2_grpc, plugin_pb2
class Pack(analyzer_pb2_grpc.AnalyzerServicer):
    def GetPluginInfo(self, request, context):
        return plugin_pb2.PluginInfo(version=os.environ.get("PULUMI_CONFIG", "none"))
    def Configure(self, request, context):
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "no such policy")
    def ConfigureStack(self, request, context):
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "an old pack")
server = grpc.server(futures.ThreadPoolExecutor())
analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Pack(), server)
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
print("after the port", flush=True)
server.wait_for_termination()
"""

Stub = Any


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Stub]:
    (tmp_path / "executor.py").write_text(EXECUTOR)
    children = Children()
    server, port = listen()
    service = Host(tmp_path / "executor.py", "127.0.0.1:1", children)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(service, server)
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=OPTIONS) as channel:
        yield language_pb2_grpc.LanguageRuntimeStub(channel)
    server.stop(None).wait()
    children.end_all()


Info = Callable[..., language_pb2.ProgramInfo]


@pytest.fixture
def info(tmp_path: Path) -> Info:
    """The program in `tmp_path`, with the tests' own virtual environment unless other options are given."""

    def make(**options: str) -> language_pb2.ProgramInfo:
        struct = struct_pb2.Struct()
        struct.update(options or {"virtualenv": sys.prefix})
        return language_pb2.ProgramInfo(
            root_directory=str(tmp_path), program_directory=str(tmp_path), entry_point=".", options=struct
        )

    return make


def refusal(call: Callable[[], object]) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value.code(), caught.value.details()


def output(responses: Any) -> dict[str, Any]:
    """All that a plugin wrote, by stream, and its exit code."""
    said: dict[str, Any] = {"stdout": b"", "stderr": b""}
    for response in responses:
        kind = response.WhichOneof("output")
        value = getattr(response, kind)
        said[kind] = value if kind == "exitcode" else said[kind] + value
    return said


def first_line(responses: Any) -> bytes:
    """A plugin's output up to the end of a line; it may come in pieces."""
    line = b""
    while not line.endswith(b"\n"):
        line += next(responses).stdout
    return line


def test_a_program_is_run_with_its_options_configuration_and_environment(
    host: Stub, info: Info, tmp_path: Path
) -> None:
    host.Handshake(language_pb2.LanguageHandshakeRequest(engine_address="127.0.0.1:2"))
    response = host.Run(
        language_pb2.RunRequest(
            project="demo", stack="dev", pwd=str(tmp_path), args=["-x"], monitor_address="127.0.0.1:3",
            config={"demo:size": "3"}, configSecretKeys=["demo:key"], dryRun=True, parallel=8,
            organization="us", info=info(),
        )
    )  # fmt: skip
    assert (response.error, response.bail) == ("", False)
    given = json.loads((tmp_path / "given.json").read_text())
    options = dict(zip(given["arguments"][:-2:2], given["arguments"][1:-2:2], strict=True))
    assert options == {
        "--monitor": "127.0.0.1:3", "--engine": "127.0.0.1:2", "--project": "demo", "--stack": "dev",
        "--root_directory": str(tmp_path), "--pwd": str(tmp_path), "--organization": "us",
        "--dry_run": "true", "--parallel": "8",
    }  # fmt: skip
    assert given["arguments"][-2:] == [".", "-x"]
    assert given["directory"] == str(tmp_path)
    environment = given["environment"]
    assert json.loads(environment["PULUMI_CONFIG"]) == {"demo:size": "3"}
    assert json.loads(environment["PULUMI_CONFIG_SECRET_KEYS"]) == ["demo:key"]
    assert environment["VIRTUAL_ENV"] == sys.prefix
    assert environment["PATH"].startswith(f"{sys.prefix}/bin:")


def test_a_run_that_is_no_preview_does_not_claim_to_be_one(host: Stub, info: Info, tmp_path: Path) -> None:
    host.Run(language_pb2.RunRequest(info=info(), parallel=1))
    assert "--dry_run" not in json.loads((tmp_path / "given.json").read_text())["arguments"]


@pytest.mark.parametrize(
    ("code", "error", "bail"),
    [("0", "", False), ("32", "", True), ("3", "program exited with non-zero exit code: 3", False)],
)
def test_exit_code_32_means_the_error_was_shown(
    host: Stub, info: Info, monkeypatch: pytest.MonkeyPatch, code: str, error: str, bail: bool
) -> None:
    monkeypatch.setenv("EXIT", code)
    response = host.Run(language_pb2.RunRequest(info=info(), parallel=1))
    assert (response.error, response.bail) == (error, bail)


def test_required_packages_are_those_with_a_provider_plugin(
    host: Stub, info: Info, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", raising=False)
    found = host.GetRequiredPackages(language_pb2.GetRequiredPackagesRequest(info=info())).packages
    names = {package.name for package in found}
    assert {"random", "cloudflare"} <= names
    assert not names & {"policy", "esc-sdk", "pulumi"}
    assert all(package.kind == "resource" and package.version.startswith("v") for package in found)


def test_no_package_is_required_where_downloads_are_switched_off(
    host: Stub, info: Info, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true")
    assert not host.GetRequiredPackages(language_pb2.GetRequiredPackagesRequest(info=info())).packages


@pytest.mark.parametrize("option", [{"toolchain": "uv"}, {"toolchain": "poetry"}, {"typechecker": "mypy"}])
def test_an_option_that_is_not_supported_is_refused_by_name(host: Stub, info: Info, option: dict[str, str]) -> None:
    code, message = refusal(lambda: host.Run(language_pb2.RunRequest(info=info(**option))))
    assert code == grpc.StatusCode.FAILED_PRECONDITION
    assert f"{next(iter(option))} '{next(iter(option.values()))}' is not supported" in message


@pytest.mark.parametrize(("made", "what"), [(False, "does not exist"), (True, "is not a virtual environment")])
def test_a_virtual_environment_that_is_not_there_is_named_with_the_way_out(
    host: Stub, info: Info, tmp_path: Path, made: bool, what: str
) -> None:
    if made:
        (tmp_path / "gone").mkdir()
    _, message = refusal(lambda: host.Run(language_pb2.RunRequest(info=info(virtualenv="gone"))))
    assert f"'virtualenv' names {tmp_path}/gone, which {what}. Run `pulumi install`" in message


def test_without_a_virtual_environment_the_first_python3_on_path_runs(
    host: Stub, info: Info, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "bin/python3"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    monkeypatch.delenv("PULUMI_PYTHON_CMD", raising=False)
    monkeypatch.setenv("PATH", str(python.parent))
    about = host.About(language_pb2.AboutRequest(info=info(toolchain="pip")))
    assert Path(about.executable).samefile(sys.executable)
    assert about.version == ".".join(str(part) for part in sys.version_info[:3])
    monkeypatch.setenv("PULUMI_PYTHON_CMD", "python9")
    _, message = refusal(lambda: host.About(language_pb2.AboutRequest(info=info(toolchain="pip"))))
    assert message == "PULUMI_PYTHON_CMD names 'python9', which is not on PATH"


def test_dependencies_are_listed_whole_or_without_what_others_require(host: Stub, info: Info) -> None:
    def listed(transitive: bool) -> set[str]:
        request = language_pb2.GetProgramDependenciesRequest(info=info(), transitiveDependencies=transitive)
        return {one.name for one in host.GetProgramDependencies(request).dependencies}

    assert "pulumi" in listed(True)
    assert listed(False) < listed(True)


def test_a_plugin_is_run_with_its_arguments_and_both_its_streams_are_passed_on(
    host: Stub, info: Info, tmp_path: Path
) -> None:
    (tmp_path / "__main__.py").write_text(
        "import os, sys; print(*sys.argv[1:], os.environ['GIVEN']); print('oh', file=sys.stderr); sys.exit(7)"
    )
    request = language_pb2.RunPluginRequest(
        pwd=str(tmp_path), args=["127.0.0.1:9"], env=["GIVEN=a=b"], kind="resource", info=info()
    )
    assert output(host.RunPlugin(request)) == {"stdout": b"127.0.0.1:9 a=b\n", "stderr": b"oh\n", "exitcode": 7}


def test_a_plugin_ends_when_the_engine_hangs_up(host: Stub, info: Info, tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text(
        "import signal, sys, pathlib, time\n"
        "def end(*_): pathlib.Path('ended').touch(); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('up', flush=True)\n"
        "signal.pause()\n"
    )
    request = language_pb2.RunPluginRequest(pwd=str(tmp_path), kind="resource", info=info())
    responses = host.RunPlugin(request)
    assert first_line(responses) == b"up\n"
    responses.cancel()
    assert eventually((tmp_path / "ended").exists)


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether it comes true within ten seconds."""
    pause = threading.Event()
    return any(condition() or pause.wait(0.02) for _ in range(500))


def test_dependencies_are_installed_into_an_environment_that_is_made(host: Stub, info: Info, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    request = language_pb2.InstallDependenciesRequest(directory=str(tmp_path), info=info(virtualenv="made"))
    list(host.InstallDependencies(request))
    assert (tmp_path / "made/bin/python").exists()


def test_an_installation_that_fails_shows_what_pip_said(host: Stub, info: Info, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("./missing\n")
    request = language_pb2.InstallDependenciesRequest(directory=str(tmp_path), info=info())
    said: list[bytes] = []
    responses = host.InstallDependencies(request)
    _, message = refusal(lambda: said.extend(response.stderr for response in responses))
    assert b"missing" in b"".join(said)
    assert message.endswith("pip install -r requirements.txt` exited with 1")


@pytest.mark.parametrize("method", ["GeneratePackage", "GenerateProgram", "GenerateProject", "Pack", "Link"])
def test_generating_code_is_refused_clearly(host: Stub, method: str) -> None:
    request = getattr(language_pb2, f"{method}Request")()
    code, message = refusal(lambda: getattr(host, method)(request))
    assert code == grpc.StatusCode.UNIMPLEMENTED
    assert "does not generate code" in message


def test_small_questions_are_answered(host: Stub) -> None:
    assert host.GetPluginInfo(empty_pb2.Empty()).version[0] == "3"
    assert host.Cancel(empty_pb2.Empty()) == empty_pb2.Empty()
    assert not host.RuntimeOptionsPrompts(language_pb2.RuntimeOptionsRequest()).prompts
    assert host.Template(language_pb2.TemplateRequest()) == language_pb2.TemplateResponse()
    assert not host.GetRequiredPlugins(language_pb2.GetRequiredPluginsRequest()).plugins


def test_a_message_may_be_larger_than_grpcs_default_of_four_megabytes(host: Stub, info: Info, tmp_path: Path) -> None:
    request = language_pb2.RunPluginRequest(pwd=str(tmp_path), args=["x"] * 3_000_000, info=info(toolchain="uv"))
    assert request.ByteSize() > 8_000_000
    code, _ = refusal(lambda: list(host.RunPlugin(request)))
    assert code == grpc.StatusCode.FAILED_PRECONDITION


class Pack:
    """A policy pack run through the host, as the engine runs it."""

    def __init__(self, host: Stub, info: Info, directory: Path) -> None:
        request = language_pb2.RunPluginRequest(pwd=str(directory), args=["127.0.0.1:9"], kind="analyzer", info=info())
        self.responses = host.RunPlugin(request)
        self.port = int(next(self.responses).stdout)
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")
        self.stub: Any = analyzer_pb2_grpc.AnalyzerStub(self.channel)


@pytest.fixture
def pack(host: Stub, info: Info, tmp_path: Path) -> Iterator[Pack]:
    (tmp_path / "__main__.py").write_text(PACK)
    running = Pack(host, info, tmp_path)
    yield running
    running.responses.cancel()
    running.channel.close()


def test_a_policy_pack_starts_with_the_stacks_configuration(pack: Pack) -> None:
    pack.stub.Handshake(analyzer_pb2.AnalyzerHandshakeRequest())
    pack.stub.ConfigureStack(analyzer_pb2.AnalyzerStackConfigureRequest(stack="dev", config={"demo:size": "3"}))
    assert json.loads(pack.stub.GetPluginInfo(empty_pb2.Empty()).version) == {"demo:size": "3"}
    assert first_line(pack.responses) == b"after the port\n"


def test_a_policy_pack_that_is_not_configured_starts_without(pack: Pack) -> None:
    assert pack.stub.GetPluginInfo(empty_pb2.Empty()).version == "none"


def test_a_policy_packs_own_errors_are_passed_on(pack: Pack) -> None:
    refused = refusal(lambda: pack.stub.Configure(analyzer_pb2.ConfigureAnalyzerRequest()))
    assert refused == (grpc.StatusCode.INVALID_ARGUMENT, "no such policy")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise SystemExit(5)", "the policy pack exited with 5"),
        ("print('hello', flush=True); input()", "first line of output is not its port: b'hello'"),
    ],
)
def test_a_policy_pack_that_does_not_come_up_fails_every_call(
    host: Stub, info: Info, tmp_path: Path, source: str, reason: str
) -> None:
    (tmp_path / "__main__.py").write_text(source)
    broken = Pack(host, info, tmp_path)
    code, message = refusal(lambda: broken.stub.GetPluginInfo(empty_pb2.Empty()))
    assert code == grpc.StatusCode.UNAVAILABLE
    assert reason in message
    broken.responses.cancel()
    broken.channel.close()
