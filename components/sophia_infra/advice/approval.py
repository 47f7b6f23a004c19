"""A person's approval of proposed edits: it binds one request, the base it was about, and exactly those edits.

An approval is a row of the journal, made by `sophia advice approve`; nothing that an advisor can call makes one.
"""

import getpass
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, NamedTuple

from sophia_infra import clock
from sophia_infra.advice.model import Advice, Edit, Request
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Entry, Journal, Kind, Recorded, Row, trusted

DAYS = 7
MOST_DAYS = 90
"""How long an approval holds, and may hold at most."""
_SHOWN = 100
"""Of so many ids that begin alike no more are counted."""
_WORD_ON = "edit "
"""With an edit's digest the key of the words on it."""


class ApprovalError(SophiaError):
    """Advice that can't be approved: it is not there, proposes nothing, or not what was named."""

    code = "approval"


@dataclass(frozen=True, slots=True)
class Approval(Row):
    """An approval in the journal: the base it was about, digests of its edits, its end, and the user who gave it.

    Without an end, these edits are approved no more.
    """

    KIND: ClassVar = Kind.APPROVAL

    base: str
    edits: tuple[str, ...]
    until: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class EditWord(Row):
    """A person's last word on an edit, whatever advice proposes it: withdrawn, or approved again after that."""

    KIND: ClassVar = Kind.APPROVAL
    RESOURCE: ClassVar = "edit"

    withdrawn: bool
    who: str


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


def approve(journal: Journal, advice: Advice, edits: Sequence[Edit], days: int = DAYS) -> Approval:
    """Journal that a person approved edits of an advice, beside what was approved before.

    Raises:
        ApprovalError: an edit was not proposed by this advice, it is about what is no longer live, or `days` is not
            from 1 to 90.
        JournalError: it can't be written, or would not be known as given here (`SealError`), so it does not hold.
    """
    if not 1 <= days <= MOST_DAYS:
        raise ApprovalError(f"days is {days}; give 1 to {MOST_DAYS}", field="days", value=days, limit=MOST_DAYS)
    strange = [edit for edit in edits if edit not in proposed(advice)]
    if strange:
        told = f"{strange[0].subject} is not among the edits that advice {advice.id[:12]} proposes"
        raise ApprovalError(told, code="not-proposed", subject=strange[0].subject)
    _refuse_overtaken(journal, advice)
    return _record(journal, advice, tuple(edits), clock.now().replace(microsecond=0) + timedelta(days=days))


def _refuse_overtaken(journal: Journal, advice: Advice) -> None:
    """Refuse advice whose base an apply, or a later preview, has left behind: no run would ever apply its edits."""
    request = journal.last(Request, advice.id, foreign=True)
    if request is None:
        return  # refused where the approval is written
    base, about = request.row.facts.get("base", ""), _about(request.row.facts, request.row.subject)
    since = _since(journal, request, about)
    planned, applied = since.get(Kind.PLAN), since.get(Kind.INTENT)
    moved = planned is not None and planned.value["base"] != base
    last = planned.sequence if planned else 0
    wrote = applied is not None and applied.sequence > last and applied.value.get("base") == base
    if not moved and not (wrote and applied and not journal.is_unfinished(applied.key)):
        return
    now = planned.value["base"] if planned and moved else None
    other = since.get(f"{Kind.REQUEST} {now}")
    newer = other.key if other else ""
    way_out = (
        f"approve the one about it as it is now: sophia advice approve {newer[:12]}"
        if newer
        else ("run `pulumi preview`, and approve the advice that it shows (sophia advice list)")
    )
    shown = f"advice {advice.id[:12]} is about {request.row.subject} as it was before the last change, and no run"
    raise ApprovalError(f"{shown} would apply it; {way_out}", code="approval-overtaken", field="ID")


def _since(journal: Journal, request: Recorded[Request], about: tuple[Any, ...]) -> dict[str, Entry]:
    """The newest plan about a resource of those since a request, any intent after it, and its newest requests by base.

    Rows are read from the newest back, and no further than the request of what is planned now: what came before that
    says nothing more, and nothing from before `request` could have left it behind.
    """
    found: dict[str, Entry] = {}
    with journal.storage.mentioning(json.dumps(about[0]), request.sequence) as rows:
        for entry in rows:
            if entry.kind in (Kind.PLAN, Kind.INTENT):
                body = trusted(entry).value
                if _about(body, body.get("domain")) == about:
                    found.setdefault(entry.kind, entry)
            elif entry.kind == Kind.REQUEST:
                body = trusted(entry).value
                facts = body.get("facts") or {}
                if _about(facts, body.get("subject")) == about:
                    found.setdefault(f"{Kind.REQUEST} {facts.get('base')}", entry)
            planned = found.get(Kind.PLAN)
            base = planned.value["base"] if planned else None
            if planned and (base == request.row.facts.get("base") or f"{Kind.REQUEST} {base}" in found):
                break
    return found


def _about(facts: Mapping[str, Any], subject: Any) -> tuple[Any, ...]:
    """Which resource a request, a plan or an intent is about."""
    return (subject, *(facts.get(name) or "" for name in ("stack", "label", "home")))


def withdraw(journal: Journal, advice: Advice) -> Approval:
    """Journal that no edit which an advice proposes is approved any more.

    Raises:
        ApprovalError: the request of this advice is not known.
        JournalError: it can't be written, so the approval still holds.
    """
    return _record(journal, advice, proposed(advice), None)


def _record(journal: Journal, advice: Advice, edits: tuple[Edit, ...], until: datetime | None) -> Approval:
    request = journal.last(Request, advice.id, foreign=True)
    if request is None:
        told = f"the request of advice {advice.id[:12]} is not in {journal.name}; run the preview again"
        raise ApprovalError(told, code="no-advice", field="ID", value=advice.id)
    approval = Approval(request.row.facts.get("base", ""), tuple(map(digest, edits)), until, user())
    journal.refuse_unsealed()
    journal.write(advice.id, approval)
    for edit in edits:
        if until is None or is_withdrawn(journal, edit):
            journal.write(_WORD_ON + digest(edit), EditWord(until is None, user()))
    return approval


def is_withdrawn(journal: Journal, edit: Edit) -> bool:
    """Whether a person withdrew an edit and approved it no more since: no level of autonomy grants it then.

    A withdrawal counts wherever it was said, and what takes it back only where this machine vouches for it.

    Raises:
        JournalError: the journal can't be read.
    """
    words = journal.back(EditWord, _WORD_ON + digest(edit), foreign=True)
    return next((word.row.withdrawn for word in words if word.ours or word.row.withdrawn), False)


def user() -> str:
    """Return who runs this process, as the journal names people."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no name in the environment, and none for the user's number
        return "unknown"


class Approved(NamedTuple):
    """The edits of an advice that are approved: on a machine that is known here, and elsewhere.

    `taken_back` are the digests of those on which the last word, of anybody or of here, is that they are not.
    """

    ours: tuple[Edit, ...]
    foreign: tuple[Edit, ...]
    taken_back: frozenset[str]


def approved(journal: Journal, advice: Advice, base: str) -> Approved:
    """Return the edits of an advice that are approved for a zone at `base` now: the last word on each decides.

    Only `ours` may be applied: see `Journal`.

    Raises:
        JournalError: the journal can't be read; nothing is approved then.
    """
    last, here = dict[str, Recorded[Approval]](), dict[str, Recorded[Approval]]()
    for approval in journal.back(Approval, advice.id, foreign=True) if advice.edits else ():
        if approval.row.base == base:
            last = {**dict.fromkeys(approval.row.edits, approval), **last}
            here = {**dict.fromkeys(approval.row.edits if approval.ours else (), approval), **here}
    words = (*last.items(), *here.items())
    taken_back = frozenset(name for name, word in words if word.row.until is None)
    now = clock.now()
    ours, foreign = list[Edit](), list[Edit]()
    for edit in proposed(advice):
        word = last.get(digest(edit))
        if word and word.row.until is not None and word.row.until >= now:
            (ours if word.ours else foreign).append(replace(edit, word=word.row.by))
    return Approved(tuple(ours), tuple(foreign), taken_back)


def proposed(advice: Advice) -> tuple[Edit, ...]:
    """Return the edits of an advice that a person may approve.

    One that is for no record of the zone is none of them: nothing would say when it has served its purpose.
    """
    return tuple(edit for edit in advice.edits if edit.state == "proposed" and edit.before)


def digest(edit: Edit) -> str:
    """Return the hash that stands for a proposed edit, whatever became of it, and on whose word."""
    body = {name: value for name, value in asdict(edit).items() if name != "word" and (name != "by" or value)}
    return hashlib.sha256(json.dumps(body | {"state": "proposed"}, sort_keys=True).encode()).hexdigest()
