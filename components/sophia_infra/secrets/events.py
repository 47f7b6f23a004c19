"""What became of secrets, as rows of the journal, and what people ask of them. No row holds a value."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import takewhile
from typing import ClassVar

from sophia_infra.codec import BRIEF
from sophia_infra.engine_run import asked_by
from sophia_infra.journal import Journal, Kind, Row
from sophia_infra.secrets.phases import Phase, Step

ROTATE = "SOPHIA_ROTATE"
"""The variable that names secrets by label and generation whose next rotation begins in this run: `app-db@3`."""
ADOPTED = "adopted"
"""What an event says of a consumer that is seen with a generation, after none or another one."""
CUT_OFF = "cut-off"
"""What an event says of a published generation whose value its server takes no more, or the state has lost."""


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
    """What happened to a generation of a secret, whose label is the row's key: a phase's word, `adopted` or
    `cut-off`.

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
    """Return what a person of this machine asks of a generation, None where nobody does. An abort takes back what was
    asked for before it. A rotation is also begun where SOPHIA_ROTATE names the label with the generation.

    A journal that knows of an earlier generation only tells no later one to people; what was asked for since the one
    in use was issued, at `issued`, is asked of that one.

    Raises:
        JournalError: the journal can't be read.
    """
    if ask is Ask.ROTATE and generation in asked_by(ROTATE, label):
        return SecretWish(ask, generation, ROTATE)
    for found in journal.back(SecretWish, label):
        if found.row.ask is Ask.ABORT is not ask:
            return None
        is_late = issued is not None and found.row.generation < generation and found.time > issued
        if found.row.ask is ask and (found.row.generation == generation or is_late):
            return found.row
    return None


def emergency(journal: Journal, label: str, generation: int) -> SecretWish | None:
    """Return the newest wish that lets consumers break, so that this generation or an earlier one is ended at once. An
    abort takes back what was asked for before it.

    Raises:
        JournalError: the journal can't be read.
    """
    rows = takewhile(lambda row: row.ask is not Ask.ABORT, (found.row for found in journal.back(SecretWish, label)))
    return next((row for row in rows if row.broken and row.generation >= generation), None)


def seen_last(rows: Iterable[SecretEvent]) -> dict[str, int]:
    """Return the generation that each consumer was seen with last, of rows that are newest first."""
    found: dict[str, int] = {}
    for row in rows:
        if row.what == ADOPTED:
            found.setdefault(row.consumer, row.generation)
    return found


def adopted(journal: Journal, label: str, generation: int, since: datetime | None = None) -> frozenset[str]:
    """Return the consumers that this machine has seen last with a generation: ever, or after the login of before was
    suspended, which the server says was at `since`.

    Raises:
        JournalError: the journal can't be read.
    """
    rows = takewhile(lambda found: not _makes(found.row, generation), journal.back(SecretEvent, label))
    if since is not None:
        intents = takewhile(lambda found: found.row.generation >= generation, journal.back(SecretIntent, label))
        asked = next((found.sequence for found in intents if found.row.step is Step.SUSPEND), 0)
        rows = takewhile(lambda found: found.sequence > asked and found.time >= since, rows)
    last = seen_last(found.row for found in rows)
    return frozenset(name for name, seen in last.items() if seen == generation)


def cut_off(journal: Journal, label: str, generation: int, besides: str | None = "") -> bool:
    """Return whether this machine has seen a published generation refused or lost, in another run than `besides`.

    Where that is None, nobody can tell a preview from its apply: nothing follows of it, and people ask for the next.

    Raises:
        JournalError: the journal can't be read.
    """
    rows = takewhile(lambda found: not _makes(found.row, generation), journal.back(SecretEvent, label))
    told = [found.row.run for found in rows if (found.row.what, found.row.generation) == (CUT_OFF, generation)]
    return besides is not None and any(run != besides for run in told)


def is_unpublished(journal: Journal, label: str, generation: int) -> bool:
    """Return whether the last that a secret has passed is that this generation was made, or staged.

    Raises:
        JournalError: the journal can't be read.
    """
    rows = (found.row for found in journal.back(SecretEvent, label, foreign=True))
    last = next((row for row in rows if row.what in {*Phase}), None)
    return last is not None and last.generation == generation and last.what in (Phase.MINTED, Phase.STAGED)


def _makes(row: SecretEvent, generation: int) -> bool:
    return (row.what, row.generation) == (Phase.MINTED, generation)
