"""A server of the standard library that runs beside a test."""

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@contextmanager
def beside(server: socketserver.TCPServer) -> Iterator[int]:
    """Serve in a thread until the block ends, and close it then; yields the port. UDP servers are of this class too."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def http_beside(handler: type[BaseHTTPRequestHandler], **members: Any) -> Iterator[str]:
    """Serve HTTP on a free port, each request by a handler that has these members; yields the URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (handler,), members))
    server.daemon_threads = True
    with beside(server) as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def https_beside(handler: type[BaseHTTPRequestHandler], chain: Path, key: Path) -> Iterator[int]:
    """Serve HTTPS by a certificate in files; yields the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with beside(server) as port:
        yield port


class Dripping(BaseHTTPRequestHandler):
    """Answers an octet at a time, so that no read waits long, until `ended` is set."""

    ended: threading.Event

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        with suppress(OSError):  # whoever asked has gone
            while not self.ended.wait(0.02):
                self.wfile.write(b" ")

    do_POST = do_GET  # noqa: N815  # http.server's name

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def dripping() -> Iterator[str]:
    """Serve answers that have no end; yields the URL."""
    ended = threading.Event()
    with http_beside(Dripping, ended=ended) as url:
        yield url
        ended.set()
