"""What the journal adds to a preview: advice in full, and the words of people."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sophia_infra.advice.approval import approved
from sophia_infra.advice.model import Advice, Edit, Request
from sophia_infra.advice.rejection import Rejection
from sophia_infra.advised.limits import OverrideRow
from sophia_infra.journal import Journal, JournalError
from sophia_infra.report.model import Word

_ADVICE = re.compile(r"sophia advice show ([0-9a-f]+)")
"""How a refusal names the advice on what it refuses."""
_APPROVED = "edit of {} approved"


@dataclass(frozen=True, slots=True)
class Known:
    """What the journal has under an advice's id; nothing where it has none."""

    advice: Advice | None = None
    request: Request | None = None
    words: tuple[Word, ...] = ()


@dataclass(slots=True)
class Records:
    """Asks a journal. One that can't be read leaves the report with what the preview says; `failure` says why."""

    journal: Journal
    failure: str = ""

    def about(self, key: str, applied: Sequence[Edit] = ()) -> Known:
        """Return what is known of an advice by its id, and of the edits that its plan applies; nothing for no id."""
        return self._ask(lambda: self._known(key, applied)) if key else Known()

    def refused(self, refusal: str) -> Known:
        """Return what is known of the plan that a refusal is about, by the advice that it names."""
        return self._ask(lambda: self._of_refusal(refusal))

    def _ask(self, question: Callable[[], Known]) -> Known:
        try:
            return Known() if self.failure else question()
        except JournalError as error:
            self.failure = str(error)
            return Known()

    def _of_refusal(self, refusal: str) -> Known:
        named = _ADVICE.search(refusal)
        ids = self.journal.keys(Advice, named[1], 2) if named else []
        return self._known(ids[0], ()) if len(ids) == 1 else Known()

    def _known(self, key: str, applied: Sequence[Edit]) -> Known:
        advice, request = self.journal.last(Advice, key), self.journal.last(Request, key)
        if advice is None:
            return Known()
        base = request.row.facts.get("base", "") if request else ""
        said = approved(self.journal, advice.row, base)
        no = ((edit.subject, said.rejected.get(edit.digest)) for edit in advice.row.edits)
        rejected = (_rejection(subject, word) for subject, word in no if word)
        applied_by = (Word(_APPROVED.format(edit.subject), edit.word, None) for edit in applied if edit.word)
        given = zip(said.ours, said.words, strict=True)
        waiting = (Word(_APPROVED.format(edit.subject), word.by, word.until) for edit, word in given)
        words = (*applied_by, *waiting, *rejected, *self._overrides(base))
        return Known(advice.row, request.row if request else None, words)

    def _overrides(self, base: str) -> list[Word]:
        found = self.journal.last(OverrideRow, base) if base else None
        accepted = found.row.accepted if found else ()
        return [Word(f"accepted: {each.reason} ({each.why})", found.row.who, each.until) for each in accepted if found]


def _rejection(subject: str, word: Rejection) -> Word:
    why = f": {word.why}" if word.why else ""
    return Word(f"edit of {subject} rejected{why}", word.by, None, f"on {word.time:%Y-%m-%d %H:%M} UTC")
