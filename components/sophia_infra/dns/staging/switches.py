"""The advice to stage a switch: a risky change of values, or of type, where the live TTL is long. Pure."""

from collections.abc import Collection, Iterator

from sophia_infra.advice.model import Finding, Level
from sophia_infra.changes import Changes, Exposure
from sophia_infra.dns.exposure import SetChange, changed_sets
from sophia_infra.dns.staging.steps import LOW_TTL

CODE = "staged-switch"


def switch_findings(
    live: str, planned: str, changes: Changes, hidden: Collection[str], pooled: Collection[str]
) -> Iterator[Finding]:
    """Yield a finding for each switch that is better staged; of a name that changes its type, one.

    `live` and `planned` are canonical text; `hidden` are the sets whose values are not known or secret, so that they
    can't be staged; `pooled` are those that pools publish.
    """
    risky = _risky(changes) - set(hidden)
    told = set[str]()
    for change in changed_sets(live, planned) if risky else []:
        ttl = max(change.old.values(), default=0)
        if change.subject not in risky or ttl <= LOW_TTL or change.ttl_only or change.owner in told:
            continue
        if not change.new:
            told.add(change.owner)
        yield _finding(change, ttl, pooled)


def _risky(changes: Changes) -> set[str]:
    """The sets that an apply updates or replaces at medium exposure or above, by the reasons that `changes` names."""
    found = set()
    for reason in changes.reasons:
        exposure, *words = reason.split(" ", 3)
        operation = words[2].partition(":")[0] if len(words) == 3 else ""
        if operation in ("update", "replace") and Exposure.parse(exposure) >= Exposure.MEDIUM:
            found.add(" ".join(words[:2]))
    return found


def _finding(change: SetChange, ttl: int, pooled: Collection[str]) -> Finding:
    message = f"Resolvers may hold the old values for {_length(ttl)} after the switch, so a bad one can't be undone."
    named = change.subject if change.new else change.owner
    if not any(subject.partition(" ")[0] == change.owner for subject in pooled):
        fix = f'Stage it with staged=["{named}"]: the TTL goes down first, the values follow (docs/staging.md).'
    elif max(change.new.values(), default=0) > LOW_TTL:
        fix = f"Give the pool a ttl of {LOW_TTL} s or less: it can lead nobody away from a target any faster."
    else:
        fix = f"Lower its TTL in a run before, and let the pool take the name over {_length(ttl)} later."
    return Finding(CODE, Level.WARNING, change.subject, message, fix)


def _length(seconds: int) -> str:
    return f"{seconds / 3600:.3g} hours" if seconds >= 7200 else f"{seconds // 60} minutes"
