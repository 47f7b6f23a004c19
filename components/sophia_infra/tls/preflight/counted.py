"""What a CA's rate limits count: the events of the journal, and the orders that this run plans before one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sophia_infra.engine_run import engine_run
from sophia_infra.journal import Journal, JournalError, Kind, Recorded, Row
from sophia_infra.reporter import STDERR
from sophia_infra.tls.events import CertificateEvent, Event, digest, registered
from sophia_infra.tls.preflight.rates import Happened, Reached, reached
from sophia_infra.tls.public_cas import LONGEST
from sophia_infra.tls.spec import CertificateSpec


@dataclass(frozen=True, slots=True)
class PlannedOrder(Row):
    """An order that a run plans; the row's key is the run and the CA, `names` as in `CertificateEvent`."""

    KIND: ClassVar = Kind.PROBE
    RESOURCE: ClassVar = "order"

    label: str
    names: str
    domains: tuple[str, ...]


def limits_of(spec: CertificateSpec, journal: Journal, now: datetime, *, replaces: bool) -> tuple[Reached, ...]:
    """Return the limits that an order would go beyond; `replaces` says that it is a renewal, which is not counted.

    An order that is counted is noted, so that those which the run plans after it count it.
    """
    directory = spec.issuer.directory
    if not (spec.issuer.ca and spec.issuer.ca.limits):
        return ()
    try:
        run = engine_run()
        known = [event for event in journal.since(CertificateEvent, now - LONGEST) if not run or event.row.run != run]
        planned = () if replaces or not run else _planned(spec, journal, f"orders of {run} at {directory}")
        return tuple(reached(directory, spec.domains, [*known, *planned], now, replaces=replaces))
    except JournalError as error:
        STDERR.say_once(f"what counts against rate limits is not known: {error}")
        return ()


def _planned(spec: CertificateSpec, journal: Journal, key: str) -> Iterator[Happened]:
    """Yield the orders that were planned before this one, in the preview as in the apply, as if they were done."""
    rows = list(journal.back(PlannedOrder, key, foreign=True))
    mine = next((row.sequence for row in rows if row.row.label == spec.label), None)
    if mine is None:
        journal.write(key, PlannedOrder(spec.label, digest(spec.domains), registered(spec.domains)))
    for row in rows:
        if mine is None or row.sequence < mine:
            event = CertificateEvent(Event.ISSUED, spec.issuer.identity, row.row.names, row.row.domains)
            yield Recorded(row.sequence, row.time, row.row.label, event)
