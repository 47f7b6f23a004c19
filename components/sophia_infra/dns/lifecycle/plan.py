"""What an apply will do to a zone, from the world as it was read. Pure: the same world gives the same plan."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

from sophia_infra.advice.model import Edit
from sophia_infra.changes import Changes, covers, fingerprint, subject_of
from sophia_infra.dns.backends import base_of
from sophia_infra.dns.desired.aliases import with_aliases
from sophia_infra.dns.desired.apex import with_apex
from sophia_infra.dns.desired.desired import Aliased, Desired, Step, World
from sophia_infra.dns.desired.edits import with_approved
from sophia_infra.dns.desired.late import with_late
from sophia_infra.dns.desired.pools import with_pools
from sophia_infra.dns.desired.stages import with_stages
from sophia_infra.dns.exposure import between
from sophia_infra.dns.ownership import CREATED, Part, Target
from sophia_infra.dns.reader import refuse_unloadable
from sophia_infra.dns.rr.record import Record, from_text, subjects_of, without
from sophia_infra.dns.serial import with_serial
from sophia_infra.dns.staging.staged import Staged
from sophia_infra.values import listed

log = logging.getLogger(__name__)

DETAILS_LIMIT = 50
"""How many records the details of a plan name."""
DRIFT_NAMED = 5
"""Of them, how many are named in the line that tells of drift."""

PIPELINE: tuple[Step, ...] = (with_apex, with_approved, with_aliases, with_stages, with_pools, with_late)
"""The steps from what the program gives as text to the zone that is applied, in their order.

A staged switch may hold back what an edit changes, or an address that an ALIAS leads to, so those come first. A pool's
set is never staged. Late values come last, since a set whose switch is held back must not get its value yet.
"""


@dataclass(frozen=True, slots=True)
class ZonePlan:
    """What an apply will do.

    Attributes:
        text: canonical text of what is applied beside the late values: the `text` property.
        shown: the whole zone afterwards, foreign records included, without secret values: all that may be judged.
        digest: the hash of this stack's part of it. Of secret values it covers that they are there, and not what they
            are: a short one could be guessed.
        details: see `details`.
        adopted: the sets of others that are live as they are asked for, where a stack manages what it created.
    """

    text: str
    shown: str
    digest: str
    changes: Changes
    aliased: Aliased = field(default_factory=Aliased)
    staged: Staged = field(default_factory=lambda: Staged("", {}))
    foreign: tuple[Record, ...] = ()
    edits: tuple[Edit, ...] = ()
    details: tuple[str, ...] = ()
    adopted: tuple[str, ...] = ()

    @property
    def editable(self) -> str:
        """What of the zone the program gives as text now: a held step publishes what it gave before."""
        return without(self.text, self.staged.held)


def plan(world: World, edits: Sequence[Edit] = ()) -> ZonePlan:
    """Return what an apply will do in a world, with the edits that a person approved.

    Raises:
        OwnershipError: a record is asked for that is not this stack's to write.
        ZoneTextError: no name server would load the zone.
        BackendError: the backend can't hold it, or keeps what would have to go.
        StagingError: a switch can't be staged, though the program says so.
        AliasError: as `desired.aliases`.
    """
    spec, part = world.spec, world.part
    if spec.source is None:
        return _unknown(world)
    part.refuse_pending(world.unwritten)
    desired = reduce(lambda before, step: _made(step, before, world), PIPELINE, Desired(spec.source, tuple(edits)))
    target = part.merge(world.normalize(desired.zone))
    world.live.refuse_unreachable(target.whole)
    if target.whole != spec.source:  # the source was checked when it was read
        refuse_unloadable(target.whole, spec.domain)
    changes = _explained(_changes(world, target, _last_asked(world, desired), desired.pending), desired.aliased)
    return ZonePlan(
        text=desired.text,
        shown=without(target.whole, spec.late.secret),
        digest=_digest(target.desired, spec.late.secret),
        changes=changes,
        aliased=desired.aliased,
        staged=desired.staged,
        foreign=target.foreign,
        edits=desired.edits,
        details=details(world, target) if changes else (),
        adopted=_adopted(part, target) if spec.ownership.manage == (CREATED,) else (),
    )


def _adopted(part: Part, target: Target) -> tuple[str, ...]:
    return tuple(sorted(subjects_of(target.own).difference(subjects_of(part.own))))


def _made(step: Step, before: Desired, world: World) -> Desired:
    after = step(before, world)
    if log.isEnabledFor(logging.DEBUG):  # comparing whole zones takes time
        counts = [desired.text.count("\n") for desired in (before, after)]
        done = f"{counts[0]} -> {counts[1]} records, {len(after.pending)} sets pending"
        log.debug("zone %s: %s: %s", world.spec.domain, step.__name__, done if after != before else "changes nothing")
    return after


def _unknown(world: World) -> ZonePlan:
    """Nothing is planned while the text is not known, and the zone stays as it is until then."""
    own, live = world.part.own, world.live.text
    changes = _changes(world, Target(own, own, live), None, ())
    return ZonePlan(
        own, live, fingerprint(own), replace(changes, pending=("@ ANY",)), staged=Staged(own, world.state.stages)
    )


def _changes(world: World, target: Target, last_asked: str | None, pending: Sequence[str]) -> Changes:
    changes = between(
        target.own,
        target.desired,
        origin=world.spec.domain,
        previous=last_asked,
        whole=target.whole if target.foreign else None,
        live=world.live.text if target.foreign else None,
        protect=world.spec.protect,
        pending=pending,
        relied_on=world.spec.relied_on.items(),
        issuers=world.spec.issuers,
    )
    return replace(changes, base=base_of(target.own))


def _explained(changes: Changes, aliased: Aliased) -> Changes:
    """Say with the reasons of a change that it is the target of an ALIAS that answers otherwise."""
    because = {subject: f"; {why}" for subject, why in aliased.because.items()}
    reasons = (reason + because.get(subject_of(reason), "") for reason in changes.reasons)
    return replace(changes, reasons=tuple(reasons)) if because else changes


def _last_asked(world: World, desired: Desired) -> str | None:
    """The zone as it was asked for last, to tell whether the source itself shrank; None for another part of it."""
    spec, state = world.spec, world.state
    if state.text is None or spec.ownership != state.ownership:
        return None
    if (state.text, state.late.values) == (desired.text, spec.late.values):
        return desired.zone
    return state.zone


def _digest(desired: str, secret: Sequence[str]) -> str:
    present = sorted(subjects_of(desired).intersection(secret)) if secret else []
    return fingerprint("\n".join([without(desired, secret), *present]))


def details(world: World, target: Target) -> tuple[str, ...]:
    """Return what an apply writes and removes, as far as no preview of the engine shows it: 50 record lines at most.

    Of an update the engine shows how the `text` property changes. It shows three lines of a new one, and nothing where
    the live zone is not what the state says. Each line comes after a `+` or a `-`; the last may say how many more.
    Of sets whose value is secret, now or in the state, there is no line.
    """
    state = world.state
    asked = target.desired if state.text is None else state.zone
    if with_serial(target.own, 0) == with_serial(asked, 0):
        return ()
    secret = {*world.spec.late.secret, *state.late.secret}
    live, desired = (_lines(without(text, secret)) for text in (target.own, target.desired))
    known = dict.fromkeys(state.zone.splitlines()) if state.text is not None else {}
    added = [f"+ {line}" for line in desired if line not in live and (state.text is None or line in known)]
    removed = [f"- {line}" for line in live if line not in desired and line not in known]
    return _bounded([*removed, *added])


def is_held(edit: Edit, world: World) -> bool:
    """Whether what an edit wrote is live, and what it took away is not; of a staged set its steps decide when.

    A backend may round a TTL, and the program may have set another one since, so the old TTL alone tells of a failure.
    """
    if any(covers(pattern, edit.subject) for pattern in world.spec.staged):
        return True
    live = {str(record) for record in from_text(world.part.own)}
    served, new, lost = (set(map(_value, lines)) for lines in (live, edit.new, edit.lost))
    return new <= served and served.isdisjoint(lost - new) and live.isdisjoint(edit.lost)


def _value(line: str) -> tuple[str, ...]:
    """A record line without its TTL."""
    owner, _, rest = line.split(" ", 2)
    return owner, rest


def _lines(text: str) -> dict[str, None]:
    """The lines in their order; the SOA is not counted, as in `changes`."""
    return dict.fromkeys(line for line in text.splitlines() if line.split(" ", 3)[2] != "SOA")


def _bounded(lines: Sequence[str]) -> tuple[str, ...]:
    left = len(lines) - DETAILS_LIMIT
    return (*lines[:DETAILS_LIMIT], f"and {left} more") if left > 0 else tuple(lines)


def drifted(lines: Sequence[str]) -> str:
    """Say in one line what an apply does to a live zone that is not what this stack left there."""
    return f"the live zone is not what this stack left there; the apply does {listed(lines, DRIFT_NAMED)}"
