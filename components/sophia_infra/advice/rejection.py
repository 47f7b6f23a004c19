"""A person's no to an edit: it holds on every stack and for whatever advice proposes the edit, until one says yes."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sophia_infra.advice.left_behind import resource_of
from sophia_infra.advice.model import Edit, Request
from sophia_infra.journal import Journal, Kind, Row


@dataclass(frozen=True, slots=True)
class EditWord(Row):
    """A person's last word on an edit, whatever advice proposes it: rejected (`withdrawn`), or approved after that."""

    KIND: ClassVar = Kind.APPROVAL
    RESOURCE: ClassVar = "edit"

    withdrawn: bool
    who: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Who said no to an edit, when and why."""

    by: str
    time: datetime
    why: str = ""

    def __str__(self) -> str:
        return f"{self.by}, {self.time:%Y-%m-%d %H:%M}{self.why and f': {self.why}'}"


def word_key(edit: Edit, request: Request) -> str:
    """Return the key of people's words on an edit of one resource, whatever advice proposes it."""
    of = [*resource_of(request.facts, request.subject), edit.digest]
    return f"edit {hashlib.sha256(json.dumps(of).encode()).hexdigest()}"


def no_to(journal: Journal, key: str) -> Rejection | None:
    """Return the last word where that is a no: one counts wherever it was said, what lifts it only if it is ours."""
    words = journal.back(EditWord, key, foreign=True)
    word = next((word for word in words if word.ours or word.row.withdrawn), None)
    return Rejection(word.row.who, word.time, word.row.why) if word and word.row.withdrawn else None
