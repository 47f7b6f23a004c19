"""Talking with the agent: questions are answered, changes planned, and nothing that is said approves. docs/agent.md."""

from sophia_infra.agent.chat.chat import Chat, Reply
from sophia_infra.agent.chat.session import Session

__all__ = ["Chat", "Reply", "Session"]
