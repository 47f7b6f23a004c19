"""What `read` does for a zone (`pulumi refresh`): the live zone comes into the state."""

from typing import Any

from sophia_infra.dns.backends import Backend, Live, base_of
from sophia_infra.dns.lifecycle.apply import outputs_of
from sophia_infra.dns.rr.record import without
from sophia_infra.dns.serial import with_serial
from sophia_infra.dns.state import ZoneState


def read(state: ZoneState, backend: Backend) -> dict[str, Any] | None:
    """Return the outputs that describe the zone as it is served; None where it is gone.

    Raises:
        BackendError: the zone can't be read.
    """
    live = backend.read()
    return {**outputs_of(live, state.text or ""), **_drift(live, state, backend)} if live.text else None


def _drift(live: Live, state: ZoneState, backend: Backend) -> dict[str, str]:
    """What else than asked for the properties hold where a live zone drifted.

    `text` is this stack's part of what is live: no serial, no set whose values come late. `written` stays what it was:
    for states of before, that is what was asked for. `looked_up` keeps what stood in place of ALIAS.
    """
    part = state.ownership.split(live.text, lambda: state.subjects)
    target = part.merge(backend.normalize(state.zone, live))
    if base_of(target.own) == base_of(target.desired):
        return {}
    written = base_of(target.desired) if state.written is None else state.written
    found = {"text": without(with_serial(target.own, 0), state.late.subjects), "written": written}
    return {**found, "looked_up": state.published_of_aliases} if state.aliases else found
