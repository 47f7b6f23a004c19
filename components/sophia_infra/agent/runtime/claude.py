"""Claude as an agent's model. It is asked as all of the library asks it: `advice.claude.asking`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sophia_infra.advice.claude.client import Question
from sophia_infra.advice.claude.exchange import Asking
from sophia_infra.agent.runtime.model import Message, Reply, ToolCall
from sophia_infra.agent.runtime.tools import Tool


@dataclass(frozen=True, slots=True)
class ClaudeModel:
    """A model of the Messages API, within the budget of `exchange`.

    Attributes:
        about: what the journal has its calls under.
        shape: the JSON schema that an answer is held to.
    """

    asking: Asking
    about: str
    shape: Mapping[str, Any]

    def reply(self, instructions: str, talk: Sequence[Message], tools: Sequence[Tool], seconds: float) -> Reply:
        """Return the next reply; see `Model.reply`."""
        spec = self.asking.spec
        asking = replace(self.asking, spec=replace(spec, timeout=min(spec.timeout, seconds)))
        messages = [_message(said) for said in talk]
        question = Question(instructions, messages, lambda: self.shape, [_offered(tool) for tool in tools])
        found = asking.ask(self.about, question, lambda reply: reply)
        calls = [block for block in found.content if block["type"] == "tool_use"]
        return Reply(
            found.text,
            tuple(ToolCall(block["id"], block["name"], block["input"]) for block in calls),
            found.usage,
            spec.price.of(found.usage) if spec.price else 0.0,
            found.content,
        )


def _offered(tool: Tool) -> Mapping[str, Any]:
    return {"name": tool.name, "description": tool.what, "input_schema": tool.schema}


def _message(said: Message) -> Mapping[str, Any]:
    if isinstance(said, str):
        return {"role": "user", "content": said}
    if isinstance(said, Reply):
        return {"role": "assistant", "content": list(said.content)}
    blocks = [
        {"type": "tool_result", "tool_use_id": each.call.id, "content": each.text, "is_error": each.failed}
        for each in said
    ]
    return {"role": "user", "content": blocks}
