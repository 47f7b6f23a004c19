"""What is understood, topic by topic; a topic is a file with its intents, and a line here."""

from sophia_infra.agent.understanding.intent import Intent
from sophia_infra.agent.understanding.topics import certificates, environments, mail, own, records, secrets, zones

INTENTS: tuple[Intent, ...] = (
    *records.INTENTS,
    *mail.INTENTS,
    *zones.INTENTS,
    *certificates.INTENTS,
    *secrets.INTENTS,
    *environments.INTENTS,
    *own.INTENTS,
)
"""Every intent; where two fit a sentence as well, it is the first."""
