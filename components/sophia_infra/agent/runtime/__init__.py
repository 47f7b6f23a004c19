"""An agent: instructions, typed tools and a model, within limits. docs/agent.md."""

from sophia_infra.agent.runtime.agent import Agent, Event, Happened
from sophia_infra.agent.runtime.limits import Limits
from sophia_infra.agent.runtime.model import Message, Model, Reply, ToolCall
from sophia_infra.agent.runtime.tools import Effect, Tool, tool

__all__ = ["Agent", "Effect", "Event", "Happened", "Limits", "Message", "Model", "Reply", "Tool", "ToolCall", "tool"]
