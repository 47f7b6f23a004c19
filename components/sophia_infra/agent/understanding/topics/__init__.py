"""What is understood, and what of it becomes operations, topic by topic."""

from sophia_infra.agent.understanding.intent import intents
from sophia_infra.agent.understanding.topics import acts, environments, mail, records, zones

INTENTS = intents(records.BUILDS | mail.BUILDS | zones.BUILDS | acts.BUILDS | environments.BUILDS)
