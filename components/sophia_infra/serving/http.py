"""What serves over HTTP here: the MCP server and the page of `sophia chat --web`. Its libraries are the extra `mcp`."""

import socket
from collections.abc import Callable
from concurrent.futures import Future
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING, Any

from sophia_infra import installation
from sophia_infra.errors import SophiaError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_PATIENCE = 1
"""Seconds that requests have when it ends: an open stream of events would never end by itself."""


class ServerError(SophiaError):
    """What a client of a server, or who starts it, asked for and can't have."""

    code = "server"


def needs(library: str) -> None:
    """Refuse to go on without a library; ServerError has the command that installs it."""
    try:
        import_module(library)
    except ImportError:
        told = f"this needs the library {library}, which is not installed: {installation.command('mcp')}"
        raise ServerError(told, code="no-server", subject=library) from None


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes a free one. OSError where it can't."""
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)


def serve(app: "ASGIApp", listening: socket.socket) -> None:
    """Serve until the process is interrupted."""
    import uvicorn

    config = uvicorn.Config(app, log_level="warning", lifespan="on", timeout_graceful_shutdown=_PATIENCE)
    uvicorn.Server(config).run(sockets=[listening])


def in_background(job: Callable[[], Any], name: str) -> Future[Any]:
    """Begin a job in a thread that does not keep the process: what an engine has begun goes on without it."""
    future = Future[Any]()
    future.set_running_or_notify_cancel()

    def carry() -> None:
        try:
            future.set_result(job())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=carry, name=f"sophia {name}", daemon=True).start()
    return future
