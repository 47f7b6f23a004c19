"""Deploys that failed, and until when none is tried again: as with orders, the journal's events say it.

A run a minute would have a server read what it can't serve each time. So each failure waits for longer than the last,
by the pauses of orders. It counts for its certificate, and for what `deploy` and `endpoints` say.
"""

from datetime import datetime, timedelta

from sophia_infra.journal import Journal, JournalError, Recorded
from sophia_infra.tls import setbacks
from sophia_infra.tls.deploy import DeployError
from sophia_infra.tls.events import CertificateEvent, Event, events
from sophia_infra.tls.plan import Setback
from sophia_infra.tls.spec import CertificateSpec


def setback(journal: Journal, spec: CertificateSpec, target: str, now: datetime) -> Setback | None:
    """Return what holds back the deploy of a `Deployment.target` now, None where nothing does."""
    last = _last(journal, spec.label, target)
    return setbacks.after(last, spec, now, "of deploying it", timedelta()) if last else None


def failure(
    journal: Journal, spec: CertificateSpec, target: str, generation: int, error: DeployError, now: datetime
) -> CertificateEvent:
    """Return the event of a deploy that fails now, with when the next one is due."""
    last = _last(journal, spec.label, target)
    tries = last.row.tries + 1 if last else 1
    when = {"tries": tries, "until": now + setbacks.pause(tries), "target": target}
    return CertificateEvent.of(Event.DEPLOY_FAILED, spec, generation, error, **when)


def _last(journal: Journal, label: str, target: str) -> Recorded[CertificateEvent] | None:
    """Return the newest failure of a target since the last deploy that went well."""
    try:
        for found in events(journal, label):
            if found.row.what is Event.DEPLOYED:
                return None
            if found.row.what is Event.DEPLOY_FAILED and found.row.target == target:
                return found
    except JournalError:
        pass  # nobody knows
    return None
