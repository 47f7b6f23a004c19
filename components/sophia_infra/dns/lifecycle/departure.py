"""What leaves with a zone's resource: asked by the guard at the preview, and by `delete` before it takes it away."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sophia_infra import settings
from sophia_infra.advised import About, Leaving
from sophia_infra.changes import Changes
from sophia_infra.dns.backends import Backend, BackendError, Credentials, Live, open_backend
from sophia_infra.dns.exposure import between
from sophia_infra.dns.lifecycle.owners import SOMEBODY, Others, is_as_written, others, was_left
from sophia_infra.dns.rows import Owner
from sophia_infra.dns.rr.record import APEX, apex_of, from_text, to_text
from sophia_infra.dns.spec import ZoneSpec
from sophia_infra.dns.state import ZoneState
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal

VARIABLE, ALWAYS = "SOPHIA_REMOVE", "always"
WHOLE_ZONE = "@ ANY"
"""The subject of a reason that is about the zone as such."""


class RemovalError(SophiaError):
    """A zone that somebody else may serve by now, or that this resource did not write. Nothing was removed."""

    code = "written-by-another"


class Split(NamedTuple):
    """A live zone, what of it is taken away, and what is left: the SOA and NS at the apex, and what others have."""

    live: Live
    gone: str
    left: str
    bare: bool


@dataclass(frozen=True, slots=True)
class Departure:
    """What a delete of a zone's resource means.

    Attributes:
        owner: the resource.
        beside: who else has to do with the zone, by the journal.
        going: what goes; None where all of it stays.
    """

    owner: Owner
    beside: Others
    going: Split | None

    @property
    def is_whole(self) -> bool:
        """Whether the zone as such goes, with all that is in it."""
        whole = self.owner.ownership.is_whole
        return whole and not any(other.ownership.is_whole for other in self.beside.owners)

    def changes(self, spec: ZoneSpec) -> Changes:
        """Return what goes, weighed as the change that it is, whoever accepts it.

        What relies on this resource has left the stack before it.
        """
        if self.going is None:
            return Changes()
        left = "" if self.is_whole and self.going.bare else self.going.left
        return between(self.going.live.text, left, origin=spec.domain, protect=spec.protect)


def depart(state: ZoneState, journal: Journal, backend: Backend) -> Departure:
    """Say what a delete of a resource takes away.

    Raises:
        RemovalError: this resource is not known to have written it, and SOPHIA_REMOVE is not `always`.
        BackendError, JournalError: the zone, or the journal, can't be read.
    """
    forced = os.environ.get(VARIABLE) == ALWAYS
    owner = Owner.of(state, state.holder, tuple)
    beside = others(journal, backend.location, owner, forced=forced)
    going = None if beside.elsewhere else split(state, backend.read(), beside.owners)
    if going is None or (beside.owners and going.live.text and not going.gone):
        return Departure(owner, beside, None)
    if going.gone and not beside.known and not forced:
        raise RemovalError(
            f"the journal {journal.name} does not say that this resource wrote {backend.location}, so another one may "
            "serve it by now; nothing was removed. If another does, forget this one (pulumi state delete URN); else "
            f"run this where the stack was applied, or, if it is meant, with {VARIABLE}={ALWAYS} in the environment",
            code="writer-unknown",
            subject=backend.location,
        )
    checked = forced or not going.gone or is_as_written(state, going.live, backend)
    if not checked and not was_left(state, going.live, journal, backend.location):
        what = "never wrote" if state.written == "" else "is not the last to have written"
        raise RemovalError(
            f"this stack {what} {backend.location} as it is now ({going.live.writer or SOMEBODY} did); nothing was "
            f"removed. If it serves somebody else, forget the resource (pulumi state delete URN); if it is meant, run "
            f"this with {VARIABLE}={ALWAYS} in the environment",
            subject=backend.location,
        )
    return Departure(owner, beside, going)


def split(state: ZoneState, live: Live, owners: Sequence[Owner]) -> Split:
    """Split a live zone into what goes with a resource and what is left, of which `owners` have their part."""
    if not live.text:
        return Split(live, "", "", bare=True)
    target = state.ownership.split(live.text, lambda: state.subjects).merge("")
    own = from_text(target.own)
    inherited = {record for record in own if any(owner.covers(record) for owner in owners)}
    kept = [*target.foreign, *inherited]
    return Split(
        live,
        gone=to_text([record for record in own if record not in inherited]),
        left=to_text([*kept, *apex_of(live.text)]),
        bare=all(record.subject in APEX for record in kept),
    )


def leaving(props: Mapping[str, Any], setting: Callable[[str], str | None]) -> Leaving | None:
    """Weigh a zone whose resource is about to be deleted; None where its records stay.

    Of a whole zone all that is in it goes: the reason `@ ANY` is critical, and overrides accept it once they name every
    set that goes. A backend that can't be read holds what the state says of it.

    Raises:
        RemovalError, JournalError: as `depart`.
    """
    spec = ZoneSpec.from_inputs(props, settings.read(setting))
    state = ZoneState.from_inputs(props)
    backend = open_backend(props.get("backend") or {}, spec.domain, Credentials(setting))
    try:
        found = depart(state, settings.journal(setting), backend)
    except BackendError:
        held = split(state, Live(state.zone), ())
        found = Departure(Owner.of(state, state.holder, tuple), Others(True, (), (), False), held)
    changes = found.changes(spec)
    if found.going is None or not changes.deletes:
        return None
    about = About("zone", spec.domain, backend.location, unit="record sets", overrides=spec.overrides)
    gone = (record.subject for record in from_text(found.going.gone) if record.type != "SOA")
    return Leaving(about, changes, tuple(dict.fromkeys(gone)))
