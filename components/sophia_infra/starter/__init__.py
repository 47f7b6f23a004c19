"""A stack to start from, as `sophia init` writes it: what is in it, and how it gets on disk."""

from sophia_infra.starter.placement import PlacingError, place
from sophia_infra.starter.stack import Stack, next_steps

__all__ = ["PlacingError", "Stack", "next_steps", "place"]
