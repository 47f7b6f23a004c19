"""How the certificate is doing: what stands in the way of its order, and whether it was renewed in time."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from pulumi_policy import EnforcementLevel

from sophia_policy_kit import LEVELS, VERDICTS, ContractError, Property, policy, printable

from .facts import CONFIGURATION, FACTS, certificate_policy, subject, texts

STATES = ("none", "good", "late", "expired", "future")
OVERDUE = {
    "late": "more than half of its renewal window has passed",
    "expired": "it has expired",
    "future": "it begins in the future",
}


def blocking_preflight(advice: Property, config: Property) -> Iterator[str]:
    """Judge the verdict on the certificate, and findings by code; what is older than the change holds nothing up."""
    if advice.get("verdict").word(VERDICTS) == "block":
        yield f"{printable(advice.get('summary').text())}. Resolve the findings: nothing is ordered while they stand"
    codes = config.get("codes").texts()
    for finding in advice.get("findings").items():
        code, is_old = finding.get("code").text(), finding.get("old", False).flag()
        if not is_old and any(fnmatchcase(code, pattern) for pattern in codes):
            level = finding.get("level").word(LEVELS)
            told, fix = (printable(finding.get(key).text()) for key in ("message", "fix"))
            yield (
                f"{level} {printable(code)} {printable(finding.get('subject').text())}: {told} Fix: {fix}, or take the "
                f"code out of codes {CONFIGURATION}"
            )


def _is_ordering(inputs: Property) -> bool:
    """Whether the inputs are those of a certificate that this run orders; one that waits for its facts may be."""
    try:
        return inputs.get(FACTS, {}).get("renews", False).flag()
    except ContractError:
        return True


def renewal_overdue(facts: Property, _: Property) -> Iterator[str]:
    """Tell what is overdue and not renewed by this run. Holding the run up would renew nothing."""
    state = facts.get("state").word(STATES)
    if state in OVERDUE and not facts.get("renews").flag():
        yield (
            f"The certificate of {subject(facts)} is not renewed: {OVERDUE[state]}, and this run orders none. Look at "
            f"its advice for what holds it back"
        )


BLOCKING_PREFLIGHT = policy(
    "blocking-preflight",
    "What stands in the way of an order stops it.",
    "advice",
    blocking_preflight,
    {"codes": texts([], "Globs over codes of findings, warnings too, that stop a run beside a verdict to block.")},
    among=_is_ordering,
)
RENEWAL_OVERDUE = certificate_policy(
    "renewal-overdue", "Certificates are renewed in time.", renewal_overdue, level=EnforcementLevel.ADVISORY
)
