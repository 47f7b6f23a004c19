"""Real servers on loopback that pools' checks can ask; each listens on an address of its own, 127.0.0.x."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.beside import beside
from tests.support.ports import free_port


@contextmanager
def listening(address: str, port: int) -> Iterator[None]:
    """Take connections and say nothing: enough for a TCP check, a black hole for any other."""
    with socket.create_server((address, port), backlog=64):
        yield


@dataclass(slots=True)
class Fleet:
    """Listeners on several addresses of one port, which a test takes down and brings back."""

    port: int = field(default_factory=free_port)
    _running: dict[str, ExitStack] = field(default_factory=dict)

    def start(self, *addresses: str) -> None:
        for address in addresses:
            self._running[address] = ExitStack()
            self._running[address].enter_context(listening(address, self.port))

    def stop(self, *addresses: str) -> None:
        for address in addresses:
            self._running.pop(address).close()

    def close(self) -> None:
        self.stop(*list(self._running))


Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def http_server(answer: Answer, *, certificate: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve HTTP on 127.0.0.1, over TLS where a context is given; yields the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if certificate:
        server.socket = certificate.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with beside(server) as port:
        yield port


def answering(status: int = 200, body: str = "", **headers: str) -> Answer:
    """Answer every GET alike."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body.encode())

    return answer
