"""The engine's callback protocol on the bytes as they come: binds one hook to every resource, and answers it.

`pulumi.ResourceHook` and `register_resource_transform` speak the same protocol, but decode every property of every
resource, and rebuild its options without those they don't know (`hideDiffs` and `replaceWith` among them). Here the
options go back as they came, with the hook added, and properties are decoded of one thing only: a resource of this
library that leaves (`guard.leaving`).
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf.message import Message
from pulumi.runtime.proto import callback_pb2, callback_pb2_grpc, resource_pb2

from sophia_infra.errors import SophiaError

# Stored with every resource in users' state, and looked up when it is deleted: keep the name for life.
HOOK = "sophia:guard"
BIND, COUNT = "bind", "count"
LARGEST_MESSAGE = 400 * 1024 * 1024  # bytes, the engine's own limit
LIMITS = [("grpc.max_receive_message_length", LARGEST_MESSAGE), ("grpc.max_send_message_length", LARGEST_MESSAGE)]

Count = Callable[[str, str], bool]
"""Called with an operation (`create`, `update`, `delete`) and a URN, from several threads; raises to refuse it.

Returns whether a resource leaves for good by it.
"""
Weigh = Callable[[str, Any], None]
"""Called with the type and the outputs (a protobuf Struct) of a resource that leaves; raises to refuse it."""


class Callbacks(callback_pb2_grpc.CallbacksServicer):
    """Serves one program's guard; the process's end stops it."""

    def __init__(self, monitor: Any, count: Count, weigh: Weigh) -> None:
        self._count, self._weigh = count, weigh
        self._answers: Mapping[str, Callable[[bytes], Message]] = {BIND: self._bind, COUNT: self._judge}
        self._server = grpc.server(ThreadPoolExecutor(thread_name_prefix="sophia-guard"), options=LIMITS)
        callback_pb2_grpc.add_CallbacksServicer_to_server(self, self._server)
        target = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()
        hook = callback_pb2.Callback(token=COUNT, target=target)
        monitor.RegisterResourceHook(
            resource_pb2.RegisterResourceHookRequest(name=HOOK, callback=hook, on_dry_run=True)
        )
        monitor.RegisterStackTransform(callback_pb2.Callback(token=BIND, target=target))

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802  # the protocol's name
        """Answer a call of the engine; whatever fails here fails the resource."""
        answer = self._answers[request.token](request.request)
        return callback_pb2.CallbackInvokeResponse(response=answer.SerializeToString())

    def _bind(self, request: bytes) -> Message:
        resource = resource_pb2.TransformRequest.FromString(request)
        if resource.custom and not resource.type.startswith("pulumi:providers:"):
            hooks = resource.options.hooks
            for bound in (hooks.before_create, hooks.before_update, hooks.before_delete):
                bound.append(HOOK)
        # An answer without properties leaves them as they are.
        return resource_pb2.TransformResponse(options=resource.options)

    def _judge(self, content: bytes) -> Message:
        request = resource_pb2.ResourceHookRequest.FromString(content)  # `engine_run.resource_urn` knows it by its name
        try:
            if self._count(_operation(request), request.urn):
                self._weigh(request.type, request.old_outputs)
        except SophiaError as refused:
            return resource_pb2.ResourceHookResponse(error=str(refused))
        return resource_pb2.ResourceHookResponse()


def _operation(call: Any) -> str:
    """Tell the operation from the options the engine sends: the old ones, the new ones, or both."""
    if not call.HasField("new_options"):
        return "delete"
    return "update" if call.HasField("old_options") else "create"
