"""Starts the service, tells the engine where it listens, and ends with the engine."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from pulumi.runtime.proto import language_pb2_grpc

from engine.language_host.channel import listen
from engine.language_host.host import Host
from engine.language_host.process import Children

# The engine sends SIGINT when it is done, and kills what is still there five seconds later.
GRACE = 4.0
ORPHAN_CHECK = 1.0


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT, SIGTERM, or the end of the process that started this one."""
    parser = argparse.ArgumentParser(prog="pulumi-language-python", description=__doc__)
    parser.add_argument("--use-executor", type=Path, required=True, help="pulumi-language-python-exec")
    parser.add_argument("engine", nargs="?", default="", help="the address of the engine")
    options, _unknown = parser.parse_known_args(arguments)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    parent = os.getppid()
    children = Children()
    server, port = listen()
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(
        Host(options.use_executor, options.engine, children), server
    )
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while not ended.wait(ORPHAN_CHECK) and os.getppid() == parent:
        pass
    server.stop(GRACE).wait()
    children.end_all()
    # Threads that still wait for a reader of their answer must not keep the process.
    os._exit(0)
