"""The verdict on a change that no advisor is asked about. Pure."""

from collections.abc import Collection

from sophia_infra.advice.model import Finding, Level, Verdict
from sophia_infra.changes import Changes, Exposure, Violation


def verdict_on(changes: Changes, violations: Collection[Violation], findings: Collection[Finding] = ()) -> Verdict:
    """Return block beyond a limit; caution at exposure high or above, or with a new error; approve otherwise.

    `findings` are those that the zone has after the change and not before it.
    """
    if violations:
        return Verdict.BLOCK
    broken = any(finding.level is Level.ERROR for finding in findings)
    return Verdict.CAUTION if broken or changes.exposure >= Exposure.HIGH else Verdict.APPROVE
