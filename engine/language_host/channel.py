"""What all gRPC ends here have in common: message size and where they listen."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent import futures

import grpc

# The engine's own limit (rpcutil.MaxRPCMessageSize in Pulumi's SDK).
LARGEST_MESSAGE = 400 * 1024 * 1024
OPTIONS = [
    ("grpc.max_receive_message_length", LARGEST_MESSAGE),
    ("grpc.max_send_message_length", LARGEST_MESSAGE),
]
# RunPlugin holds a thread for as long as its plugin runs, and a stack may use many.
THREADS = 128


def listen(handlers: Sequence[grpc.GenericRpcHandler] = ()) -> tuple[grpc.Server, int]:
    """A started server on a free port of the loopback interface."""
    server = grpc.server(futures.ThreadPoolExecutor(THREADS), handlers=handlers, options=OPTIONS)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port
