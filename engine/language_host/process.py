"""Child processes: started for a call of the engine, gone when the call is."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Protocol

from pulumi.runtime.proto import language_pb2

GRACE = 3.0
CHUNK = 65536


class Call(Protocol):
    """The part of a gRPC context that tells when the engine has given up on the call."""

    def add_callback(self, callback: object) -> bool:
        """Have `callback` run at the end of the call; False if it has ended already."""


class Children:
    """The processes that run now. Safe between threads."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()

    def start(
        self, command: Sequence[str], call: Call, cwd: Path | str, env: Mapping[str, str], *, piped: bool
    ) -> subprocess.Popen[bytes]:
        """Start a process that ends with the call at the latest. Not piped, it writes where the host does."""
        output = subprocess.PIPE if piped else None
        process = subprocess.Popen(
            command, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        with self._lock:
            self._running.add(process)
        if not call.add_callback(lambda: self.end(process)):
            self.end(process)
        return process

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """Ask a process to end, and make it after `GRACE` seconds."""
        with self._lock:
            self._running.discard(process)
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(GRACE)
            except subprocess.TimeoutExpired:
                process.kill()

    def end_all(self) -> None:
        """End what still runs."""
        with self._lock:
            running = list(self._running)
        for process in running:
            self.end(process)


def streams(process: subprocess.Popen[bytes]) -> Iterator[tuple[str, bytes]]:
    """What a piped process writes, as ("stdout" or "stderr", bytes), as soon as it does, until both end."""
    queue: SimpleQueue[tuple[str, bytes]] = SimpleQueue()
    pipes = {"stdout": process.stdout, "stderr": process.stderr}
    for name, pipe in pipes.items():
        threading.Thread(target=pump, args=(name, pipe, queue), daemon=True).start()
    still_open = len(pipes)
    while still_open:
        name, chunk = queue.get()
        if chunk:
            yield name, chunk
        else:
            still_open -= 1


def plugin_output(process: subprocess.Popen[bytes]) -> Iterator[language_pb2.RunPluginResponse]:
    """What a piped process writes, as messages; the last one is its exit code."""
    for name, chunk in streams(process):
        yield message(name, chunk)
    yield language_pb2.RunPluginResponse(exitcode=process.wait())


def message(stream: str, chunk: bytes) -> language_pb2.RunPluginResponse:
    """A piece of a plugin's output."""
    if stream == "stdout":
        return language_pb2.RunPluginResponse(stdout=chunk)
    return language_pb2.RunPluginResponse(stderr=chunk)


def pump(name: str, pipe: IO[bytes], queue: SimpleQueue[tuple[str, bytes]]) -> None:
    """Move a pipe's content into the queue; an empty chunk is its end."""
    with pipe:
        while chunk := pipe.read1(CHUNK):  # type: ignore[attr-defined]  # pipes are buffered readers
            queue.put((name, chunk))
    queue.put((name, b""))
