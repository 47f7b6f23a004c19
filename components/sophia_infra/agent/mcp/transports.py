"""How clients reach the server: by standard input and output, or by HTTP with a check of who is asked, and by whom."""

import hmac
from collections.abc import Sequence

from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

PATH = "/mcp"
_LOCAL = ("127.0.0.1", "localhost", "[::1]")


def _bearing(app: ASGIApp, token: str) -> ASGIApp:
    """Return an application that answers 401 to a request without the server's token (RFC 6750)."""
    expected = f"Bearer {token}".encode()

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        given = Headers(scope=scope).get("authorization", "") if scope["type"] == "http" else ""
        if scope["type"] == "http" and not hmac.compare_digest(given.encode(), expected):
            refused = PlainTextResponse("the token is missing or wrong\n", 401, {"WWW-Authenticate": "Bearer"})
            return await refused(scope, receive, send)
        return await app(scope, receive, send)

    return checked


def app_of(server: MCPServer, hosts: Sequence[str] = (), token: str = "") -> ASGIApp:
    """Return the server as an ASGI application that answers at `/mcp`.

    Args:
        server: it.
        hosts: names by which it is reached beside those of this machine's loopback. Another `Host` is answered with
            421, another `Origin` with 403 (against DNS rebinding).
        token: what each request has to bear; empty for none.
    """
    names = [*_LOCAL, *hosts]
    security = TransportSecuritySettings(
        allowed_hosts=[form for name in names for form in (name, f"{name}:*")],
        allowed_origins=[
            f"{scheme}://{name}{port}" for name in names for scheme in ("http", "https") for port in ("", ":*")
        ],
    )
    app = server.streamable_http_app(streamable_http_path=PATH, transport_security=security)
    return _bearing(app, token) if token else app
