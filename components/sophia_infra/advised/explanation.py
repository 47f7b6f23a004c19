"""One advice, told from the journal alone: what was asked, what carries the verdict, what became of each edit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sophia_infra import clock
from sophia_infra.advice.approval import Approval, Approved, approved, proposed, request_of
from sophia_infra.advice.left_behind import way_out
from sophia_infra.advice.model import Advice, Edit, Finding, Level, Request, Verdict
from sophia_infra.advised.this_run import VERDICT, to_accept
from sophia_infra.advised.walk import PLANNED, PlanRow
from sophia_infra.journal import Journal, Kind, Recorded, trusted


class Fate(StrEnum):
    """What became of an edit so far."""

    OPEN = "open"
    APPROVED = "approved"
    ELSEWHERE = "approved elsewhere"
    EXPIRED = "expired"
    REJECTED = "rejected"
    APPLIED = "applied"
    DROPPED = "dropped"
    UNFIT = "for no record"


@dataclass(frozen=True, slots=True)
class Told:
    """An edit and what became of it: on whose word, when it was said or applied, until when it holds, and why."""

    edit: Edit
    fate: Fate
    by: str = ""
    time: datetime | None = None
    until: datetime | None = None
    why: str = ""

    def __str__(self) -> str:
        when = f", {self.time:%Y-%m-%d %H:%M}" if self.time else ""
        until = f", until {self.until:%Y-%m-%d %H:%M}" if self.until else ""
        on = " on the word of" if self.fate is Fate.APPLIED else " by"
        return f"{self.fate}{f'{on} {self.by}' if self.by else ''}{when}{until}{self.why and f': {self.why}'}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the journal has of one advice.

    Attributes:
        carried: the findings that carry the verdict; none where it is approve, or a model's word alone.
        edits: each edit with what became of it.
        ways_out: what lets the change, or its edits, through.
    """

    advice: Advice
    request: Recorded[Request]
    carried: tuple[Finding, ...]
    edits: tuple[Told, ...]
    ways_out: tuple[str, ...]


def explain(journal: Journal, advice: Advice) -> Explanation:
    """Return what the journal has of an advice.

    Raises:
        ApprovalError: its request is not there.
        JournalError: the journal can't be read.
    """
    request = request_of(journal, advice)
    said = approved(journal, advice, request.row.facts.get("base", ""))
    edits = tuple(_told(journal, advice, edit, said, request.sequence) for edit in advice.edits)
    return Explanation(advice, request, _carried(advice), edits, tuple(_ways_out(journal, advice, request, edits)))


def _carried(advice: Advice) -> tuple[Finding, ...]:
    """The worst finding of each code that carries the verdict; of advice of before, which names none, all errors."""
    if advice.verdict is Verdict.APPROVE:
        return ()
    if not advice.carried:
        return tuple(found for found in advice.kinds if found.level is Level.ERROR)
    worst = dict[str, Finding]()
    for found in advice.kinds:
        if found.code in advice.carried and not found.old:
            worst.setdefault(found.code, found)
    return tuple(worst.values())


def _told(journal: Journal, advice: Advice, edit: Edit, said: Approved, since: int) -> Told:
    if edit not in proposed(advice):
        return Told(edit, Fate.DROPPED if edit.state == "rejected" else Fate.UNFIT)
    name = edit.digest
    if done := _applied(journal, name, since):
        return Told(edit, Fate.APPLIED, *done)
    if no := said.rejected.get(name):
        return Told(edit, Fate.REJECTED, no.by, no.time, why=no.why)
    words = (word for word in journal.back(Approval, advice.id, foreign=True) if name in word.row.edits)
    word = next(words, None)
    if word is None or word.row.until is None:
        return Told(edit, Fate.OPEN)
    fate = Fate.EXPIRED if word.row.until < clock.now() else Fate.APPROVED if word.ours else Fate.ELSEWHERE
    return Told(edit, fate, word.row.by, word.time, word.row.until, word.row.why)


def _applied(journal: Journal, name: str, since: int) -> tuple[str, datetime] | None:
    """On whose word the newest apply of an edit was, and when it ended."""
    with journal.storage.mentioning(f'"{name}"', since) as rows:
        planned = [trusted(row) for row in rows if row.kind == Kind.PLAN and row.value.keys() >= set(PLANNED)]
    for row in planned:
        plan: PlanRow = PlanRow.from_body(row.value)
        if name not in plan.edits or not plan.run:
            continue
        ended = [
            done
            for done in journal.storage.of_run(Kind.OUTCOME, plan.run, plan.location)
            if done.sequence > row.sequence
        ]
        if ended:
            words: Mapping[str, str] = dict(zip(plan.edits, plan.words, strict=False))
            return words.get(name, ""), datetime.fromisoformat(ended[0].time)
    return None


def _ways_out(journal: Journal, advice: Advice, request: Recorded[Request], edits: tuple[Told, ...]) -> list[str]:
    about, shown = f"{request.row.kind} {request.row.subject}", advice.id[:12]
    if left := way_out(journal, request):
        return [f"it is about {about} as it was before the last change; {left}"]
    found = []
    if any(told.fate in (Fate.OPEN, Fate.EXPIRED, Fate.ELSEWHERE, Fate.REJECTED) for told in edits):
        found.append(f"to have its edits applied: sophia advice approve {shown}")
    if any(told.fate is Fate.APPROVED for told in edits):
        found.append("what is approved the next preview shows applied, and the `pulumi up` after it writes")
    if advice.verdict is Verdict.BLOCK:
        found.append(f"to let it through against the advice, this run only: {to_accept(about, [VERDICT])} pulumi up")
    return found
