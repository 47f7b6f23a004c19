"""Advice as it is listed for people: what it is about, and how many of its edits wait for a word."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sophia_infra.advice.approval import open_edits
from sophia_infra.advice.model import Advice, Request
from sophia_infra.journal import Journal, Recorded


@dataclass(frozen=True, slots=True)
class Listed:
    """An advice in a list.

    Attributes:
        time: when it was given.
        kind, subject: what it is about; empty where that is not known.
        waiting: how many of its edits wait for a person's word.
    """

    time: datetime
    advice: Advice
    kind: str
    subject: str
    waiting: int

    def __str__(self) -> str:
        edits = f", {self.waiting} proposed {'edit' if self.waiting == 1 else 'edits'}" if self.waiting else ""
        about = f"{self.kind} {self.subject}  " if self.kind else ""
        return f"{about}{self.advice.verdict}: {self.advice.summary}{edits}"


def listed(journal: Journal, rows: Iterable[Recorded[Advice]], stack: str = "") -> Iterator[Listed]:
    """Yield what is listed of some rows of a journal, in their order; with a `stack`, `project/name`, none of another.

    Raises:
        JournalError: the journal can't be read.
    """
    for found in rows:
        request = journal.last(Request, found.row.id, foreign=True)
        kind, subject, facts = (request.row.kind, request.row.subject, request.row.facts) if request else ("", "", {})
        if not stack or facts.get("stack") in (
            None,
            "",
            stack,
        ):  # before edits are looked at, which costs several reads
            yield Listed(found.time, found.row, kind, subject, len(open_edits(journal, found.row)))
