"""How the certificates of a state stand, and what the next `up` does to them.

It goes by what the last run was asked for. What the program says since then, a preview alone sees.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal
from sophia_infra.settings import Settings
from sophia_infra.tls.events import Event, events
from sophia_infra.tls.of_state import Known, text_of
from sophia_infra.tls.plan import Setback
from sophia_infra.tls.setbacks import setback
from sophia_infra.tls.spec import ArgumentError
from sophia_infra.tls.state import CertificateState

SHOWN_EVENTS = 5
_NOT_GOOD = frozenset({Event.FAILED, Event.DEPLOY_FAILED, Event.REVOKED, Event.ROLLED_BACK})


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of a certificate: `why` has a failure's code and the CA's word for it; empty where all was well."""

    time: datetime
    what: Event
    why: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a certificate stands. Times are ISO 8601 in UTC, empty where the state has none.

    `is_good` says that it is valid, that no order is held back, and that what was last done to it went well. `waits`
    says why an order is held back, and until when.
    """

    name: str
    label: str
    domains: tuple[str, ...]
    issuer: str
    serial_number: str
    not_before: str
    not_after: str
    next_renewal: str
    is_good: bool
    waits: str = ""
    events: tuple[Happened, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """What the next `up` does to a certificate: `reasons` are none where it stays, `next_renewal` is when it may go.

    `waits` says why an order is held back, and `refused` why that `up` fails, where the order can't wait; `unknown` why
    nothing can be told.
    """

    name: str
    label: str
    reasons: tuple[str, ...] = ()
    next_renewal: str = ""
    waits: str = ""
    unknown: str = ""
    refused: str = ""


def standing(known: Known, journal: Journal, now: datetime) -> Standing:
    """Return how a certificate stands by state and journal; nobody is asked.

    Raises:
        JournalError: the journal can't be read.
    """
    outputs, ends = known.outputs, text_of(known.outputs, "not_after")
    rows = list(islice(events(journal, known.label), SHOWN_EVENTS))
    told = tuple(
        Happened(row.time, row.row.what, ": ".join(filter(None, (row.row.code, row.row.problem)))) for row in rows
    )
    held_back = _held_back(known, journal, now)
    failed = bool(told) and told[0].what in _NOT_GOOD
    return Standing(
        name=known.name,
        label=known.label,
        domains=known.domains,
        issuer=text_of(outputs, "directory") or text_of(outputs, "issuer_name"),
        serial_number=text_of(outputs, "serial_number"),
        not_before=text_of(outputs, "not_before"),
        not_after=ends,
        next_renewal=text_of(outputs, "next_renewal"),
        is_good=bool(ends) and now <= datetime.fromisoformat(ends) and not failed and held_back is None,
        waits=str(held_back or ""),
        events=told,
    )


def planned(known: Known, journal: Journal, now: datetime) -> Planned:
    """Return what the next `up` does to a certificate, and why; its issuer is asked as at a preview."""
    from sophia_infra.tls.check import CheckedCertificate  # `standing` needs none of it

    told, state = Planned(known.name, known.label), CertificateState.from_inputs(known.inputs)
    try:
        plan = CheckedCertificate(known.spec(), state, Settings(), now, journal, of_state=known.stored).due
    except SophiaError as error:
        return replace(told, unknown=str(error))
    opens = plan.opening
    return replace(
        told,
        reasons=tuple(map(str, plan.changes(state).reasons)),
        next_renewal=opens.next(max(opens.at, now)).isoformat() if opens else "",
        waits=str(plan.waits or ""),
        refused=str(plan.refusal(state, now) or ""),
    )


def _held_back(known: Known, journal: Journal, now: datetime) -> Setback | None:
    try:
        return setback(journal, known.spec(), now)
    except ArgumentError:
        return None  # of another release; its events tell
