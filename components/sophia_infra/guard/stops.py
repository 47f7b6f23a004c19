"""Runs that stopped at `max_deletes`: the next one has no new allowance. The journal remembers them, by stack."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from sophia_infra.guard.tally import OVERRIDE
from sophia_infra.journal import Journal, Kind, Row

DELETES = "max_deletes"


@dataclass(frozen=True, slots=True)
class Stop(Row):
    """A run was stopped at this limit before it deleted `urn`; None says that somebody let the rest through."""

    KIND: ClassVar = Kind.OUTCOME
    RESOURCE: ClassVar = "guard"

    limit: int | None
    urn: str = ""


@dataclass(frozen=True, slots=True)
class Stops:
    """What the journal knows of a stack's stops; it is opened with the first delete of a run.

    Attributes:
        limit: this run's `max_deletes`; another one than that of the stop is a word that lets the rest through, and so
            is one in SOPHIA_BLAST_RADIUS.
        applies: whether the run changes anything: what a preview does is not remembered.
    """

    journal: Callable[[], Journal]
    stack: str
    limit: int | None
    applies: bool

    def spent(self) -> int:
        """Return how many deletes of this run's allowance are spent before it begins: none, or all of it.

        Raises:
            JournalError: it can't be read, or the word that lets the rest through can't be written.
        """
        journal = self.journal()
        last = journal.last(Stop, self._key, foreign=True)  # a stop holds back, and no word lets through more than none
        if last is None or last.row.limit is None:
            return 0
        if self.limit == last.row.limit and DELETES not in os.environ.get(OVERRIDE, ""):
            return self.limit
        if self.applies:
            journal.write(self._key, Stop(None))
        return 0

    def note(self, urn: str) -> None:
        """Remember that this run was stopped.

        Raises:
            JournalError: it can't be written.
        """
        if self.applies and self.limit:
            self.journal().write(self._key, Stop(self.limit, urn))

    @property
    def _key(self) -> str:
        return f"guard {self.stack}"
