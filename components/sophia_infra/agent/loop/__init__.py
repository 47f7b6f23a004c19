"""The loop: observe a stack, detect, propose, act within the numbers of its autonomy, verify, learn (docs/agent.md)."""

from sophia_infra.agent.loop.rounds import Event, Rounds
from sophia_infra.agent.loop.service import Service

__all__ = ["Event", "Rounds", "Service"]
