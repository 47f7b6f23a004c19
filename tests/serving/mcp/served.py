"""A server of one stack, whose state and engine are made up, and clients that speak to it."""

import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TypeVar

import anyio
import uvicorn
from mcp import Client
from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult, TextContent

from sophia_infra.agent.editing import Places
from sophia_infra.agent.execution import Runs
from sophia_infra.agent.inventory import Inventory
from sophia_infra.agent.sophia import SophiaInfrastructureAgent
from sophia_infra.journal import Journal
from sophia_infra.serving.http import listen
from sophia_infra.serving.mcp.server import PATH, app_of, server_of
from sophia_infra.serving.mcp.stacks import Stacks
from sophia_infra.serving.mcp.tools import Tools
from sophia_infra.settings import Settings
from tests.agent.stack import STACK
from tests.support.workspace import wait_until

_Found = TypeVar("_Found")
Era = Literal["auto", "legacy"]


class Shop:
    """The stack `shop/dev` in a folder; `planned` stands in for the engine that plans."""

    def __init__(self, folder: Path, inventory: Inventory = STACK, settings: Settings | None = None) -> None:
        self.folder = folder.resolve()
        self.runs = Runs(Journal.open(), settings or Settings())
        self.inventory = inventory
        self.stacks = Stacks({"shop/dev": "dev"}, self.opened)
        self.tools = Tools(self.stacks)
        self.planned: Callable[[], Any] | None = None

    def opened(self, _: str) -> SophiaInfrastructureAgent:
        made: dict[str, Any] = {"inventory": self.inventory}
        if planned := self.planned:
            made["plan"] = lambda *_: planned()
        known = type("Known", (SophiaInfrastructureAgent,), made)
        agent: SophiaInfrastructureAgent = known("shop/dev", Places(self.folder, "dev"), self.runs)
        return agent

    @property
    def server(self) -> MCPServer:
        return server_of(self.tools)

    def calls(self, name: str, era: Era = "auto", /, **arguments: Any) -> CallToolResult:
        """What a tool answers to one call, over memory."""

        async def call(client: Client) -> CallToolResult:
            return await client.call_tool(name, arguments)

        return talk(self.server, call, era)

    def told(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        """The result of a call that goes well."""
        found = self.calls(name, **arguments)
        assert not found.is_error, found
        return structured(found)

    def refused(self, name: str, /, **arguments: Any) -> str:
        """The code with which a call is refused."""
        found = self.calls(name, **arguments)
        assert found.is_error, found
        return said(found).removeprefix(f"Error executing tool {name}: ").partition(":")[0]


@contextmanager
def serving(shop: Shop, *hosts: str, token: str = "") -> Iterator[str]:
    """The address of a server by HTTP."""
    with listen("127.0.0.1", 0) as listening:
        app = app_of(shop.server, hosts, token)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            wait_until(lambda: server.started, "a server that has started")
            yield f"http://127.0.0.1:{listening.getsockname()[1]}{PATH}"
        finally:
            server.should_exit = True
            thread.join()


def structured(result: CallToolResult) -> dict[str, Any]:
    assert isinstance(result.structured_content, dict)
    return result.structured_content


def said(result: CallToolResult) -> str:
    return "\n".join(each.text for each in result.content if isinstance(each, TextContent))


def talk(target: Any, what: Callable[[Client], Awaitable[_Found]], era: Era = "auto", **settings: Any) -> _Found:
    """Have a client do something: `target` is a server, an address or a transport."""

    async def whole() -> _Found:
        async with Client(target, mode=era, **settings) as client:
            return await what(client)

    return anyio.run(whole)
