"""What `sophia secrets` tells beside secrets that rotate: the keys of certificates, the journal's own, references.

Each is read where its owner keeps it; no value is looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sophia_infra import settings
from sophia_infra.doctor.credentials import references
from sophia_infra.doctor.stack import Stack
from sophia_infra.home import state_folder
from sophia_infra.journal import Journal, postgresql, seal
from sophia_infra.tls.events import CertificateEvent, Event

_REKEY = f"{seal.KEY}=NEW {seal.OLD}=FORMER sophia audit rekey, with NEW on every machine"


class Of(StrEnum):
    """What a secret is of."""

    CERTIFICATE = "certificate"
    JOURNAL = "journal"
    SETTING = "setting"


@dataclass(frozen=True, slots=True)
class Other:
    """A secret that is no `RotatingSecret`.

    Attributes:
        source: where it is kept, or the reference that leads to it; never the secret.
        since: how long it is known to be in use; ISO 8601, UTC, empty where nobody knows.
        next: what replaces it, and when.
    """

    name: str
    of: Of
    source: str
    since: str
    next: str


def others(journal: Journal, stack: Stack) -> list[Other]:
    """Return the keys of certificates that the journal knows, its own credentials, and what settings refer to.

    Raises:
        JournalError: the journal can't be read.
    """
    referring = references(stack)
    told = [*_certificates(journal), *_of_journal(journal, referring)]
    about = {each.name for each in told}
    return [*told, *(_reference(name, text) for name, text in referring.items() if name not in about)]


def _certificates(journal: Journal) -> Iterator[Other]:
    for label in journal.keys(CertificateEvent, ""):
        events = journal.back(CertificateEvent, label, foreign=True)
        if issued := next((found for found in events if found.row.what in (Event.ISSUED, Event.RENEWED)), None):
            told = f"the next renewal makes another: sophia cert plan {label}"
            yield Other(label, Of.CERTIFICATE, "the stack's state, encrypted", issued.time.isoformat(), told)


def _of_journal(journal: Journal, referring: dict[str, str]) -> Iterator[Other]:
    if seal.is_shared():
        yield Other(seal.KEY, Of.JOURNAL, referring.get(seal.KEY, "the environment"), "", f"to replace it: {_REKEY}")
    elif made := seal.made():
        since = datetime.fromtimestamp(made / 1e9, UTC).isoformat(timespec="seconds")
        told = f"it seals what this machine alone vouches for; to share one: {_REKEY}"
        yield Other("journal.key", Of.JOURNAL, str(state_folder() / "journal.key"), since, told)
    if seal.shared(seal.OLD):
        told = f"once `sophia audit rekey` has run for each journal, take {seal.OLD} out"
        yield Other(seal.OLD, Of.JOURNAL, referring.get(seal.OLD, "the environment"), "", told)
    if isinstance(journal.storage, postgresql.PostgresStorage):
        key = f"{settings.NAMESPACE}:{settings.JOURNAL}"
        name = key if key in referring else postgresql.VARIABLE
        told = "change its password at the server, and there"
        yield Other(name, Of.JOURNAL, referring.get(name, journal.name), "", told)


def _reference(name: str, text: str) -> Other:
    return Other(name, Of.SETTING, text, "", "it is looked up in each run: replace it where it is kept")
