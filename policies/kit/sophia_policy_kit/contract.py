"""The input properties `changes` and `advice`: their words, and readers that look at more than one member."""

import re
from dataclasses import dataclass

from sophia_policy_kit.properties import ContractError, Property, printable

EXPOSURES = ("none", "low", "medium", "high", "critical")
VERDICTS = ("approve", "caution", "block")
LEVELS = ("error", "warning", "info")
AUTONOMY = ("analysis", "suggest", "limited", "full")
"""What may be done with an advisor's edits; each allows what the one before it does."""

_REASON = re.compile(rf"({'|'.join(EXPOSURES)}) (\S+(?: \S+)?) ([a-z]+): \S.*", re.DOTALL)
_MORE = re.compile(r"and \d+ more")


@dataclass(frozen=True, slots=True)
class Reason:
    """One line of `changes.reasons`, taken apart."""

    exposure: str
    subject: str
    operation: str
    text: str


def reasons(changes: Property) -> tuple[list[Reason], bool]:
    """Return what `changes.reasons` names, and whether it names everything."""
    lines = changes.get("reasons").items()
    truncated = bool(lines) and _MORE.fullmatch(lines[-1].text()) is not None
    return [_reason(line) for line in (lines[:-1] if truncated else lines)], not truncated


def _reason(line: Property) -> Reason:
    found = _REASON.fullmatch(line.text())
    if found is None:
        raise line.wrong("`<exposure> <subject> <operation>: <why>`")
    return Reason(found[1], found[2], found[3], printable(line.text()))


def exposure(changes: Property) -> str:
    """Return `changes.exposure`, which may not be lower than the worst reason."""
    stated = changes.get("exposure").word(EXPOSURES)
    worst = max((EXPOSURES.index(reason.exposure) for reason in reasons(changes)[0]), default=0)
    if worst > EXPOSURES.index(stated):
        raise ContractError(f"{changes.path}.exposure is {stated}, but a reason says {EXPOSURES[worst]}")
    return stated
