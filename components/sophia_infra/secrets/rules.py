"""The rules for secrets. Pure; docs/secrets.md explains every code.

What blocks a step is a finding too: `phases` says it, and here it gets its level.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sophia_infra.advice.model import Finding, Level
from sophia_infra.secrets.decisions import Decision
from sophia_infra.secrets.phases import Block, Phase, Seen, SlotState
from sophia_infra.secrets.spec import SecretSpec

VERSION = "1"
BLOCKING = frozenset({"state-behind", "value-lost"})
"""What no run gets past by itself."""
_WAITING = frozenset({"soak", "login-refused"})
"""What passes by itself: it is good to know, and no reason for caution."""
SHORT_SOAK = timedelta(hours=1)


def judge(spec: SecretSpec, seen: Seen, decision: Decision, now: datetime) -> list[Finding]:
    """Return what all rules have to say, sorted by code."""
    found = [*map(_finding, decision.blocks), *_age(spec, seen, decision, now), *_terms(spec)]
    return sorted(found, key=lambda finding: finding.code)


def _finding(block: Block) -> Finding:
    level = Level.ERROR if block.code in BLOCKING else Level.INFO if block.code in _WAITING else Level.WARNING
    return Finding(f"secret-{block.code}", level, block.subject, block.message, block.fix)


def _age(spec: SecretSpec, seen: Seen, decision: Decision, now: datetime) -> Iterator[Finding]:
    slot = seen.slot(decision.slot)
    if slot.state is not SlotState.ISSUED or slot.at is None:
        return
    age = now - slot.at
    if age > spec.max_age * 2 and decision.phase is not Phase.STEADY:
        told = f"its value is {age.days} days old, and the rotation does not get on"
        yield Finding("secret-overdue", Level.WARNING, spec.name, told, "see what blocks it: sophia secrets show")


def _terms(spec: SecretSpec) -> Iterator[Finding]:
    if spec.terms.soak < SHORT_SOAK:
        told = (
            f"its login of before is refused for {spec.terms.soak} only before it is ended: a job that runs less often"
        )
        yield Finding(
            "secret-soak-short", Level.INFO, spec.name, f"{told} has no time to show", "leave soak out for 2d"
        )
    if spec.max_age <= spec.terms.soak:
        told = "a value is to be replaced before the soak of the one before it is over"
        yield Finding("secret-too-often", Level.WARNING, spec.name, told, "lengthen max_age, or shorten soak")
