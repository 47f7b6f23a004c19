"""Whether records may be taken away for good: a delete of a resource, judged as the change that it is."""

from collections.abc import Sequence
from dataclasses import replace

from sophia_infra.advised import About, BeyondLimitsError
from sophia_infra.advised.limits import accept
from sophia_infra.changes import Changes, Exposure, fingerprint, worst_first
from sophia_infra.dns.exposure import between, changed_sets, count_sets, weigh_protected
from sophia_infra.dns.spec import ZoneSpec
from sophia_infra.journal import Journal

_WHOLE_ZONE = "@ ANY"
"""That nothing is left is no accident where the last part of a zone is deleted; each set that goes is weighed."""


def judge(spec: ZoneSpec, live: str, left: str, place: str, journal: Journal, *, whole: bool) -> None:
    """Refuse to make of a live zone what is left of it, where that is beyond the limits; overrides count.

    A part goes from a zone that stays in service: the same as an update that removes it, but that counts are shares of
    the whole zone. Of a whole zone, which nobody takes for a change of it, only what is protected holds.

    Raises:
        BeyondLimitsError: it is beyond the limits; nothing was taken away.
        JournalError: an override is needed and can't be journaled.
    """
    if whole:
        changes = _protected(live, left, spec.protect)
        limits = replace(spec.limits, max_deletes=None, max_delete_share=1.0)
    else:
        # What relies on this resource has left the stack before it.
        changes = between(live, left, origin=spec.domain, protect=spec.protect)
        limits = spec.limits
    about = About("zone", spec.domain, place, limits=spec.limits, overrides=spec.overrides)
    accepted = accept(changes, about, journal)
    violations = limits.judge(replace(accepted, accepted=(*accepted.accepted, _WHOLE_ZONE)), "record sets")
    if violations:
        listed = "".join(f"\n  - {violation}" for violation in violations)
        raise BeyondLimitsError(
            f"{about}: {changes.deletes} of {changes.before} record sets would go from {place}; nothing "
            f"was removed, because it is beyond the limits:{listed}\n"
            "overrides and limits, the stack's as well, count once `pulumi up` has run with them while the zone is in "
            "the program, or at once with `pulumi destroy --run-program`"
        )


def _protected(live: str, left: str, protect: Sequence[str]) -> Changes:
    sets = changed_sets(live, left)
    reasons = list(weigh_protected(sets, protect))
    return Changes(
        deletes=len(sets),
        before=count_sets(live),
        exposure=max((reason.exposure for reason in reasons), default=Exposure.NONE),
        reasons=worst_first(reasons),
        base=fingerprint(live),
    )
