"""What `check` does for a zone: live base and desired zone in, `changes` and `advice` out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sophia_infra.advice import report
from sophia_infra.advice.approval import approved, digest, proposed
from sophia_infra.advice.journal import Journal, JournalError
from sophia_infra.advice.model import Advice, Edit, Verdict
from sophia_infra.changes import Changes, fingerprint
from sophia_infra.dns.approved import APPLIED, as_input, carried, with_edits
from sophia_infra.dns.backends import Backend, BackendError, Live, base_of
from sophia_infra.dns.desired import Late, known_late, late_records, live_sets, merged, pending, subjects_of, without
from sophia_infra.dns.exposure import between
from sophia_infra.dns.frame import missing_frame
from sophia_infra.dns.lifecycle import claims
from sophia_infra.dns.lifecycle.accepting import accept
from sophia_infra.dns.lifecycle.advising import advise
from sophia_infra.dns.lifecycle.apply import written_by
from sophia_infra.dns.lifecycle.found import Found, found_for
from sophia_infra.dns.lifecycle.moved import plan_of_run, refuse_moved
from sophia_infra.dns.lifecycle.telling import counted, tell
from sophia_infra.dns.ownership import Ownership, Part, Target
from sophia_infra.dns.reader import refuse_unloadable
from sophia_infra.dns.rr.record import Record, from_text
from sophia_infra.dns.staging.staged import Asked, Known, Staged, staged
from sophia_infra.dns.zone_inputs import Wanted
from sophia_infra.errors import SophiaError


class BeyondLimitsError(SophiaError):
    """A plan that goes beyond the limits: nothing was written."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an apply will do: the text to store, what this stack's part of the zone holds, and what that changes.

    `shown` is the zone without its secret values, foreign records included: all that rules, advice and journal see.
    `digest` stands for this stack's part of it; secret values are left out, since a short one could be guessed.
    """

    text: str
    shown: str
    digest: str
    changes: Changes
    steps: Staged
    foreign: tuple[Record, ...] = ()
    edits: tuple[Edit, ...] = ()

    @property
    def editable(self) -> str:
        """What of the zone the program gives as text: not what it gave before, and a step still holds."""
        return without(self.text, self.steps.held)


def make(wanted: Wanted, olds: Mapping[str, Any], journal: Journal, backend: Backend) -> dict[str, Any]:
    """Return the inputs that `check` publishes: `text` with its frame, `changes`, `advice`.

    Of a zone with staged sets `late` is among them, without what steps hold; None stands for what is not known.

    Raises:
        BackendError: the live zone can't be read, keeps what would have to go, or moved since this run's preview.
        OwnershipError: a record is asked for that is not this stack's to write.
        ClaimError: another resource of this run manages the same zone.
        ZoneTextError: no name server would load the zone.
        BeyondLimitsError: the plan goes beyond the limits.
    """
    found = found_for(wanted, olds, journal, backend)
    planned = _plan(wanted, olds, found, backend, carried(olds))
    advice = advise(wanted, found.live.text, planned.shown, planned.editable, planned.changes, olds, journal)
    if edits := _approved(advice, planned.changes.base, wanted, backend.place, journal):
        planned = _plan(wanted, olds, found, backend, [*planned.edits, *edits])
        advice = advise(wanted, found.live.text, planned.shown, planned.editable, planned.changes, olds, journal)
    refuse_moved(backend.place, wanted.ownership, _row(wanted, olds, planned), journal)
    claims.refuse_second(journal, backend.place, wanted.named)
    planned = replace(planned, changes=accept(planned.changes, wanted, backend.place, journal))
    ended = [edit for edit in carried(olds) if edit not in planned.edits]
    tell(wanted.domain, planned.changes, planned.foreign, planned.edits, ended, advice)
    report.say_each(f"zone {wanted.domain}", [*planned.steps.lines, *found.pooled.lines])
    _judge(wanted, planned.changes, advice)
    return {
        "text": planned.text,
        **({"health": found.pooled.health} if wanted.pools else {}),
        **(_of_steps(wanted, planned.steps) if wanted.staged else {}),
        "edits": as_input(planned.edits),
        "changes": planned.changes.as_inputs(),
        "advice": advice.as_inputs(),
    }


def _of_steps(wanted: Wanted, steps: Staged) -> dict[str, Any]:
    """What steps publish stands in the text, and so no longer among the values that come late."""
    late = {key: values for key, values in wanted.late.items() if Late.parse(key).subject not in steps.held}
    return {"late": late, "stages": steps.stages}


def _row(wanted: Wanted, olds: Mapping[str, Any], planned: Plan) -> dict[str, Any]:
    asked = {"text": planned.text, "late": wanted.late}
    who = claims.row(wanted.named, olds.get("holder") or "", lambda: written_by(asked))
    edits = [digest(edit) for edit in planned.edits]
    return {**who, "desired": planned.digest, "base": planned.changes.base, "edits": edits}


def _approved(advice: Advice, base: str, wanted: Wanted, place: str, journal: Journal) -> tuple[Edit, ...]:
    """The edits that a person approved; a journal that can't be read approves nothing.

    What the preview of this run applied is applied again, though a value that has come since makes it another request.
    """
    try:
        said, before = approved(journal, advice, base), plan_of_run(place, wanted.ownership, journal)
        shown = before.value.get("edits", ()) if before else ()
        return tuple(edit for edit in proposed(advice) if edit in said or digest(edit) in shown)
    except JournalError as error:
        report.say_once(f"no edit is applied: {error}")
        return ()


def _plan(wanted: Wanted, olds: Mapping[str, Any], found: Found, backend: Backend, edits: Sequence[Edit]) -> Plan:
    live = found.live
    if wanted.text is None:
        return _unknown(wanted, olds, live)
    text = wanted.text
    part = wanted.ownership.part(live.text, lambda: written_by(olds))
    part.refuse_pending(found.pending)
    if wanted.ownership.is_whole:
        late_subjects = subjects_of(wanted.late)
        lived = live.text or olds.get("text") or ""
        frame = missing_frame(text, late_subjects, lived, wanted.name_servers, wanted.domain)
        text = merged(text, [record for record in frame if not wanted.ownership.ignores(record)])
    text, done = with_edits(text, edits, wanted.domain, _taken(wanted, part) if edits else ())
    steps = _staged(wanted, olds, found, backend, part, text)
    if steps.held:
        _refuse_put_off(wanted, found, backend, part, text)
    text = merged(steps.text, found.pooled.records)
    awaited = [subject for subject in pending(wanted.late) if subject not in steps.held]
    zone = merged(text, [*_late(wanted, steps.held), *live_sets(part.own, awaited)])
    target = part.join(backend.normalize(zone, live))
    live.refuse_unreachable(target.whole)
    if target.whole != wanted.text:
        refuse_unloadable(target.whole, wanted.domain)
    shown = without(target.whole, wanted.late_secret)
    unknown = [*awaited, *found.pooled.pending]
    changes = _between(wanted, target, _previous(wanted, olds, text, zone), unknown)
    applied = tuple(edit for edit in done if edit.state == APPLIED)
    return Plan(text, shown, _digest(target.desired, wanted.late_secret), changes, steps, target.foreign, applied)


def _staged(wanted: Wanted, olds: Mapping[str, Any], found: Found, backend: Backend, part: Part, text: str) -> Staged:
    if not wanted.staged:
        return Staged(text, {})
    asked = Asked(
        text=text,
        zone=backend.normalize(merged(text, _late(wanted)), found.live),
        late=subjects_of(wanted.late),
        pending={one.subject: one.ttl for one in map(Late.parse, wanted.late) if wanted.late[str(one)] is None},
        secret=wanted.late_secret,
        pooled=wanted.pooled,
    )
    known = Known(olds.get("stages") or {}, _last(wanted, olds, found, backend), found.cached)
    return staged(part.with_alike(asked.zone).own, asked, wanted.staged, known, found.moment)


def _refuse_put_off(wanted: Wanted, found: Found, backend: Backend, part: Part, text: str) -> None:
    """Refuse now what the steps would come to once they are done, and that no apply could make."""
    others = [*_late(wanted), *live_sets(part.own, pending(wanted.late)), *found.pooled.records]
    later = backend.normalize(merged(text, others), found.live)
    target = part.with_alike(later).join(later)
    found.live.refuse_unreachable(target.whole)
    refuse_unloadable(target.whole, wanted.domain)


def _last(wanted: Wanted, olds: Mapping[str, Any], found: Found, backend: Backend) -> str:
    """The zone that was applied last, as the backend held it."""
    zone = merged(olds.get("text") or "", late_records(known_late(olds), wanted.late_secret, wanted.domain))
    try:
        return backend.normalize(zone, found.live)
    except BackendError:  # it was applied elsewhere
        return zone


def _late(wanted: Wanted, held: Collection[str] = ()) -> list[Record]:
    records = late_records(wanted.late, wanted.late_secret, wanted.domain)
    return [record for record in records if record.subject not in held]


def _digest(desired: str, secret: Sequence[str]) -> str:
    """What stands for what is asked for; of secret values that they are there: a short one could be guessed."""
    present = {record.subject for record in from_text(desired)}.intersection(secret) if secret else set[str]()
    return fingerprint("\n".join([without(desired, secret), *sorted(present)]))


def _taken(wanted: Wanted, part: Part) -> list[str]:
    """The record sets that are asked for otherwise than by text, or by somebody else."""
    return [*subjects_of(wanted.late), *wanted.pooled, *(record.subject for record in part.foreign)]


def _unknown(wanted: Wanted, olds: Mapping[str, Any], live: Live) -> Plan:
    """Nothing is planned while the text is not known, but the zone stays as it is until then."""
    own = wanted.ownership.part(live.text, lambda: written_by(olds)).own
    changes = _between(wanted, Target(own, own, live.text), None, ())
    steps = Staged(own, olds.get("stages") or {})
    return Plan(own, live.text, fingerprint(own), replace(changes, pending=("@ ANY",)), steps)


def _between(wanted: Wanted, target: Target, previous: str | None, unknown: Sequence[str]) -> Changes:
    changes = between(
        target.own,
        target.desired,
        origin=wanted.domain,
        previous=previous,
        whole=target.whole if target.foreign else None,
        protect=wanted.protect,
        pending=unknown,
        relied_on=wanted.relied_on.items(),
    )
    return replace(changes, base=base_of(target.own))


def _previous(wanted: Wanted, olds: Mapping[str, Any], text: str, zone: str) -> str | None:
    """The zone as it was last asked for, to tell whether the source itself shrank; None for another part of it."""
    old_text, old_late = olds.get("text"), olds.get("late") or {}
    if not isinstance(old_text, str) or wanted.ownership != Ownership.of(olds):
        return None
    if (old_text, old_late) == (text, wanted.late):
        return zone
    return merged(old_text, late_records(known_late(olds), subjects_of(old_late), wanted.domain))


def _judge(wanted: Wanted, changes: Changes, advice: Advice) -> None:
    violations = [str(violation) for violation in wanted.limits.judge(changes)]
    if advice.verdict is Verdict.BLOCK:
        violations.append(f"the advice is to block: {advice.summary}")
    if violations:
        listed = "".join(f"\n  - {violation}" for violation in violations)
        raise BeyondLimitsError(f"{counted(changes)}; nothing was changed, because it is beyond the limits:{listed}")
