"""The advice to stage a switch: a risky change of values where the live TTL is long. Pure."""

from collections.abc import Collection, Iterator

from sophia_infra.advice.model import Finding, Level
from sophia_infra.changes import Changes, Exposure, SetChange, changed_sets
from sophia_infra.dns.steps import LOW_TTL

CODE = "staged-switch"


def switch_findings(live: str, planned: str, changes: Changes, elsewhere: Collection[str]) -> Iterator[Finding]:
    """Yield a finding for each switch that is better staged.

    `live` and `planned` are canonical text; `elsewhere` are the sets that can't be staged, since their values come
    from other resources or from pools.
    """
    risky = _risky(changes) - set(elsewhere)
    for change in changed_sets(live, planned) if risky else []:
        ttl = max(change.old.values(), default=0)
        if change.subject in risky and ttl > LOW_TTL and not change.ttl_only:
            yield _finding(change, ttl)


def _risky(changes: Changes) -> set[str]:
    """The sets that an apply updates at medium exposure or above, by the reasons that `changes` names."""
    found = set()
    for reason in changes.reasons:
        exposure, *words = reason.split(" ", 3)
        if len(words) == 3 and words[2].startswith("update:") and Exposure.parse(exposure) >= Exposure.MEDIUM:
            found.add(" ".join(words[:2]))
    return found


def _finding(change: SetChange, ttl: int) -> Finding:
    message = f"Resolvers may hold the old values for {_length(ttl)} after the switch, so a bad one can't be undone."
    fix = f'Stage it with staged=["{change.subject}"]: the TTL goes down first, the values follow (docs/staging.md).'
    return Finding(CODE, Level.WARNING, change.subject, message, fix)


def _length(seconds: int) -> str:
    return f"{seconds / 3600:.3g} hours" if seconds >= 7200 else f"{seconds // 60} minutes"
