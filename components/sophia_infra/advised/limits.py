"""The gate that every plan passes or not: the limits, and a verdict that blocks. No order survives it."""

from sophia_infra.advice.model import Advice, Verdict
from sophia_infra.advised.resource import About
from sophia_infra.changes import Changes
from sophia_infra.errors import SophiaError


class BeyondLimitsError(SophiaError):
    """A plan that goes beyond the limits, or that is advised to be blocked: nothing was written."""

    code = "beyond-limits"


def refuse_beyond(changes: Changes, advice: Advice, about: About) -> None:
    """Refuse a plan that goes beyond the limits, or whose advice is to block.

    Raises:
        BeyondLimitsError: with every limit, the number, and the way out.
    """
    violations = [str(violation) for violation in about.limits.judge(changes, about.unit or "objects")]
    if advice.verdict is Verdict.BLOCK:
        violations.append(f"the advice is to block: {advice.summary}")
    if violations:
        listed = "".join(f"\n  - {violation}" for violation in violations)
        done = counted(changes, about.unit)
        raise BeyondLimitsError(f"{done}; nothing was changed, because it is beyond the limits:{listed}")


def counted(changes: Changes, unit: str) -> str:
    """Return what a plan does in one line, with the reason that weighs most.

    `unit` is what it counts, in the plural; empty where it is one object.
    """
    counts = {"create": changes.creates, "update": changes.updates, "delete": changes.deletes}
    parts = [f"{count} to {verb}" for verb, count in counts.items() if count]
    parts += [f"{len(changes.pending)} known at apply"] if changes.pending else []
    worst = f"; {changes.reasons[0]}" if changes.reasons else ""
    of = f" of {changes.before} {unit}" if unit else ""
    return f"{', '.join(parts) or 'nothing to change'}{of}, exposure {changes.exposure}{worst}"
