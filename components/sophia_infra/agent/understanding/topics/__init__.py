"""What is understood, and what of it becomes operations, topic by topic."""

from sophia_infra.agent.understanding.intent import intents
from sophia_infra.agent.understanding.topics import acts, mail, records

INTENTS = intents(records.BUILDS | mail.BUILDS | acts.BUILDS)
