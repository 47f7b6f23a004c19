"""A person's approval of proposed edits: it binds one request, the base it was about, and exactly those edits.

An approval is a row of the journal, made by `sophia advice approve`; nothing that an advisor can call makes one.
"""

import getpass
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, NamedTuple

from sophia_infra import clock
from sophia_infra.advice.left_behind import way_out
from sophia_infra.advice.model import Advice, Edit, Request
from sophia_infra.advice.rejection import EditWord, Rejection, no_to, word_key
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal, Kind, Recorded, Row

DAYS = 7
MOST_DAYS = 90
"""How long an approval holds, and may hold at most."""
_SHOWN = 100
"""Of so many ids that begin alike no more are counted."""


class ApprovalError(SophiaError):
    """Advice that can't be approved: it is not there, proposes nothing, or not what was named."""

    code = "approval"


@dataclass(frozen=True, slots=True)
class Approval(Row):
    """An approval in the journal: the base it was about, digests of its edits, its end, and the user who gave it.

    Without an end, these edits are rejected.
    """

    KIND: ClassVar = Kind.APPROVAL

    base: str
    edits: tuple[str, ...]
    until: datetime | None
    by: str
    why: str = ""


def find(journal: Journal, beginning: str) -> Advice:
    """Return the journaled advice whose id begins with `beginning`; the newest one for no beginning.

    Raises:
        ApprovalError: there is none, or several begin so.
        JournalError: the journal can't be read.
    """
    ids = journal.keys(Advice, beginning, _SHOWN) if beginning else [row.key for row in journal.newest(Advice, 1)]
    found = journal.last(Advice, ids[0], foreign=True) if ids else None
    if not found:
        raise ApprovalError(
            f"no advice in {journal.name} has an id that begins with {beginning!r}; see: sophia advice list",
            code="no-advice",
            field="ID",
            value=beginning,
        )
    if len(ids) > 1:
        count = f"{_SHOWN} or more" if len(ids) == _SHOWN else len(ids)
        told = f"{count} advices have ids that begin with {beginning!r}; give more of it"
        raise ApprovalError(told, code="several-advices", field="ID", value=len(ids))
    return found.row


def approve(
    journal: Journal, advice: Advice, edits: Sequence[Edit], until: datetime | None = None, why: str = ""
) -> Approval:
    """Journal that a person approved edits of an advice, beside what was approved before: until then, or for 7 days.

    Raises:
        ApprovalError: an edit was not proposed by this advice, it is about what is no longer live, or `until` is not
            within the next 90 days.
        JournalError: it can't be written, or would not be known as given here (`SealError`), so it does not hold.
    """
    until = until or ends()
    refuse_unfit(journal, advice, edits, until)
    return _record(journal, advice, tuple(edits), until, why)


def refuse_unfit(journal: Journal, advice: Advice, edits: Sequence[Edit], until: datetime) -> None:
    """Refuse what no run would ever apply, and an end that is none; raises as `approve`."""
    if not timedelta() <= until - clock.now() <= timedelta(days=MOST_DAYS):
        told = f"the approval would end {until:%Y-%m-%d %H:%M}; it may in the next {MOST_DAYS} days"
        raise ApprovalError(told, field="until", value=until.isoformat(), limit=MOST_DAYS)
    _refuse_strange(advice, edits)
    request = request_of(journal, advice)
    if told := way_out(journal, request):
        shown = f"advice {advice.id[:12]} is about {request.row.subject} as it was before the last change, and no run"
        raise ApprovalError(f"{shown} would apply it; {told}", code="approval-overtaken", field="ID")


def ends(days: int = DAYS) -> datetime:
    """Return when an approval for so many days ends."""
    return clock.now().replace(microsecond=0) + timedelta(days=days)


def reject(journal: Journal, advice: Advice, edits: Sequence[Edit], why: str = "") -> Approval:
    """Journal that a person says no to edits of an advice, approved before or not, until one approves them.

    No level of autonomy grants them then, nor the same edits where other advice on the resource proposes them.

    Raises:
        ApprovalError: an edit was not proposed by this advice, or its request is not known.
        JournalError: it can't be written, so what was approved still is.
    """
    _refuse_strange(advice, edits)
    return _record(journal, advice, tuple(edits), None, why)


def _refuse_strange(advice: Advice, edits: Sequence[Edit]) -> None:
    for edit in edits:
        if edit not in proposed(advice):
            told = f"{edit.subject} is not among the edits that advice {advice.id[:12]} proposes"
            raise ApprovalError(told, code="not-proposed", subject=edit.subject)


def request_of(journal: Journal, advice: Advice) -> Recorded[Request]:
    """Return the request of an advice.

    Raises:
        ApprovalError: it is not known.
        JournalError: the journal can't be read.
    """
    request = journal.last(Request, advice.id, foreign=True)
    if request is None:
        told = f"the request of advice {advice.id[:12]} is not in {journal.name}; run the preview again"
        raise ApprovalError(told, code="no-advice", field="ID", value=advice.id)
    return request


def _record(journal: Journal, advice: Advice, edits: tuple[Edit, ...], until: datetime | None, why: str) -> Approval:
    request = request_of(journal, advice).row
    approval = approval_of(request, edits, until, why)
    journal.refuse_unsealed()
    journal.write(advice.id, approval)
    for edit in edits:
        key = word_key(edit, request)
        if until is None or no_to(journal, key):
            journal.write(key, EditWord(until is None, user(), why))
    return approval


def approval_of(request: Request, edits: Sequence[Edit], until: datetime | None, why: str) -> Approval:
    """Return what whoever runs this process says to edits of the advice on a request."""
    return Approval(request.facts.get("base", ""), tuple(edit.digest for edit in edits), until, user(), why)


def user() -> str:
    """Return who runs this process, as the journal names people."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no name in the environment, and none for the user's number
        return "unknown"


class Approved(NamedTuple):
    """The edits of an advice that are approved: on a machine that is known here, and elsewhere.

    `rejected` has, by the digest of an edit, who said no to it: nothing applies such an edit. `words` are the approvals
    of `ours`, in the same order.
    """

    ours: tuple[Edit, ...]
    foreign: tuple[Edit, ...]
    rejected: Mapping[str, Rejection]
    words: tuple[Approval, ...] = ()


def approved(journal: Journal, advice: Advice, base: str) -> Approved:
    """Return the edits of an advice that are approved for a zone at `base` now: the last word on each decides.

    Only `ours` may be applied: see `Journal`.

    Raises:
        JournalError: the journal can't be read; nothing is approved then.
    """
    waiting = proposed(advice)
    last, here = dict[str, Recorded[Approval]](), dict[str, Recorded[Approval]]()
    for approval in journal.back(Approval, advice.id, foreign=True) if waiting else ():
        if approval.row.base == base:
            last = {**dict.fromkeys(approval.row.edits, approval), **last}
            here = {**dict.fromkeys(approval.row.edits if approval.ours else (), approval), **here}
    said = (*last.items(), *here.items())
    rejected = {name: Rejection(word.row.by, word.time, word.row.why) for name, word in said if word.row.until is None}
    request = journal.last(Request, advice.id, foreign=True) if waiting else None
    for edit in waiting if request else ():
        if request and (no := no_to(journal, word_key(edit, request.row))):
            rejected[edit.digest] = no
    now = clock.now()
    ours, foreign = list[Edit](), list[Edit]()
    for edit in waiting:
        word = last.get(edit.digest)
        holds = word and word.row.until is not None and word.row.until >= now
        if word and holds and edit.digest not in rejected:
            (ours if word.ours else foreign).append(replace(edit, word=word.row.by))
    words = tuple(last[edit.digest].row for edit in ours)
    return Approved(tuple(ours), tuple(foreign), rejected, words)


def proposed(advice: Advice) -> tuple[Edit, ...]:
    """Return the edits of an advice that a person may approve.

    One that is for no record of the zone is none of them: nothing would say when it has served its purpose.
    """
    return tuple(edit for edit in advice.edits if edit.state == "proposed" and edit.before)


def open_edits(journal: Journal, advice: Advice) -> tuple[Edit, ...]:
    """Return the edits of an advice that wait for a person's word.

    Raises:
        JournalError: the journal can't be read.
    """
    request = journal.last(Request, advice.id, foreign=True) if proposed(advice) else None
    said = approved(journal, advice, request.row.facts.get("base", "") if request else "")
    return tuple(edit for edit in proposed(advice) if edit not in said.ours and edit.digest not in said.rejected)
