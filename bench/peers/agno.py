"""Agno's agent over a model in this process, as its own suite measures it; its telemetry is off."""

import os
from collections.abc import Callable
from typing import Any

from agno.agent import Agent
from agno.models.base import Model
from agno.models.response import ModelResponse

SOURCE = "from agno.agent import Agent"


class Mock(Model):
    """Answers at once; where it `calls`, it has the tool called first, and answers with what that returned."""

    def __init__(self, tool: str, arguments: str, *, calls: bool) -> None:
        super().__init__(id="mock")
        function = {"name": tool, "arguments": arguments}
        self.calls = [{"id": "1", "type": "function", "function": function}] if calls else []

    def invoke(self, messages: list[Any], *_: Any, **__: Any) -> ModelResponse:
        if self.calls and messages[-1].role != "tool":
            return ModelResponse(role="assistant", tool_calls=self.calls)
        return ModelResponse(role="assistant", content=messages[-1].content)

    async def ainvoke(self, *_: Any, **__: Any) -> ModelResponse:
        raise NotImplementedError

    def invoke_stream(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError

    ainvoke_stream = invoke_stream

    def _parse_provider_response(self, response: Any, **_: Any) -> ModelResponse:
        raise NotImplementedError

    _parse_provider_response_delta = _parse_provider_response


def made(tool: Callable[..., str], arguments: str, *, calls: bool) -> Callable[[], Agent]:
    """Return what constructs an agent with one tool."""
    os.environ["AGNO_TELEMETRY"] = "false"  # it goes before the argument
    model = Mock(tool.__name__, arguments, calls=calls)
    return lambda: Agent(model=model, tools=[tool], telemetry=False)


def answer(agent: Agent, text: str) -> str:
    """Run it, and return its answer."""
    return str(agent.run(text).content)
