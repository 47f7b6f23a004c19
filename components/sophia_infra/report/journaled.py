"""What the journal adds to a preview: advice in full, and the words of people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sophia_infra.advice.approval import Approval, approved
from sophia_infra.advice.model import Advice, Edit, Request
from sophia_infra.advice.rejection import Rejection
from sophia_infra.advised.limits import OverrideRow, counted
from sophia_infra.changes import Changes
from sophia_infra.journal import Journal, JournalError, Recorded, Row
from sophia_infra.report.model import Word

_NEWEST = 100
"""Of so many of the newest rows of a kind those are looked for that bear on a change."""
_UNITS = ("record sets", "")


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

    def refused(self, title: str, refusal: str) -> Known:
        """Return what is known of the plan that a refusal is about."""
        return self._ask(lambda: self._of_refusal(title, refusal))

    def _ask(self, question: Callable[[], Known]) -> Known:
        try:
            return Known() if self.failure else question()
        except JournalError as error:
            self.failure = str(error)
            return Known()

    def _of_refusal(self, title: str, refusal: str) -> Known:
        """The newest request of that name whose plan does what the refusal says: other stacks may use that name."""
        for found in self.journal.newest(Request, _NEWEST):
            if f"{found.row.kind} {found.row.subject}" == title:
                plan = replace(Changes.from_inputs(found.row.facts), reasons=())
                if any(refusal.startswith(f"{title}: {counted(plan, unit)};") for unit in _UNITS):
                    return self._known(found.key, ())
        return Known()

    def _known(self, key: str, applied: Sequence[Edit]) -> Known:
        advice, request = self.journal.last(Advice, key), self.journal.last(Request, key)
        if advice is None:
            return Known()
        base = request.row.facts.get("base", "") if request else ""
        said = approved(self.journal, advice.row, base)
        no = ((edit.subject, said.rejected.get(edit.digest)) for edit in advice.row.edits)
        rejected = (_rejection(subject, word) for subject, word in no if word)
        words = (*self._approvals((*applied, *said.ours)), *rejected, *self._overrides(base))
        return Known(advice.row, request.row if request else None, words)

    def _approvals(self, edits: Sequence[Edit]) -> list[Word]:
        """The newest word on each edit; one that was withdrawn is none."""
        last: dict[str, Approval] = {}
        for found in filter(_is_ours, self.journal.newest(Approval, _NEWEST) if edits else ()):
            last = {**dict.fromkeys(found.row.edits, found.row), **last}
        given = ((edit.subject, last.get(edit.digest)) for edit in edits)
        return [
            Word(f"edit of {subject} approved", word.by, word.until) for subject, word in given if word and word.until
        ]

    def _overrides(self, base: str) -> list[Word]:
        newest = filter(_is_ours, self.journal.newest(OverrideRow, _NEWEST) if base else ())
        rows = (found.row for found in newest if found.row.base == base)
        row = next(rows, None)
        accepted = row.accepted if row else ()
        return [Word(f"accepted: {each.reason} ({each.why})", row.who, each.until) for each in accepted if row]


def _rejection(subject: str, word: Rejection) -> Word:
    why = f": {word.why}" if word.why else ""
    return Word(f"edit of {subject} rejected{why}", word.by, None, f"on {word.time:%Y-%m-%d %H:%M} UTC")


def _is_ours(found: Recorded[Row]) -> bool:
    """Whether a row counts here: anybody can put one into a file."""
    return found.ours
