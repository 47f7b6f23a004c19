"""The agent for other people's assistants, by the Model Context Protocol. docs/mcp.md says how it is set up.

The protocol's library takes a second to load, so only what makes a server imports it.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sophia_infra.serving.http import ServerError, listen, needs, serve
from sophia_infra.serving.mcp.stacks import Stacks

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

__all__ = ["Stacks", "serve_http", "serve_stdio"]
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SHORTEST = 32


def serve_stdio(stacks: Stacks) -> None:
    """Serve one client on standard input and output, until it is gone; ServerError without the extra `mcp`."""
    _server(stacks).run("stdio")


def serve_http(
    stacks: Stacks, host: str, port: int, hosts: Sequence[str], token: str, ready: Callable[[str], None]
) -> None:
    """Serve by HTTP until the process is interrupted.

    Args:
        stacks: what is served.
        host, port: where it listens; port 0 takes a free one.
        hosts: names by which clients reach it, beside those of this machine's loopback.
        token: what each request has to bear; may be empty where only this machine reaches it.
        ready: is told the address once it listens.

    Raises:
        ServerError: others could reach it, and it has no name or token for that; the extra `mcp` is missing.
        OSError: it can't listen there.
    """
    server = _server(stacks)
    from sophia_infra.serving.mcp.server import PATH, app_of

    if (hosts or host not in LOOPBACK) and not (hosts and len(token) >= _SHORTEST):
        told = f"others reach {host}: name it with --allowed-host, and set $SOPHIA_MCP_TOKEN, of {_SHORTEST} characters"
        raise ServerError(told, code="open-to-others", field="--http", value=host, limit=_SHORTEST)
    with listen(host, port) as listening:
        shown = f"[{host}]" if ":" in host else host
        ready(f"http://{shown}:{listening.getsockname()[1]}{PATH}")
        serve(app_of(server, hosts, token), listening)


def _server(stacks: Stacks) -> "MCPServer":
    needs("mcp")
    from sophia_infra.serving.mcp.server import server_of
    from sophia_infra.serving.mcp.tools import Tools

    return server_of(Tools(stacks))
