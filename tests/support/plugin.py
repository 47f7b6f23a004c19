# ruff: noqa: N802 - the protocol names its methods
"""Stand-ins for provider plugins that can't be downloaded: the protocol, without what a kind of resource does.

A module that ends in `serve({...})` is a whole provider; `install` puts it onto a workspace's PATH under its
package's name, where the engine takes it for the real plugin.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from tests.support.workspace import REPO, Workspace

Properties = dict[str, Any]
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@dataclass(frozen=True, slots=True)
class Difference:
    """What a change of inputs means: the properties that changed, and those that force a new object."""

    changes: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    delete_first: bool = False


class Kind(Protocol):
    """One resource type of a provider."""

    def preview(self, inputs: Properties) -> Properties: ...

    def create(self, name: str, inputs: Properties) -> tuple[str, Properties]: ...

    def read(self, id_: str, state: Properties) -> Properties | None: ...

    def diff(self, olds: Properties, news: Properties) -> Difference: ...

    def update(self, id_: str, olds: Properties, news: Properties) -> Properties: ...

    def delete(self, id_: str, state: Properties) -> None: ...


@dataclass(slots=True)
class Plugin(provider_pb2_grpc.ResourceProviderServicer):
    """The provider protocol over a table of kinds."""

    kinds: Mapping[str, Kind] = field(default_factory=dict)

    def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse()

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version="99.0.0")

    def GetSchema(self, request: Any, context: Any) -> Any:
        return provider_pb2.GetSchemaResponse(schema="{}")

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.DiffResponse()

    def Configure(self, request: Any, context: Any) -> Any:
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Check(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> Any:
        found = self._kind(request).diff(_read(request.old_inputs), _read(request.news))
        kind = provider_pb2.DiffResponse
        return kind(
            changes=kind.DIFF_SOME if found.changes else kind.DIFF_NONE,
            diffs=found.changes,
            replaces=found.replaces,
            deleteBeforeReplace=found.delete_first,
        )

    def Create(self, request: Any, context: Any) -> Any:
        inputs = _read(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=_write(self._kind(request).preview(inputs)))
        id_, outputs = self._kind(request).create(request.name, inputs)
        return provider_pb2.CreateResponse(id=id_, properties=_write(outputs))

    def Read(self, request: Any, context: Any) -> Any:
        state = self._kind(request).read(request.id, _read(request.properties))
        if state is None:
            return provider_pb2.ReadResponse()
        inputs = request.inputs if len(request.inputs) else _write(state)
        return provider_pb2.ReadResponse(id=request.id, properties=_write(state), inputs=inputs)

    def Update(self, request: Any, context: Any) -> Any:
        news = _read(request.news)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=_write(self._kind(request).preview(news)))
        outputs = self._kind(request).update(request.id, _read(request.olds), news)
        return provider_pb2.UpdateResponse(properties=_write(outputs))

    def Delete(self, request: Any, context: Any) -> Any:
        self._kind(request).delete(request.id, _read(request.properties))
        return empty_pb2.Empty()

    def _kind(self, request: Any) -> Kind:
        return self.kinds[request.type]


def changed(olds: Properties, news: Properties) -> tuple[str, ...]:
    """The names of the properties that differ."""
    return tuple(key for key in sorted(olds.keys() | news.keys()) if olds.get(key) != news.get(key))


def serve(kinds: Mapping[str, Kind]) -> None:
    """Serve until the engine ends this process; it reads the port from the first line of stdout."""
    server = grpc.server(ThreadPoolExecutor(16))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Plugin(kinds), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


def install(workspace: Workspace, package: str) -> None:
    """Make `tests/support/<package>_plugin.py` the provider of `package` in a workspace."""
    folder = workspace.root / ".plugins"
    folder.mkdir(exist_ok=True)
    program = folder / f"pulumi-resource-{package}"
    module = Path(__file__).with_name(f"{package}_plugin.py")
    command = ["env", f"PYTHONPATH={REPO}", sys.executable, str(module)]
    program.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    program.chmod(0o755)
    rest = workspace.environment()["PATH"]
    if str(folder) not in rest:
        workspace.env["PATH"] = f"{folder}:{rest}"


def _read(struct: struct_pb2.Struct) -> Properties:
    properties: Properties = json_format.MessageToDict(struct)
    return properties


def _write(properties: Properties) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(properties)
    return struct
