"""What becomes of mail that fails DMARC when the policy of a name changes."""

from collections.abc import Iterable

from sophia_infra.dns.dmarc.record import Policy, policy_of


def broken(old: Iterable[str], new: Iterable[str]) -> str:
    """Return why mail fares otherwise at once by the new texts of a `_dmarc` name; empty where it does not."""
    before, after = (list(filter(None, map(policy_of, texts))) for texts in (old, new))
    is_whole = not any(policy.is_partial for policy in after)
    if is_whole and "reject" in _demands(after) and _demands(before) <= {"none"}:
        return "mail that fails DMARC is refused at once; ask for reports first, then quarantine"
    if [policy.domain for policy in after] == ["none"] and any(policy.domain != "none" for policy in before):
        return "mail that fails DMARC is delivered again"
    return ""


def _demands(policies: Iterable[Policy]) -> set[str]:
    return {demand for policy in policies for demand in policy.demands}
