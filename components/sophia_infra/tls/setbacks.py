"""Orders and deploys that failed, and until when none is tried again: what the journal's events say of it.

A CA counts every try, and runs may come every minute, from machines that know nothing of the one before. So each
failure waits for longer than the last: 1, 10 and 100 minutes, then 20 hours. What the CA asks for is the least. A
failed deploy counts for its certificate, and for what `deploy` and `endpoints` say.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta

from sophia_infra.advised.walk import plan_of_run
from sophia_infra.engine_run import asked_by, engine_run
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal, JournalError, Recorded
from sophia_infra.tls.events import CertificateEvent, Event, digest, events
from sophia_infra.tls.issuers import ORDER_SECONDS, IssuerError
from sophia_infra.tls.plan import RETRY, Setback
from sophia_infra.tls.spec import CertificateSpec
from sophia_infra.tls.when.renewal import emergency
from sophia_infra.values import shown

PAUSES = (timedelta(minutes=1), timedelta(minutes=10), timedelta(minutes=100), timedelta(hours=20))
"""The last is less than a day: an order fails some time after its run began, and the next daily run is to try again."""
ORDERED = (Event.ISSUED, Event.RENEWED, Event.FAILED)
"""What comes of an order."""
LOCAL = frozenset({"account", "base-moved", "extra-missing", "locked", "request-unreadable", "unusable"})
"""Failures of which no CA hears, so that none counts them."""


def setback(journal: Journal, spec: CertificateSpec, now: datetime) -> Setback | None:
    """Return what holds back an order at each of the issuers now, that of the first; None where one is free."""
    found = [of_issuer(journal, turn, now) for turn in spec.turns]
    return found[0] if all(found) else None


def of_issuer(journal: Journal, spec: CertificateSpec, now: datetime) -> Setback | None:
    """Return what holds back an order of these names at the issuer that stands first, None where nothing does."""
    if not spec.issuer.directory:
        return None
    last, stands_until = _last(journal, spec)
    found = _after(last, spec, now, f"at {last.row.issuer[-1]}", PAUSES[0]) if last else None
    return found and replace(found, stands_until=stands_until)


def of_deploy(journal: Journal, spec: CertificateSpec, target: str, now: datetime) -> Setback | None:
    """Return what holds back the deploy of a `Deployment.target` now, None where nothing does."""
    last, _ = _last(journal, spec, target)
    return _after(last, spec, now, "of deploying it", timedelta()) if last else None


def _after(
    last: Recorded[CertificateEvent], spec: CertificateSpec, now: datetime, what: str, least: timedelta
) -> Setback | None:
    """Return what a failure holds back now, None where nothing; `what` was tried, for the words.

    `least` is the pause that stays where a person wants it tried anew. That cuts our own pauses short, and not a longer
    one that the CA has asked for.
    """
    event = last.row
    until = event.until or now
    if until <= last.time + pause(event.tries) and asked_by(RETRY, spec.subject, spec.label):
        until = min(until, last.time + least)
    if until <= now:
        return None
    about = f" for {shown(event.subject)}" if event.subject in spec.domains else ""
    word = f": {shown(event.problem)}" if event.problem else ""
    why = f"try {event.tries} {what} failed{about} ({event.code}{word})"
    return Setback(f"{why} at {last.time:%Y-%m-%d %H:%M} UTC", until)


def last_failed(journal: Journal, label: str) -> bool:
    """Whether the last order of a certificate has failed; not where nobody can tell."""
    with suppress(JournalError):
        of_orders = (found.row.what for found in events(journal, label) if found.row.what in ORDERED)
        return next(of_orders, None) is Event.FAILED
    return False


def pause(tries: int) -> timedelta:
    """Return for how long nothing is tried after so many failures in a row."""
    return PAUSES[min(tries, len(PAUSES)) - 1]


def failure(
    journal: Journal,
    spec: CertificateSpec,
    generation: int,
    error: SophiaError,
    now: datetime,
    target: str = "",
) -> CertificateEvent:
    """Return the event of an order that fails now, or of the deploy of a `target`, with when the next one is due."""
    what = Event.DEPLOY_FAILED if target else Event.FAILED
    if not target and (not spec.issuer.directory or error.code in LOCAL):
        return CertificateEvent.of(what, spec, generation, error)
    last, _ = _last(journal, spec, target)
    tries = last.row.tries + 1 if last else 1
    until = max(now + pause(tries), getattr(error, "retry_at", None) or now)
    return CertificateEvent.of(what, spec, generation, error, tries=tries, until=until, target=target)


@contextmanager
def alone(journal: Journal, spec: CertificateSpec) -> Iterator[None]:
    """Hold a certificate among all who share the journal while it is ordered, as the plan of this run has it.

    Raises:
        IssuerError: another run has ordered since this one's plan, whatever came of it.
        JournalError: another run holds it for too long.
    """
    if not spec.issuer.directory:  # the embedded CA has a lock of its own, and its books say who has ordered
        yield
        return
    with journal.locked(f"certificate {spec.label}", ORDER_SECONDS):
        run, plan = engine_run(), plan_of_run(spec.label, "all", journal)
        for found in events(journal, spec.label) if plan else ():
            if plan and found.sequence < plan.sequence:
                break
            if found.row.what in ORDERED and found.row.run != run:
                told = f"{spec.label}: another run has ordered since this one was planned ({found.row.what}); run again"
                raise IssuerError(told, code="base-moved", subject=spec.label)
        yield


def _last(
    journal: Journal, spec: CertificateSpec, target: str = ""
) -> tuple[Recorded[CertificateEvent] | None, datetime | None]:
    """Return the newest failure since the last certificate, and until when that one is good to wait with.

    A failure counts for its issuer and its names. One that came of a rate limit counts for all names. Of a `target` it
    is the newest failure since the last deploy that went well. Where the journal can't be read nobody knows, and an
    order stops at its first row.
    """
    last, ends = None, (Event.DEPLOYED,) if target else (Event.ISSUED, Event.RENEWED)
    try:
        for found in events(journal, spec.label):
            event = found.row
            if event.what in ends:
                return last, emergency(found.time, event.not_after) if event.not_after else None
            if last is None and (_is_of_deploy(event, target) if target else _is_of_order(event, spec)):
                last = found
    except JournalError:
        return None, None
    return last, None


def _is_of_deploy(event: CertificateEvent, target: str) -> bool:
    return event.what is Event.DEPLOY_FAILED and event.target == target


def _is_of_order(event: CertificateEvent, spec: CertificateSpec) -> bool:
    is_same = event.names == digest(spec.domains) or event.problem == "rateLimited"
    return bool(event.what is Event.FAILED and event.until and event.issuer == spec.issuer.identity and is_same)
