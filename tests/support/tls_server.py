"""A TLS server on loopback that reads its files when it is told to, as web servers do."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import create_server


class TlsServer:
    """Serves a chain and its key, until `read` has it serve others; `context` may be made weaker by a test."""

    def __init__(self, chain: Path, key: Path) -> None:
        self._socket = create_server(("127.0.0.1", 0), backlog=100)
        self.port: int = self._socket.getsockname()[1]
        self.read(chain, key)

    def read(self, chain: Path, key: Path) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(chain, key)

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with suppress(OSError), connection, self.context.wrap_socket(connection, server_side=True) as secured:
                secured.settimeout(5)
                secured.recv(1)

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(2)
        self._socket.close()


@contextmanager
def tls_server(chain: Path, key: Path) -> Iterator[TlsServer]:
    server = TlsServer(chain, key)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join()
