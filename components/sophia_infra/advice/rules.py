"""The deterministic advisor: what the rules found, one verdict, no model and no network."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sophia_infra.advice import redaction
from sophia_infra.advice.model import Advice, Autonomy, Edit, Finding, Level, Request, Verdict

MAX_FINDINGS = 20
MAX_EDITS = 20
OPERATIONS = frozenset({"add", "remove", "replace"})


def nothing() -> Sequence[Any]:
    """Find, or propose, nothing."""
    return ()


@dataclass(frozen=True, slots=True)
class RuleAdvisor:
    """An advisor that only says what the rules of a room found.

    `findings` and `edits` are called when advice is asked for, and not when it is replayed. `blocking`
    holds the codes that stop a change; other errors may well be older than the change, so they call for
    caution only.
    """

    findings: Callable[[], Sequence[Finding]] = nothing
    edits: Callable[[], Sequence[Edit]] = nothing
    blocking: Collection[str] = ()

    def advise(self, request: Request) -> Advice:
        """Return the 20 worst findings, else in the order they were found, and the verdict over all of them."""
        found = worst_first(self.findings())
        listed = f"; the {MAX_FINDINGS} worst are listed" if len(found) > MAX_FINDINGS else ""
        return Advice(
            id=request.fingerprint,
            advisor="rules",
            verdict=verdict(found, self.blocking),
            summary=counted(found) + listed,
            findings=tuple(map(redaction.finding, found[:MAX_FINDINGS])),
            edits=tuple(self.edits())[:MAX_EDITS],
        )


def verdict(findings: Sequence[Finding], blocking: Collection[str] = ()) -> Verdict:
    """Return block for a blocking code, caution for any other error, approve otherwise."""
    if any(finding.code in blocking for finding in findings):
        return Verdict.BLOCK
    return Verdict.CAUTION if any(finding.level is Level.ERROR for finding in findings) else Verdict.APPROVE


def counted(findings: Sequence[Finding]) -> str:
    """Return how many findings there are of each level: `1 error, 2 warnings`."""
    counts = Counter(finding.level for finding in findings)
    words = [f"{counts[level]} {_plural(level, counts[level])}" for level in Level if counts[level]]
    return ", ".join(words) or "no findings"


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings by level, else in the order they came in."""
    order = tuple(Level)
    return sorted(findings, key=lambda finding: order.index(finding.level))


def permit(advice: Advice, autonomy: Autonomy) -> Advice:
    """Return advice with the edits that the autonomy level lets through.

    `analysis` lets none through; at `suggest` every edit is a proposal, whatever an advisor called it, and
    one that is no known operation is kept as rejected.
    """
    if autonomy is Autonomy.ANALYSIS:
        return replace(advice, edits=())
    return replace(advice, edits=tuple(map(_proposed, advice.edits)))


def compose(rules: Advice, other: Advice) -> Advice:
    """Return the advice of two advisors as one: the worse verdict, and what the rules found first.

    This is what keeps any second advisor, a model above all, from talking the rules out of a verdict.
    """
    return replace(
        rules,
        advisor=f"{rules.advisor}+{other.advisor}",
        verdict=max(rules.verdict, other.verdict),
        summary=f"{rules.summary}; {other.summary}",
        findings=tuple(dict.fromkeys(rules.findings + other.findings)),
        edits=tuple(dict.fromkeys(rules.edits + other.edits)),
    )


def _proposed(edit: Edit) -> Edit:
    known = edit.op in OPERATIONS and edit.state != "rejected"
    return replace(edit, state="proposed" if known else "rejected")


def _plural(level: Level, count: int) -> str:
    return level if level is Level.INFO or count == 1 else f"{level}s"
