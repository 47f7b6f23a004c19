"""Which proofs are shown, in the journal: what a run that was cut off has left is known to whoever comes next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sophia_infra.credentials import Credentials
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal, Kind, Row
from sophia_infra.reporter import STDERR, Reporter
from sophia_infra.tls.challenge_settings import ChallengeSettings
from sophia_infra.tls.challenges import Proof, open_solver
from sophia_infra.tls.spec import ArgumentError


@dataclass(frozen=True, slots=True)
class ShownProofs(Row):
    """What is shown for a certificate, whose label is the row's key, and how: `ChallengeSettings.as_inputs`.

    It counts only where this machine wrote it, or one with the same key: a backend is opened by it.
    """

    KIND: ClassVar = Kind.EVENT
    RESOURCE: ClassVar = "proofs"

    challenge: Mapping[str, Any]
    proofs: tuple[Proof, ...] = ()


def note(journal: Journal, label: str, challenge: ChallengeSettings, proofs: Sequence[Proof]) -> None:
    """Note proofs before any is shown, where they could outlive the process.

    Raises:
        JournalError: the note is not safely there, and so none may be shown.
    """
    if challenge.leaves:
        journal.write(label, ShownProofs(challenge.as_inputs(), tuple(proofs)))


def left(journal: Journal, label: str) -> tuple[Proof, ...]:
    """Return the proofs that are noted as shown.

    Raises:
        JournalError: the journal can't be read.
    """
    row = journal.last(ShownProofs, label)
    return row.row.proofs if row else ()


def remove(journal: Journal, label: str, credentials: Credentials, reporter: Reporter = STDERR) -> None:
    """Take away what is noted as shown, however it was. Where that fails it is told, and the next run tries again."""
    try:
        row = journal.last(ShownProofs, label)
        if row and row.row.proofs:
            if settings := ChallengeSettings.from_inputs(row.row.challenge, ArgumentError):
                open_solver(settings, credentials).remove(row.row.proofs)
            forget(journal, label)
    except SophiaError as error:
        reporter.say_once(f"certificate of {label}: proofs that are shown could not be removed: {error}")


def forget(journal: Journal, label: str) -> None:
    """Note that no proof is shown any more."""
    journal.write(label, ShownProofs({}))
