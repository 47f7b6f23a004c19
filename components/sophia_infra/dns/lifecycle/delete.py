"""What `delete` does for a zone: it takes this stack's records away, and never those that another resource took on."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from sophia_infra.advised import About
from sophia_infra.advised.limits import accept, refused, violations
from sophia_infra.advised.this_run import VARIABLE, addressees, this_run
from sophia_infra.changes import Changes, Exposure, fingerprint, worst_first
from sophia_infra.dns.backends import Backend, BaseMovedError, Live, backup, base_of, for_part
from sophia_infra.dns.exposure import changed_sets, count_sets, weigh_protected
from sophia_infra.dns.lifecycle.departure import WHOLE_ZONE, Departure, Split, depart, split
from sophia_infra.dns.lifecycle.owners import Others
from sophia_infra.dns.rows import Owner, ZoneIntent, ZoneOutcome
from sophia_infra.dns.spec import ZoneSpec
from sophia_infra.dns.state import ZoneState
from sophia_infra.journal import Journal
from sophia_infra.reporter import STDERR, Reporter

log = logging.getLogger(__name__)
_LONGER = (
    "\noverrides and limits, the stack's as well, count once `pulumi up` has run with them while the zone is in the "
    "program, or at once with `pulumi destroy --run-program`"
)


def delete(spec: ZoneSpec, state: ZoneState, journal: Journal, backend: Backend, reporter: Reporter = STDERR) -> None:
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
    leaves = depart(state, journal, backend)
    intent, going, beside = ZoneIntent(leaves.owner, removed=True), leaves.going, leaves.beside
    if going is None:
        reporter.say_once(_staying(backend.location, state.domain, beside))
        _strike(journal, backend.location, intent, beside)
        return
    _judge(leaves, going, spec, journal, backend.location, reporter)
    journal.write(backend.location, intent)
    log.debug("zone %s: leaves %s, against base %.12s", state.domain, backend.location, base_of(going.gone))
    _take_away(going, state, beside.owners, backend)
    log.debug("zone %s: has left", state.domain)
    reporter.say_once(f"zone {state.domain}: {count_sets(going.gone)} record sets are gone from {backend.location}")
    _strike(journal, backend.location, intent, beside)


def _strike(journal: Journal, location: str, intent: ZoneIntent, beside: Others) -> None:
    """Journal that this resource has no part in the zone any more, nor has what it was before it was forgotten."""
    for holder in (intent.owner.holder, *(owner.holder for owner in beside.forgotten)):
        if holder:
            journal.write(location, ZoneOutcome(replace(intent, owner=replace(intent.owner, holder=holder))))


def _staying(location: str, domain: str, beside: Others) -> str:
    if beside.owners:  # that is the live zone: nothing is to be done
        why = f"because another resource ({beside.names}) serves the zone there now"
    else:
        why = "for the zone is served elsewhere now; take them away by hand once nobody asks there"
    return f"zone {domain}: its records at {location} stay, {why}"


def _judge(
    leaves: Departure, going: Split, spec: ZoneSpec, journal: Journal, location: str, reporter: Reporter
) -> None:
    """Refuse to make of a live zone what is left of it, where that is beyond the limits; overrides count.

    A part goes from a zone that stays in service: the same as an update that removes it, but that counts are shares of
    the whole zone. Of a whole zone, which nobody takes for a change of it, only what is protected holds.
    """
    limits = spec.limits
    if leaves.is_whole:
        changes = _protected(going.live.text, "" if going.bare else going.left, spec.protect)
        limits = replace(limits, max_deletes=None, max_delete_share=1.0)
    else:
        changes = leaves.changes(spec)
    about = About("zone", spec.domain, location, unit="record sets", limits=limits, overrides=spec.overrides)
    if named := addressees():  # no program runs in a `destroy`, so nobody else would say whom a misspelt entry is for
        reporter.say_once(f"what {VARIABLE} of this run accepts is for {', '.join(named)}")
    accepted = accept(changes, about, journal, reporter)
    accepted = replace(accepted, accepted=(*accepted.accepted, WHOLE_ZONE))
    if beyond := violations(accepted, about, run=this_run(str(about))):
        goes = f"{about}: {changes.deletes} of {changes.before} record sets would go from {location}"
        raise refused(f"{goes}; nothing was removed", beyond, about, "pulumi destroy (or pulumi up)", _LONGER)


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


def _take_away(going: Split, state: ZoneState, owners: Sequence[Owner], backend: Backend) -> None:
    def decide(live: Live) -> str:
        now = split(state, live, owners)
        if base_of(now.gone) != base_of(going.gone):
            raise BaseMovedError(backend.location)
        return now.left

    # What can't be seen may well be there: the backend has to say that it is not.
    if not going.live.text or (state.ownership.is_whole and going.bare):
        backend.remove()
    else:
        backup.keep(going.live, state.domain)
        (backend if state.ownership.is_whole else for_part(backend)).apply(decide)
