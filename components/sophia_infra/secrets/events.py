"""What became of secrets, as rows of the journal, and what people ask of them. No row holds a value."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from sophia_infra.journal import Journal, Kind, Row
from sophia_infra.secrets.phases import Step

ADOPTED = "adopted"
"""What an event says of a consumer that is seen with a generation for the first time."""


@dataclass(frozen=True, slots=True)
class SecretIntent(Row):
    """A step is about to be taken on a generation, against the base that it was planned on."""

    KIND: ClassVar = Kind.INTENT
    RESOURCE: ClassVar = "secret"

    step: Step
    generation: int
    base: str
    run: str | None = None


@dataclass(frozen=True, slots=True)
class SecretEvent(Row):
    """What happened to a generation of a secret, whose label is the row's key: a phase's word, or `adopted`.

    `consumer` is who was seen with it, `why` what led to it.
    """

    KIND: ClassVar = Kind.EVENT
    RESOURCE: ClassVar = "secret"

    what: str
    generation: int
    name: str
    consumer: str = ""
    why: str = ""
    run: str | None = None


class Ask(StrEnum):
    """What a person asks of a secret."""

    ROTATE = "rotate"
    ABORT = "abort"


@dataclass(frozen=True, slots=True)
class SecretWish(Row):
    """What a person asks of the generation that was the newest then; a later one has answered it."""

    KIND: ClassVar = Kind.EVENT
    RESOURCE: ClassVar = "secret-wish"

    ask: Ask
    generation: int
    who: str
    why: str = ""


def wished(journal: Journal, label: str, ask: Ask, generation: int) -> SecretWish | None:
    """Return what a person of this machine asks of a generation, None where nobody does.

    Raises:
        JournalError: the journal can't be read.
    """
    rows = (found.row for found in journal.back(SecretWish, label))
    return next((row for row in rows if row.ask is ask and row.generation == generation), None)


def adopted(journal: Journal, label: str, generation: int) -> frozenset[str]:
    """Return the consumers that this machine has seen with a generation.

    Raises:
        JournalError: the journal can't be read.
    """
    rows = (found.row for found in journal.back(SecretEvent, label))
    return frozenset(row.consumer for row in rows if row.what == ADOPTED and row.generation == generation)
