"""A person's approval of proposed edits: it binds one zone of one stack, and exactly those edits.

An edit names the lines that it is for, so its approval holds while advice proposes the same for them, whatever else of
the zone moves: the run that writes the zone, or a value that is known at last, asks no one anew.

An approval is a row of the journal, made by `sophia advice approve`; nothing that an advisor can call makes one.
"""

import getpass
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
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
    """Journal that no edit which an advice proposes is approved any more, by whichever advice it was.

    Raises:
        ApprovalError: the request of this advice is not known.
        JournalError: it can't be written, so the approval still holds.
    """
    return _said(journal, advice, proposed(advice), None)


def _said(journal: Journal, advice: Advice, edits: tuple[Edit, ...], until: datetime | None) -> Approval:
    zone = _zone(journal, advice)
    if zone is None:
        raise ApprovalError(f"the request of advice {advice.id[:12]} is not in {journal.path}; run the preview again")
    by = getpass.getuser()
    row = {
        "zone": zone,
        "edits": [_digest(edit) for edit in edits],
        "until": until.isoformat(timespec="seconds") if until else "",
        "by": by,
    }
    journal.append(Kind.APPROVAL, advice.id, row)
    return Approval(advice.id, edits, until, by)


def approved(journal: Journal, advice: Advice) -> tuple[Edit, ...]:
    """Return the edits of an advice that may be applied now: the last word on each of them decides.

    Raises:
        JournalError: the journal can't be read; nothing is approved then.
    """
    edits = {_digest(edit): edit for edit in proposed(advice)}
    rows = [entry.value for entry in journal.newest(Kind.APPROVAL)] if edits else []
    zone = _zone(journal, advice) if rows else None
    last: dict[str, str] = {}
    for row in rows:
        if zone is not None and row.get("zone") == zone:
            last = {**dict.fromkeys(row["edits"], row["until"]), **last}
    now = clock.now()
    return tuple(edit for one, edit in edits.items() if last.get(one) and datetime.fromisoformat(last[one]) >= now)


def proposed(advice: Advice) -> tuple[Edit, ...]:
    """Return the edits of an advice that a person may approve.

    One that is for no record of the zone is none of them: nothing would say when it has served its purpose.
    """
    return tuple(edit for edit in advice.edits if edit.state == "proposed" and edit.before)


def _zone(journal: Journal, advice: Advice) -> dict[str, str] | None:
    """Return what names the resource that an advice is for, by its request; None where that is not journaled."""
    request = journal.find(Kind.REQUEST, advice.id)
    if request is None:
        return None
    facts = request.value["facts"]
    named = {name: str(facts.get(name) or "") for name in ("stack", "label", "home")}
    return {"kind": request.value["kind"], "subject": request.value["subject"], **named}


def _digest(edit: Edit) -> str:
    return hashlib.sha256(json.dumps(asdict(edit), sort_keys=True).encode()).hexdigest()
