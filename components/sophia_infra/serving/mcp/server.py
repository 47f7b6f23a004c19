"""The server: the tools, resources and prompts of `texts`, by the official library, in both eras of the protocol.

Clients reach it by standard input and output, or by HTTP with a check of who is asked, and by whom.
"""

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import CallToolResult, InputRequiredResult, ToolAnnotations
from pydantic import ValidationError
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sophia_infra.advice.redaction import line
from sophia_infra.errors import SophiaError
from sophia_infra.serving.mcp.texts import TEXTS
from sophia_infra.serving.mcp.tools import Tools
from sophia_infra.serving.results import bounded
from sophia_infra.values import shown
from sophia_infra.version import VERSION

PATH = "/mcp"
_LOCAL = ("127.0.0.1", "localhost", "[::1]")

_READS = {"read_only_hint": True, "destructive_hint": False, "idempotent_hint": True, "open_world_hint": False}
_NOT_THERE = ("unknown-stack", "no-run")
Tool = Callable[..., dict[str, Any]]


def server_of(tools: Tools) -> MCPServer:
    """Return a server that offers these tools, to be run on standard input and output, or as `app_of` has it."""
    server = _Server(TEXTS["name"], instructions=TEXTS["instructions"], version=VERSION, log_level="WARNING")
    for name, told in TEXTS["tools"].items():
        hints = ToolAnnotations(title=told["title"], **_READS | told.get("hints", {}))
        tool = _harmless(getattr(tools, name), told.get("narrow", ""))
        server.add_tool(tool, name, told["title"], told["description"], hints, structured_output=True)
    for name, read in _resources(tools).items():
        told = TEXTS["resources"][name]
        kept = {"title": told["title"], "description": told["description"], "mime_type": "application/json"}
        server.resource(told["address"], name=name, **kept)(read)
    for name, fill in _PROMPTS.items():
        server.prompt(name, TEXTS["prompts"][name]["title"], TEXTS["prompts"][name]["description"])(fill)
    return server


class _Server(MCPServer):
    """The library's, with errors in words of ours, bounded and escaped; of those that nobody expects it tells no more.

    Of an argument that is wrong it would tell what pydantic says, with the address of a page.
    """

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool; raises ToolError as the library's."""
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            match error.__cause__:
                case ValidationError() as wrong:
                    raise ToolError(_wrong(name, wrong)) from None
                case SophiaError() | OSError() as expected:
                    raise ToolError(_told(expected)) from None
            raise


def _wrong(tool: str, error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    argument = str(first["loc"][0])
    what = "is missing" if first["type"] == "missing" else f"is {shown(first['input'])}"
    return line(f"wrong-argument: {tool}.{argument} {what}; give: {TEXTS['arguments'][argument]}")


def _harmless(tool: Tool, narrow: str) -> Tool:
    """A tool whose results are bounded and escaped."""

    @wraps(tool)
    def call(*arguments: Any, **named: Any) -> dict[str, Any]:
        return bounded(tool(*arguments, **named), narrow)

    return call


def _told(error: Exception) -> str:
    return f"{getattr(error, 'code', 'os-error')}: {line(str(error))}"


def _resources(tools: Tools) -> Mapping[str, Callable[..., Any]]:
    """What reads a resource; the library fills its arguments in from the address."""
    addresses = [{"stack": whole, "uri": f"sophia://stacks/{here}"} for whole, here in tools.stacks.names.items()]
    return {
        "stacks": lambda: _read(lambda: {"stacks": addresses}),
        "stack": lambda stack: _read(lambda: tools.describe(stack)),
        "run": lambda stack, run: _read(lambda: tools.status(run, stack)),
    }


def _read(body: Tool) -> str:
    try:
        return json.dumps(bounded(body(), TEXTS["tools"]["describe"]["narrow"]))
    except SophiaError as error:
        kind = ResourceNotFoundError if error.code in _NOT_THERE else ResourceError
        raise kind(_told(error)) from None


def _filled(name: str, **values: str) -> str:
    text: str = TEXTS["prompts"][name]["text"]
    return text.format_map({key: line(value) for key, value in values.items()})


_PROMPTS: Mapping[str, Callable[..., Any]] = {
    "change": lambda wish: _filled("change", wish=wish),
    "review": lambda run: _filled("review", run=run),
}
"""What fills in a prompt; the library reads its arguments from the signature."""


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
