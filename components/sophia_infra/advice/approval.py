"""A person's approval of proposed edits: it binds one request, the base it was about, and exactly those edits.

An approval is a row of the journal, made by `sophia advice approve`; nothing that an advisor can call makes one.
"""

import getpass
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from sophia_infra import clock
from sophia_infra.advice.chain import Kind
from sophia_infra.advice.journal import Journal
from sophia_infra.advice.model import Advice, Edit
from sophia_infra.errors import SophiaError

DAYS = 7
MOST_DAYS = 90
"""How long an approval holds, and may hold at most."""


class ApprovalError(SophiaError):
    """Advice that can't be approved: it is not there, proposes nothing, or not what was named."""

    code = "approval"


@dataclass(frozen=True, slots=True)
class Approval:
    """Which edits of one advice were approved, until when. Without an end, they are approved no more."""

    advice: str
    edits: tuple[Edit, ...]
    until: datetime | None
    by: str


def find(journal: Journal, beginning: str) -> Advice:
    """Return the journaled advice whose id begins with `beginning`; the newest one for no beginning.

    Raises:
        ApprovalError: there is none, or several begin so.
        JournalError: the journal can't be read.
    """
    entries = [entry for entry in journal.newest(Kind.ADVICE) if entry.key.startswith(beginning)]
    ids = list(dict.fromkeys(entry.key for entry in entries))
    if not ids:
        raise ApprovalError(
            f"no advice in {journal.path} has an id that begins with {beginning!r}; see: sophia advice list"
        )
    if beginning and len(ids) > 1:
        raise ApprovalError(f"{len(ids)} advices have ids that begin with {beginning!r}; give more of it")
    return Advice.from_inputs(entries[0].value)


def approve(journal: Journal, advice: Advice, edits: Sequence[Edit], days: int = DAYS) -> Approval:
    """Journal that a person approved edits of an advice, beside what was approved before.

    Raises:
        ApprovalError: an edit was not proposed by this advice, or `days` is not from 1 to 90.
        JournalError: it can't be written, so it does not hold.
    """
    if not 1 <= days <= MOST_DAYS:
        raise ApprovalError(f"days is {days}; give 1 to {MOST_DAYS}")
    strange = [edit for edit in edits if edit not in proposed(advice)]
    if strange:
        raise ApprovalError(f"{strange[0].subject} is not among the edits that advice {advice.id[:12]} proposes")
    return _said(journal, advice, tuple(edits), clock.now() + timedelta(days=days))


def withdraw(journal: Journal, advice: Advice) -> Approval:
    """Journal that no edit which an advice proposes is approved any more.

    Raises:
        ApprovalError: the request of this advice is not known.
        JournalError: it can't be written, so the approval still holds.
    """
    return _said(journal, advice, proposed(advice), None)


def _said(journal: Journal, advice: Advice, edits: tuple[Edit, ...], until: datetime | None) -> Approval:
    by = getpass.getuser()
    row = {
        "base": _base(journal, advice),
        "edits": [digest(edit) for edit in edits],
        "until": until.isoformat(timespec="seconds") if until else "",
        "by": by,
    }
    journal.append(Kind.APPROVAL, advice.id, row)
    return Approval(advice.id, edits, until, by)


def approved(journal: Journal, advice: Advice, base: str) -> tuple[Edit, ...]:
    """Return the edits of an advice that may be applied to a zone at `base` now: the last word on each decides.

    Raises:
        JournalError: the journal can't be read; nothing is approved then.
    """
    entries = journal.newest(Kind.APPROVAL) if advice.edits else []
    last: dict[str, str] = {}
    for row in (entry.value for entry in entries if entry.key == advice.id):
        if row["base"] == base:
            last = {**dict.fromkeys(row["edits"], row["until"]), **last}
    now = clock.now()
    ends = ((edit, last.get(digest(edit))) for edit in proposed(advice))
    return tuple(edit for edit, end in ends if end and datetime.fromisoformat(end) >= now)


def proposed(advice: Advice) -> tuple[Edit, ...]:
    """Return the edits of an advice that a person may approve.

    One that is for no record of the zone is none of them: nothing would say when it has served its purpose.
    """
    return tuple(edit for edit in advice.edits if edit.state == "proposed" and edit.before)


def _base(journal: Journal, advice: Advice) -> str:
    request = journal.find(Kind.REQUEST, advice.id)
    if request is None:
        raise ApprovalError(f"the request of advice {advice.id[:12]} is not in {journal.path}; run the preview again")
    base: str = request.value["facts"].get("base", "")
    return base


def digest(edit: Edit) -> str:
    """Return the hash that stands for a proposed edit, whatever became of it."""
    return hashlib.sha256(json.dumps(asdict(replace(edit, state="proposed")), sort_keys=True).encode()).hexdigest()
