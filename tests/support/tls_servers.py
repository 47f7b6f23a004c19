"""TLS servers on loopback, one port each, all served by one thread: each shakes hands, says a word and hangs up."""

import selectors
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

PATIENCE = 30.0


class TlsServers:
    """Servers by name, each with its key and chain as PEM text; entering them returns their ports."""

    def __init__(self, pems: Mapping[str, str], folder: Path) -> None:
        self._chosen = selectors.DefaultSelector()
        self._stop, self._stopped = socket.socketpair()
        self._chosen.register(self._stopped, selectors.EVENT_READ)
        self.ports = {name: self._listen(name, pem, folder) for name, pem in pems.items()}
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _listen(self, name: str, pem: str, folder: Path) -> int:
        path = folder / f"{name}.pem"
        path.write_text(pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        listener = socket.create_server(("127.0.0.1", 0))
        self._chosen.register(listener, selectors.EVENT_READ, context)
        return int(listener.getsockname()[1])

    def _serve(self) -> None:
        while True:
            for key, _ in self._chosen.select():
                if key.data is None:
                    return
                assert isinstance(key.fileobj, socket.socket)
                with suppress(OSError):  # a client that takes no such certificate
                    _shake(key.fileobj, key.data)

    def __enter__(self) -> dict[str, int]:
        self._thread.start()
        return self.ports

    def __exit__(self, *_raised: object) -> None:
        self._stop.close()
        self._thread.join()
        for key in list(self._chosen.get_map().values()):
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()
        self._chosen.close()


def _shake(listener: socket.socket, context: ssl.SSLContext) -> None:
    plain, _ = listener.accept()
    plain.settimeout(PATIENCE)
    with context.wrap_socket(plain, server_side=True) as connection:
        connection.sendall(b"hello\n")
        with suppress(OSError):
            connection.unwrap()
