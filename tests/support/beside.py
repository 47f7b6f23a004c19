"""A server of the standard library that runs beside a test."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


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
