"""What became of certificates, as rows of the journal: one writer, and one reader."""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Self

from sophia_infra import suffixes
from sophia_infra.engine_run import engine_run
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal, JournalError, Kind, Recorded, Row
from sophia_infra.reporter import STDERR, Reporter
from sophia_infra.tls.names import address, base
from sophia_infra.tls.revocation import Revocation
from sophia_infra.tls.spec import CertificateSpec

log = logging.getLogger(__name__)


class Event(StrEnum):
    """What happened."""

    ISSUED = "issued"
    RENEWED = "renewed"
    DEPLOYED = "deployed"
    """Its files are in place, and the reload command went well."""
    VERIFIED = "verified"
    ROLLED_BACK = "rolled-back"
    FAILED = "failed"
    """An order that issued nothing."""
    DEPLOY_FAILED = "deploy-failed"
    REVOKED = "revoked"
    """Its issuer has revoked it, by `sophia cert revoke`."""


_ISSUES = (Event.ISSUED, Event.RENEWED)


@dataclass(frozen=True, slots=True)
class CertificateEvent(Row):
    """What happened to a certificate, whose label is the row's key. It holds no secret.

    Attributes:
        issuer: who was asked, as `IssuerSettings.identity`.
        names: SHA-256, in hex, of the names that were asked for, in any order.
        domains: the registrable domains (and addresses) of the names, by which CAs count.
        generation: which certificate of its label, counted from 1.
        serial_number, not_after: of the certificate, in hex, and its end; empty of an order that issued none.
        code, problem, subject: of a failure, those of its error; `problem` is its `value`, such as `rateLimited`, and
            of a revocation the reason.
        tries: how many orders at this issuer, or deploys of this `target`, have failed in a row, this one included.
        until: before when it is not tried again; None where nothing failed.
        target: of a deploy that failed, what stands for the certificate and for where and how it goes, as a hash.
        run: the engine's run.
    """

    KIND: ClassVar = Kind.EVENT
    RESOURCE: ClassVar = "certificate"

    what: Event
    issuer: tuple[str, ...]
    names: str
    domains: tuple[str, ...] = ()
    generation: int = 1
    serial_number: str = ""
    not_after: datetime | None = None
    code: str = ""
    problem: str = ""
    subject: str = ""
    tries: int = 0
    until: datetime | None = None
    target: str = ""
    run: str | None = None

    @classmethod
    def of(
        cls, what: Event, spec: CertificateSpec, generation: int, error: SophiaError | None = None, **more: Any
    ) -> Self:
        """Say what happened to a certificate as it is asked for, with `more` of the fields; a failure by its error."""
        told = {"code": error.code, "problem": str(error.value or ""), "subject": error.subject} if error else {}
        named = {"generation": generation, "run": engine_run(), **told, **more}
        return cls(what, spec.issuer.identity, digest(spec.domains), registered(spec.domains), **named)


@dataclass(frozen=True, slots=True)
class CertificateIntent(Row):
    """An order of a generation is about to go out in a run, against the certificate whose hash is `base`."""

    KIND: ClassVar = Kind.INTENT
    RESOURCE: ClassVar = "certificate"

    generation: int
    base: str
    run: str | None = None


@dataclass(frozen=True, slots=True)
class CertificateOutcome(Row):
    """A certificate of a generation was issued in a run: its serial number in hex, and its end (ISO 8601)."""

    KIND: ClassVar = Kind.OUTCOME
    RESOURCE: ClassVar = "certificate"

    generation: int
    serial_number: str
    not_after: str
    run: str | None = None


def digest(domains: tuple[str, ...]) -> str:
    """Return what stands for a set of names, in whatever order."""
    return hashlib.sha256("\n".join(sorted(domains)).encode()).hexdigest()


def registered(domains: tuple[str, ...]) -> tuple[str, ...]:
    """Return the registrable domains that names are of, each once and sorted; an address stands for itself."""
    return tuple(sorted({name if address(name) else suffixes.organisation(base(name)) for name in domains}))


def note(journal: Journal, label: str, event: CertificateEvent, reporter: Reporter = STDERR) -> None:
    """Write an event; what issues a certificate once, however often a run is handed it.

    What it tells of has happened: where the journal fails it is told, and nothing stops.
    """
    what = f"{event.what} {event.code}".rstrip()
    log.debug("certificate of %s: generation %d is %s", label, event.generation, what)
    try:
        known = next((row.row for row in events(journal, label) if row.row.what in _ISSUES), None)
        if not (event.what in _ISSUES and known and known.serial_number == event.serial_number):
            journal.write(label, event)
    except JournalError as error:
        reporter.say_once(f"certificate of {label}: {event.what} is not in the journal: {error}")


def events(journal: Journal, label: str) -> Iterator[Recorded[CertificateEvent]]:
    """Yield what happened to a certificate, newest first, whoever wrote it: it can hold an order back, or ask for one.

    Raises:
        JournalError: the journal can't be read.
    """
    return journal.back(CertificateEvent, label, foreign=True)


def is_revoked(journal: Journal, label: str, serial_number: str) -> bool:
    """Whether a certificate was revoked by hand; not where the journal can't be read."""
    with suppress(JournalError):
        for found in events(journal, label):
            if found.row.serial_number == serial_number and found.row.what in (Event.REVOKED, *_ISSUES):
                return found.row.what is Event.REVOKED
    return False


def as_revoked(spec: CertificateSpec, journal: Journal) -> CertificateSpec:
    """Return a spec with the newest certificate as revoked, where the journal says that its issuer has done so.

    Where the journal can't be read nobody knows, and an order stops at its first row.
    """
    said: CertificateEvent | None = None
    with suppress(JournalError):
        for found in events(journal, spec.label):
            if found.row.what is Event.REVOKED:
                said = said or found.row
            elif found.row.what in _ISSUES:
                said = said if said and said.serial_number == found.row.serial_number else None
                break
    if said is None or (spec.revocation and spec.revocation.serial_number == said.serial_number):
        return spec  # what the program names is revoked once more: who wrote the row may have done nothing
    return replace(spec, revocation=Revocation(said.serial_number, said.problem, is_done=True))
