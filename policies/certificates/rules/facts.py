"""How the pack's policies read `certificate_facts`, and write their settings and violations."""

from collections.abc import Sequence
from typing import Any

from pulumi_policy import EnforcementLevel, ResourceValidationPolicy

from sophia_policy_kit import Property, Rule, Schema, policy, printable

FACTS = "certificate_facts"
CONFIGURATION = "in the pack's configuration"
SHOWN = 5


def certificate_policy(
    name: str,
    description: str,
    rule: Rule,
    schema: Schema | None = None,
    level: EnforcementLevel = EnforcementLevel.MANDATORY,
) -> ResourceValidationPolicy:
    """Return a policy over certificates; one that waits for another resource's output is judged at the apply."""
    return policy(name, description, FACTS, rule, schema, level, late=True)


def texts(default: Sequence[str] | None, description: str, **more: Any) -> dict[str, Any]:
    """Return the setting of a list of texts; without a default it may be null, which is one."""
    kind = "array" if default is not None else ["array", "null"]
    chosen = None if default is None else list(default)
    return {"type": kind, "items": {"type": "string", **more}, "default": chosen, "description": description}


def named(names: Sequence[str]) -> str:
    """Return some of the names, on one line, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return printable(", ".join(names[:SHOWN])) + more


def subject(facts: Property) -> str:
    """Return how a violation calls the certificate: by its first name."""
    return named(facts.get("names").texts()[:1])
