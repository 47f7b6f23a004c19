"""What a sentence asks for: by declared intents and the names of the stack, without a model. docs/agent.md."""

from sophia_infra.agent.understanding.intent import Intent, Kind
from sophia_infra.agent.understanding.tokens import LONGEST
from sophia_infra.agent.understanding.topics import INTENTS
from sophia_infra.agent.understanding.understand import Understood, understand

__all__ = ["INTENTS", "LONGEST", "Intent", "Kind", "Understood", "understand"]
