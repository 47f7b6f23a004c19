"""The service itself: what the engine asks of a language, answered for Python."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from engine.language_host.packages import required_packages
from engine.language_host.policy import run_policy_pack
from engine.language_host.process import Children, plugin_output, streams
from engine.language_host.toolchain import Toolchain, ToolchainError

# The program's exit code for: the error has been shown already (pulumi-language-python-exec).
ALREADY_SHOWN = 32
NO_DOWNLOADS = "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"
NO_CODE_GENERATION = (
    "this language host runs programs and plugins, it does not generate code; "
    "for that install Pulumi from https://www.pulumi.com/docs/install/"
)


class Host(language_pb2_grpc.LanguageRuntimeServicer):
    """`executor` is Pulumi's script that runs a program; `engine` the address of the engine's own service."""

    def __init__(self, executor: Path, engine: str, children: Children) -> None:
        self._executor = executor
        self._engine = engine
        self._children = children

    def Handshake(self, request: Any, context: Any) -> Any:
        """Learn the engine's address, which replaces the one given at the start."""
        self._engine = request.engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """The host goes with the SDK it is run with."""
        return plugin_pb2.PluginInfo(version=version("pulumi"))

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:
        """The provider plugins that belong to the installed Pulumi packages, for the engine to download.

        None where downloads are switched off: some commands of the engine would try all the same, and fail.
        """
        if os.environ.get(NO_DOWNLOADS, "").lower() in {"1", "true"}:
            return language_pb2.GetRequiredPackagesResponse()
        with explained(context):
            packages = required_packages(Toolchain.of(request.info))
        return language_pb2.GetRequiredPackagesResponse(packages=packages)

    def GetRequiredPlugins(self, request: Any, context: Any) -> Any:
        """Superseded by `GetRequiredPackages`; engines that call that never call this."""
        return language_pb2.GetRequiredPluginsResponse()

    def About(self, request: Any, context: Any) -> Any:
        """For `pulumi about` and the metadata of an update."""
        with explained(context):
            toolchain = Toolchain.of(request.info)
            executable, number = identity(toolchain)
        return language_pb2.AboutResponse(executable=executable, version=number, metadata={"toolchain": "pip"})

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:
        """The installed distributions, or only those that no other one requires."""
        with explained(context):
            found = Toolchain.of(request.info).packages(transitive=request.transitiveDependencies)
        listed = [language_pb2.DependencyInfo(name=name, version=number) for name, number in found.items()]
        return language_pb2.GetProgramDependenciesResponse(dependencies=listed)

    def Run(self, request: Any, context: Any) -> Any:
        """Run a program to its end. What it prints goes where this host prints."""
        with explained(context):
            toolchain = Toolchain.of(request.info)
            command = [toolchain.python(), "-u", str(self._executor), *program_arguments(request, self._engine)]
        settings = {
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        environment = toolchain.environment() | settings
        process = self._children.start(command, context, toolchain.program_directory, environment, piped=False)
        code = process.wait()
        self._children.end(process)
        if code == ALREADY_SHOWN:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=f"program exited with non-zero exit code: {code}" if code else "")

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:
        """Run a plugin written in Python until it ends or the engine hangs up."""
        with explained(context):
            toolchain = Toolchain.of(request.info)
            given = dict(entry.partition("=")[::2] for entry in request.env)
            environment = toolchain.environment(os.environ | given)
            if request.kind == "analyzer":
                yield from run_policy_pack(request, context, toolchain, environment, self._children)
                return
            command = [toolchain.python(), "-u", request.info.program_directory, *request.args]
            process = self._children.start(command, context, request.pwd, environment, piped=True)
            yield from plugin_output(process)
            self._children.end(process)

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:
        """Make the virtual environment if it is not there, and install what the directory asks for."""
        directory = Path(request.directory)
        with explained(context):
            toolchain = Toolchain.of(request.info)
            for command in toolchain.install_commands(directory):
                environment = toolchain.environment()
                process = self._children.start(command, context, directory, environment, piped=True)
                for name, chunk in streams(process):
                    yield language_pb2.InstallDependenciesResponse(**{name: chunk})
                process.wait()
                self._children.end(process)
                if process.returncode:
                    raise ToolchainError(f"`{' '.join(command)}` exited with {process.returncode}")

    def Cancel(self, request: Any, context: Any) -> Any:
        """Nothing to do: every child ends with the call that started it."""
        return empty_pb2.Empty()

    def RuntimeOptionsPrompts(self, request: Any, context: Any) -> Any:
        """`pulumi new` has nothing to ask."""
        return language_pb2.RuntimeOptionsResponse()

    def Template(self, request: Any, context: Any) -> Any:
        """`pulumi new` has nothing to change."""
        return language_pb2.TemplateResponse()

    def GeneratePackage(self, request: Any, context: Any) -> Any:
        """Not supported, and said so."""
        context.abort(grpc.StatusCode.UNIMPLEMENTED, NO_CODE_GENERATION)

    GenerateProgram = GenerateProject = Pack = Link = GeneratePackage


def identity(toolchain: Toolchain) -> tuple[str, str]:
    """The interpreter's path and version. Only one that is not this process's own has to be started for that."""
    python = toolchain.python()
    if python == sys.executable:
        return python, platform.python_version()
    executable, number = toolchain.output("-c", SHOW_PYTHON).splitlines()
    return executable, number


SHOW_PYTHON = "import platform, sys; print(sys.executable); print(platform.python_version())"


def program_arguments(request: Any, engine: str) -> list[str]:
    """The options and arguments of pulumi-language-python-exec; what is empty is left out."""
    options = {
        "monitor": request.monitor_address,
        "engine": engine,
        "project": request.project,
        "root_directory": request.info.root_directory,
        "stack": request.stack,
        "pwd": request.pwd,
        "organization": request.organization,
        "dry_run": "true" if request.dryRun else "",
        "parallel": str(request.parallel),
    }
    given = [word for name, value in options.items() if value for word in (f"--{name}", value)]
    return [*given, request.info.entry_point or ".", *request.args]


@contextmanager
def explained(context: grpc.ServicerContext) -> Iterator[None]:
    """End the call with a message that the engine shows as it is."""
    try:
        yield
    except ToolchainError as error:
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
