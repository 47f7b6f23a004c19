"""A relay in front of a name server, for what a server does only when it is broken: it sees each message go by."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

Pass = Callable[[int, bytes], bytes | None]
"""Told a message and its number from 0, says what goes on in its place; None cuts the connection."""


def as_it_is(_number: int, message: bytes) -> bytes:
    return message


def is_update(message: bytes) -> bool:
    """Whether a message is a dynamic update, or the answer to one."""
    return message[2] >> 3 & 0xF == 5


def counting(seen: list[bytes], last: int = 1_000) -> Pass:
    """Pass on all but updates, or their answers, from a number on."""

    def passed(_: int, message: bytes) -> bytes | None:
        if is_update(message):
            seen.append(message)
        return message if len(seen) <= last else None

    return passed


@dataclass
class Relay:
    """Passes messages on over TCP; `asked` and `answered` count over all connections."""

    port: int
    asked: Pass = as_it_is
    answered: Pass = as_it_is
    _counts: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def pass_on(self, way: str, decide: Pass, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError), source.makefile("rb") as stream:
            while len(length := stream.read(2)) == 2:
                size = struct.unpack("!H", length)[0]
                if len(message := stream.read(size)) < size:  # whoever asked has gone
                    break
                with self._lock:
                    number = self._counts[way] = self._counts.get(way, -1) + 1
                passed = decide(number, message)
                if passed is None:
                    break
                target.sendall(struct.pack("!H", len(passed)) + passed)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class _Datagrams(socketserver.ThreadingUDPServer):
    daemon_threads = True


@contextmanager
def relaying(port: int, asked: Pass = as_it_is, answered: Pass = as_it_is) -> Iterator[int]:
    """Relay to a port of loopback; yields the port to ask in its place. What comes by UDP passes as it is."""
    relay = Relay(port, asked, answered)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(("127.0.0.1", relay.port)) as server:
                back = threading.Thread(
                    target=relay.pass_on, args=("answered", relay.answered, server, self.request), daemon=True
                )
                back.start()
                relay.pass_on("asked", relay.asked, self.request, server)
                back.join(timeout=30)

    class Datagram(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            message, ours = self.request
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as theirs, suppress(OSError):
                theirs.settimeout(5)
                theirs.sendto(message, ("127.0.0.1", relay.port))
                ours.sendto(theirs.recv(65_535), self.client_address)

    with (
        _Server(("127.0.0.1", 0), Handler) as listener,
        _Datagrams(listener.server_address, Datagram) as datagrams,
        ExitStack() as served,
    ):
        for each in (listener, datagrams):
            thread = threading.Thread(target=each.serve_forever, daemon=True)
            thread.start()
            served.callback(thread.join, timeout=30)
            served.callback(each.shutdown)
        yield listener.server_address[1]
