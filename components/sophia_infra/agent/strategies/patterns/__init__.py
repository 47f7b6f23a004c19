"""The patterns that are known, a topic a file: each makes one to three ways of a wish. Pure."""

from collections.abc import Mapping

from sophia_infra.agent.strategies.patterns import hosts, mail, programs, zones
from sophia_infra.agent.strategies.ways import Pattern

PATTERNS: tuple[Pattern, ...] = (*mail.PATTERNS, *hosts.PATTERNS, *zones.PATTERNS, *programs.PATTERNS)
BY_INTENT: Mapping[str, Pattern] = {intent: each for each in PATTERNS for intent in each.intents.split()}
