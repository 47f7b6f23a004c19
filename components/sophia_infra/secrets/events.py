"""What became of secrets, as rows of the journal, and what people ask of them. No row holds a value."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sophia_infra.codec import BRIEF
from sophia_infra.journal import Journal, Kind, Row
from sophia_infra.secrets.phases import Phase, Step

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


@dataclass(frozen=True, slots=True)
class SecretTaken(Row):
    """A resource, by its id, has come to keep a secret. Where one is replaced, the old one goes after that."""

    KIND: ClassVar = Kind.EVENT
    RESOURCE: ClassVar = "secret-taken"

    keeper: str


class Ask(StrEnum):
    """What a person asks of a secret."""

    ROTATE = "rotate"
    ABORT = "abort"


@dataclass(frozen=True, slots=True)
class SecretWish(Row):
    """What a person asks of the generation that was the newest then; a later one has answered it.

    Of an emergency, `broken` is who may break, by what blocks: a consumer, an address, an instance, or the secret
    itself for what concerns no one of them; it holds until `until`.
    """

    KIND: ClassVar = Kind.EVENT
    RESOURCE: ClassVar = "secret-wish"

    ask: Ask
    generation: int
    who: str
    why: str = ""
    broken: tuple[str, ...] = field(default=(), metadata=BRIEF)
    until: datetime | None = field(default=None, metadata=BRIEF)


def wished(
    journal: Journal, label: str, ask: Ask, generation: int, issued: datetime | None = None
) -> SecretWish | None:
    """Return what a person of this machine asks of a generation, None where nobody does.

    A journal that knows of an earlier generation only tells no later one to people; what was asked for since the one
    in use was issued, at `issued`, is asked of that one.

    Raises:
        JournalError: the journal can't be read.
    """
    for found in journal.back(SecretWish, label):
        is_late = issued is not None and found.row.generation < generation and found.time > issued
        if found.row.ask is ask and (found.row.generation == generation or is_late):
            return found.row
    return None


def emergency(journal: Journal, label: str, generation: int) -> SecretWish | None:
    """Return the newest wish that lets consumers break, so that this generation or an earlier one is ended at once.

    Raises:
        JournalError: the journal can't be read.
    """
    rows = (found.row for found in journal.back(SecretWish, label))
    return next((row for row in rows if row.broken and row.generation >= generation), None)


def adopted(journal: Journal, label: str, generation: int, *, anew: bool = False) -> frozenset[str]:
    """Return the consumers that this machine has seen with a generation: ever, or `anew`, since the one of before is
    refused. Where that was not journaled nobody was seen since.

    Raises:
        JournalError: the journal can't be read.
    """
    rows = [found.row for found in journal.back(SecretEvent, label) if found.row.generation == generation]
    if anew:
        words = [row.what for row in rows]
        rows = rows[: words.index(Phase.SUSPENDED) if Phase.SUSPENDED in words else 0]
    return frozenset(row.consumer for row in rows if row.what == ADOPTED)
