"""Advice whose base an apply, or a later preview, has left behind: no run would ever apply its edits."""

import json
from collections.abc import Mapping
from typing import Any

from sophia_infra.advice.model import Request
from sophia_infra.journal import Entry, Journal, Kind, Recorded, trusted


def way_out(journal: Journal, request: Recorded[Request]) -> str:
    """Return what to approve in place of the advice on a request that is left behind; empty where it is not.

    Raises:
        JournalError: the journal can't be read.
    """
    base, about = request.row.facts.get("base", ""), resource_of(request.row.facts, request.row.subject)
    since = _since(journal, request, about)
    planned, applied = since.get(Kind.PLAN), since.get(Kind.INTENT)
    moved = planned is not None and planned.value["base"] != base
    last = planned.sequence if planned else 0
    wrote = applied is not None and applied.sequence > last and applied.value.get("base") == base
    if not moved and not (wrote and applied and not journal.is_unfinished(applied.key)):
        return ""
    now = planned.value["base"] if planned and moved else None
    newer = since.get(f"{Kind.REQUEST} {now}")
    if newer:
        return f"approve the one about it as it is now: sophia advice approve {newer.key[:12]}"
    return "run `pulumi preview`, and approve the advice that it shows (sophia advice list)"


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
                if resource_of(body, body.get("domain")) == about:
                    found.setdefault(entry.kind, entry)
            elif entry.kind == Kind.REQUEST:
                body = trusted(entry).value
                facts = body.get("facts") or {}
                if resource_of(facts, body.get("subject")) == about:
                    found.setdefault(f"{Kind.REQUEST} {facts.get('base')}", entry)
            planned = found.get(Kind.PLAN)
            base = planned.value["base"] if planned else None
            if planned and (base == request.row.facts.get("base") or f"{Kind.REQUEST} {base}" in found):
                break
    return found


def resource_of(facts: Mapping[str, Any], subject: Any) -> tuple[Any, ...]:
    """Return which resource a request, a plan or an intent is about: its subject, stack, label and target."""
    return (subject, *(facts.get(name) or "" for name in ("stack", "label", "home")))
