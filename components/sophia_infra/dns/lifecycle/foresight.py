"""What `check` is going to ask a model about a zone, known without the state: the program has none, and asks ahead."""

from sophia_infra import advised
from sophia_infra.dns.backends import Backend, Live
from sophia_infra.dns.lifecycle.check import resource
from sophia_infra.dns.ownership import Ownership
from sophia_infra.dns.rows import Owner, ZoneOutcome
from sophia_infra.dns.serial import with_serial
from sophia_infra.dns.spec import HOME, ZoneSpec
from sophia_infra.dns.state import ZoneState
from sophia_infra.journal import Journal

CHEAP = ("file",)
"""The backends that are read twice, here and by `check`: it costs no request of anybody's quota."""


def ask_ahead(spec: ZoneSpec, journal: Journal, backend: Backend) -> None:
    """Ask a model what `check` will ask, so that it finds the answer in the journal; nothing where that is not certain.

    Raises:
        SophiaError: there is no plan, which `check` will say; the journal can't be read.
    """
    if not is_foreseeable(spec):
        return
    state = foreseen(spec, backend.read(), journal, backend.location)
    if state is not None:
        advised.ask_ahead(resource(spec, state, journal, backend), journal)


def is_foreseeable(spec: ZoneSpec) -> bool:
    """Whether a zone is its program's text, all of it: what is planned then rests on little of the state."""
    is_whole = spec.ownership == Ownership()
    is_text = spec.source is not None and not (spec.late.values or spec.pools or spec.staged)
    return is_text and is_whole and spec.alias == HOME and spec.backend in CHEAP


def foreseen(spec: ZoneSpec, live: Live, journal: Journal, location: str) -> ZoneState | None:
    """Return the state that `check` will have, as far as a foreseeable zone's plan rests on it; None: it can't be told.

    It is told by what this stack wrote last, where that is still live, to the letter. Of a state with late values it
    is never told: they might be secret, and only the state says which of the live records they are.

    Raises:
        JournalError: the journal can't be read.
    """
    if journal.is_unfinished(location):
        return None
    outcome = journal.last(ZoneOutcome, location)
    if outcome is None or outcome.row.intent.removed:
        return None if live.text else ZoneState()
    owner, intent, text = outcome.row.owner, outcome.row.intent, with_serial(live.text, 0)
    state = ZoneState(spec.domain, text, stack=spec.stack, label=spec.label, target=spec.target)
    known = (owner.domain, owner.ownership, intent.desired, outcome.row.serial)
    is_live = known == (spec.domain, spec.ownership, state.digest, live.serial)
    return state if is_live and intent.is_static and owner.is_same(Owner.of(spec, "", tuple)) else None
