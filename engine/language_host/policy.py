"""Stands between the engine and a policy pack until the pack knows the stack's configuration.

A Python pack reads its configuration from the environment it starts in, and the engine tells it only
after the start (`ConfigureStack`). So the engine gets this proxy at once; the pack is started when the
configuration is there, and from then on every call is passed on as it came.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import grpc
from pulumi.runtime.proto import analyzer_pb2, language_pb2

from engine.language_host.channel import OPTIONS, listen
from engine.language_host.process import Children, message, streams
from engine.language_host.toolchain import Toolchain

SERVICE = "/pulumirpc.Analyzer/"
GRACE_SECONDS = 10
"""How long a call may run on that is being answered when its pack ends. One that only waited needs no time."""
Answer = Callable[[bytes, grpc.ServicerContext], bytes]


class PolicyProxy(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpc publishes no types
    """Answers `Handshake` and `ConfigureStack` itself. Messages stay bytes: nothing is lost on the way."""

    def __init__(self) -> None:
        self._configuration: bytes | None = None
        self._configured = threading.Event()
        self._attached = threading.Event()
        self._channel: grpc.Channel | None = None
        self._failure = ""
        self._server, self.port = listen([self])

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        """The handler of one call, by its name."""
        if not details.method.startswith(SERVICE):
            return None
        own = {"Handshake": self._handshake, "ConfigureStack": self._configure}
        answer = own.get(details.method.removeprefix(SERVICE), self._passing_on(details.method))
        return grpc.unary_unary_rpc_method_handler(answer)

    def await_configuration(self) -> dict[str, str]:
        """The environment for the pack. Empty if the engine asks something else first (`policy publish`)."""
        self._configured.wait()
        return pack_environment(self._configuration) if self._configuration is not None else {}

    def attach(self, port: int) -> None:
        """Pass calls on to the pack at `port`; packs from before `ConfigureStack` do without it."""
        channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=OPTIONS)
        if self._configuration is not None:
            try:
                channel.unary_unary(SERVICE + "ConfigureStack")(self._configuration)
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.UNIMPLEMENTED:
                    self.fail(f"the policy pack refused its configuration: {error.details()}")
                    return
        self._channel = channel
        self._attached.set()

    def fail(self, reason: str) -> None:
        """Let every call that waits for the pack, and every later one, fail with `reason`; the first reason stays."""
        self._failure = self._failure or reason
        self._configured.set()
        self._attached.set()

    def close(self) -> None:
        """Stop serving."""
        self.fail("the policy pack has ended")
        # Calls that waited for the pack run on to tell the reason: cancelled, they would tell none.
        self._server.stop(GRACE_SECONDS)
        if self._channel is not None:
            self._channel.close()

    def _handshake(self, _request: bytes, _context: grpc.ServicerContext) -> bytes:
        return b""  # AnalyzerHandshakeResponse has no fields

    def _configure(self, request: bytes, _context: grpc.ServicerContext) -> bytes:
        self._configuration = request
        self._configured.set()
        return b""  # AnalyzerStackConfigureResponse has no fields

    def _passing_on(self, method: str) -> Answer:
        def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
            self._configured.set()
            self._attached.wait()
            channel: Any = self._channel or context.abort(grpc.StatusCode.UNAVAILABLE, self._failure)
            try:
                response: bytes = channel.unary_unary(method)(request)
            except grpc.RpcError as error:
                context.set_trailing_metadata(error.trailing_metadata() or ())
                context.abort(error.code(), error.details())
            return response

        return answer


def pack_environment(configuration: bytes) -> dict[str, str]:
    """The variables from which the Pulumi SDK in a pack reads stack and configuration."""
    request: Any = analyzer_pb2.AnalyzerStackConfigureRequest.FromString(configuration)
    return {
        "PULUMI_CONFIG": json.dumps(dict(request.config)),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.config_secret_keys)),
        "PULUMI_ORGANIZATION": request.organization,
        "PULUMI_PROJECT": request.project,
        "PULUMI_STACK": request.stack,
        "PULUMI_DRY_RUN": "true" if request.dry_run else "false",
    }


def run_policy_pack(
    request: Any, context: Any, toolchain: Toolchain, environment: Mapping[str, str], children: Children
) -> Iterator[language_pb2.RunPluginResponse]:
    """Serve a pack by a proxy; yields the proxy's port and what the pack writes, last its exit code."""
    pack = request.info.program_directory
    command = [toolchain.python(), "-u", "-m", "pulumi.policy", *request.args, pack]
    proxy = PolicyProxy()
    context.add_callback(proxy.close)
    yield message("stdout", b"%d\n" % proxy.port)
    configured = {**environment, **proxy.await_configuration()}
    process = children.start(command, context, pack, configured, piped=True)
    announced: bytes | None = b""
    for name, chunk in streams(process):
        rest = chunk
        if name == "stdout" and announced is not None:
            announced, rest = announced + chunk, b""
            port, newline, after = announced.partition(b"\n")
            if newline:
                announced, rest = None, after
                attach(proxy, port)
        if rest:
            yield message(name, rest)
    code = process.wait()
    proxy.fail(f"the policy pack exited with {code}")
    children.end(process)
    yield language_pb2.RunPluginResponse(exitcode=code)


def attach(proxy: PolicyProxy, port: bytes) -> None:
    """Connect the proxy to the pack whose first line of output is `port`."""
    if port.strip().isdigit():
        proxy.attach(int(port))
    else:
        proxy.fail(f"the policy pack's first line of output is not its port: {port[:80]!r}")
