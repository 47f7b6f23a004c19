"""What `delete` does for a zone: it takes this stack's records away, and never those that another resource took on."""

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from sophia_infra.advice.report import STDERR
from sophia_infra.advised import About, BeyondLimitsError
from sophia_infra.advised.limits import accept
from sophia_infra.changes import Changes, Exposure, fingerprint, worst_first
from sophia_infra.dns.backends import Backend, BaseMovedError, Live, backup, base_of
from sophia_infra.dns.exposure import between, changed_sets, count_sets, weigh_protected
from sophia_infra.dns.lifecycle.owners import Others, others
from sophia_infra.dns.rows import Owner, ZoneIntent, ZoneOutcome
from sophia_infra.dns.rr.record import APEX, apex_of, from_text, to_text
from sophia_infra.dns.spec import ZoneSpec
from sophia_infra.dns.state import ZoneState
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal

VARIABLE, ALWAYS = "SOPHIA_REMOVE", "always"
_WHOLE_ZONE = "@ ANY"
"""That nothing is left is no accident where the last part of a zone is deleted; each set that goes is weighed."""


class RemovalError(SophiaError):
    """A zone of which nobody knows here whether another resource serves it by now. Nothing was removed."""

    code = "removal"


def delete(spec: ZoneSpec, state: ZoneState, journal: Journal, backend: Backend) -> None:
    """Take this stack's records away: the whole zone where nobody else has a part in it. A way back is kept.

    - Records that another resource wrote, or plans in this run, stay. Example: `shop` is renamed to `store`; the run
      plans `store`, then deletes `shop`, and nothing is taken away.
    - With SOPHIA_REMOVE=always, records that the other wrote before this resource did go as well.
    - Records that the other ignores, or does not manage, go.
    - A zone that moved stays where it was, and so does one whose resource is for another domain now: the world asks
      there until the delegation has changed.

    Raises:
        RemovalError: the journal here does not say that this resource wrote it, and SOPHIA_REMOVE is not `always`.
        BeyondLimitsError: something protected would go, or a part that much hangs on; nothing was removed.
        BackendError: the zone can't be read or written, or no copy of it can be kept.
        JournalError: the journal can't be read or written; nothing was done.
    """
    forced = os.environ.get(VARIABLE) == ALWAYS
    intent = ZoneIntent(Owner.of(state, state.holder, tuple), removed=True)
    beside = others(journal, backend.location, intent.owner, forced=forced)
    going = None if beside.elsewhere else _split(state, backend.read(), beside.owners)
    if going is None or (beside.owners and going.live.text and not going.gone):
        _tell_of_stay(backend.location, state.domain, beside)
        _strike(journal, backend.location, intent, beside)
        return
    if going.gone and not beside.known and not forced:
        raise RemovalError(
            f"the journal {journal.name} does not say that this resource wrote {backend.location}, so another one may "
            "serve it by now; nothing was removed. If another does, forget this one (pulumi state delete URN); else "
            f"run this where the stack was applied, or, if it is meant, with {VARIABLE}={ALWAYS} in the environment"
        )
    _judge(going, spec, beside.owners, journal, backend.location)
    journal.write(backend.location, intent)
    _take_away(going, state, beside.owners, backend)
    _strike(journal, backend.location, intent, beside)


def _strike(journal: Journal, location: str, intent: ZoneIntent, beside: Others) -> None:
    """Journal that this resource has no part in the zone any more, nor has what it was before it was forgotten."""
    for holder in (intent.owner.holder, *(owner.holder for owner in beside.forgotten)):
        if holder:
            journal.write(location, ZoneOutcome(replace(intent, owner=replace(intent.owner, holder=holder))))


def _tell_of_stay(location: str, domain: str, beside: Others) -> None:
    by = f" ({beside.names})" if beside.owners else ""
    STDERR.say_once(
        f"zone {domain}: its records at {location} stay, because another resource{by} serves the zone now; take them "
        "away by hand once nobody asks there"
    )


class _Split(NamedTuple):
    """A live zone, what of it is taken away, and what is left: the SOA and NS at the apex, and what others have."""

    live: Live
    gone: str
    left: str
    bare: bool


def _split(state: ZoneState, live: Live, owners: Sequence[Owner]) -> _Split:
    if not live.text:
        return _Split(live, "", "", bare=True)
    target = state.ownership.split(live.text, lambda: state.subjects).merge("")
    own = from_text(target.own)
    inherited = {record for record in own if any(owner.covers(record) for owner in owners)}
    kept = [*target.foreign, *inherited]
    return _Split(
        live,
        gone=to_text([record for record in own if record not in inherited]),
        left=to_text([*kept, *apex_of(live.text)]),
        bare=all(record.subject in APEX for record in kept),
    )


def _judge(going: _Split, spec: ZoneSpec, owners: Sequence[Owner], journal: Journal, location: str) -> None:
    """Refuse to make of a live zone what is left of it, where that is beyond the limits; overrides count.

    A part goes from a zone that stays in service: the same as an update that removes it, but that counts are shares of
    the whole zone. Of a whole zone, which nobody takes for a change of it, only what is protected holds.
    """
    live = going.live.text
    limits = spec.limits
    if spec.ownership.is_whole and not any(owner.ownership.is_whole for owner in owners):
        changes = _protected(live, "" if going.bare else going.left, spec.protect)
        limits = replace(limits, max_deletes=None, max_delete_share=1.0)
    else:
        # What relies on this resource has left the stack before it.
        changes = between(live, going.left, origin=spec.domain, protect=spec.protect)
    about = About("zone", spec.domain, location, limits=spec.limits, overrides=spec.overrides)
    accepted = accept(changes, about, journal)
    violations = limits.judge(replace(accepted, accepted=(*accepted.accepted, _WHOLE_ZONE)), "record sets")
    if violations:
        listed = "".join(f"\n  - {violation}" for violation in violations)
        raise BeyondLimitsError(
            f"{about}: {changes.deletes} of {changes.before} record sets would go from {location}; nothing "
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


def _take_away(going: _Split, state: ZoneState, owners: Sequence[Owner], backend: Backend) -> None:
    def decide(live: Live) -> str:
        now = _split(state, live, owners)
        if base_of(now.gone) != base_of(going.gone):
            raise BaseMovedError(backend.location)
        return now.left

    # What can't be seen may well be there: the backend has to say that it is not.
    if not going.live.text or (state.ownership.is_whole and going.bare):
        backend.remove()
    else:
        backup.keep(going.live, state.domain)
        backend.apply(decide)
