"""All topics are loaded, so that `RULES` and `FIXES` are whole: a run loads those that a zone asks for."""

from sophia_infra.dns.lint.linter import TOPICS, rules_of

for topic in TOPICS:
    rules_of(topic)
