"""The server: the tools, resources and prompts of `texts`, by the official library, in both eras of the protocol."""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp_types import ToolAnnotations

from sophia_infra.agent.mcp import texts
from sophia_infra.agent.mcp.results import bounded, line
from sophia_infra.agent.mcp.stacks import Stacks
from sophia_infra.agent.mcp.tools import Tools
from sophia_infra.errors import SophiaError
from sophia_infra.version import VERSION

_JSON = "application/json"


def server_of(stacks: Stacks, tools: Tools | None = None) -> MCPServer:
    """Return a server of these stacks, to be run by one of `transports`."""
    server: MCPServer = MCPServer(texts.NAME, instructions=texts.INSTRUCTIONS, version=VERSION, log_level="WARNING")
    offered = tools or Tools(stacks)
    for name, told in texts.TOOLS.items():
        hints = ToolAnnotations(
            title=told.title,
            read_only_hint=told.reads,
            destructive_hint=told.destroys,
            idempotent_hint=told.repeats,
            open_world_hint=told.reaches_out,
        )
        tool = _harmless(getattr(offered, name), told.narrow)
        server.add_tool(tool, name, told.title, told.description, hints, structured_output=True)
    _add_resources(server, stacks, offered)
    for name, prompt in texts.PROMPTS.items():
        server.prompt(name, prompt.title, prompt.description)(_prompted(name))
    return server


def _harmless(tool: Callable[..., dict[str, Any]], narrow: str) -> Callable[..., dict[str, Any]]:
    """A tool whose results and expected errors are bounded and escaped; of others the library says only that."""

    @wraps(tool)
    def call(*arguments: Any, **named: Any) -> dict[str, Any]:
        try:
            return bounded(tool(*arguments, **named), narrow)
        except (SophiaError, OSError) as error:
            raise ToolError(f"{getattr(error, 'code', 'os-error')}: {line(str(error))}") from None

    return call


def _add_resources(server: MCPServer, stacks: Stacks, tools: Tools) -> None:
    def listed() -> str:
        return json.dumps(
            bounded(
                {"stacks": [{"stack": whole, "uri": f"sophia://stacks/{here}"} for whole, here in stacks.names.items()]}
            )
        )

    def stack(stack: str) -> str:
        return _read(lambda: tools.describe(stack), texts.TOOLS["describe"].narrow)

    def run(stack: str, run: str) -> str:
        return _read(lambda: tools.status(run, stack), "")

    offered: Mapping[str, Callable[..., Any]] = {"stacks": listed, "stack": stack, "run": run}
    for name, function in offered.items():
        address, title, description = texts.RESOURCES[name]
        server.resource(address, name=name, title=title, description=description, mime_type=_JSON)(function)


def _read(told: Callable[[], dict[str, Any]], narrow: str) -> str:
    try:
        return json.dumps(bounded(told(), narrow))
    except SophiaError as error:
        kind = ResourceNotFoundError if error.code in ("unknown-stack", "no-run") else ResourceError
        raise kind(f"{error.code}: {line(str(error))}") from None


def _prompted(name: str) -> Callable[..., object]:
    """What fills a prompt in; its signature is what the library reads the arguments from."""
    said = texts.PROMPTS[name].text

    def change(wish: str) -> str:
        return said.replace("{wish}", line(wish))

    def review(run: str) -> str:
        return said.replace("{run}", line(run))

    return {"change": change, "review": review}[name]
