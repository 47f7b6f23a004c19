"""Advice that travels from the machine that previews to the one that applies, as a file beside the saved plan."""

import json
from collections.abc import Mapping
from typing import Any

from sophia_infra.advice.approval import Approval
from sophia_infra.advice.model import Advice, Request
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal, Kind

VERSION = 1
MOST = 1000
"""How many advices an export holds, the newest; older ones are asked for again where the plan is applied."""
_TYPES: Mapping[Kind, type[Request | Advice | Approval]] = {row.KIND: row for row in (Request, Advice, Approval)}


class TravelError(SophiaError):
    """A file that is no exported advice."""

    code = "travel"


def exported(journal: Journal) -> str:
    """Return the newest 1,000 advices as one JSON text, each with its request and the last word on its approval.

    Raises:
        JournalError: the journal can't be read.
    """
    keys = dict.fromkeys(advice.key for advice in reversed(journal.newest(Advice, MOST)))
    found = (journal.last(type_, key) for type_ in _TYPES.values() for key in keys)
    rows = [{"kind": str(row.row.KIND), "key": row.key, "body": row.row.to_body()} for row in found if row]
    return json.dumps({"version": VERSION, "rows": rows}, indent=1)


def taken_in(journal: Journal, text: str) -> int:
    """Add exported rows that the journal does not hold yet; return how many were added.

    Advice that is there already stays: the first one wins, as in `Journal.write_once`.

    Raises:
        TravelError: the text is no export of this release; nothing was added.
        JournalError: the journal can't be written.
    """
    added = 0
    for key, row in _rows(text):
        standing = journal.last(type(row), key)
        if standing is None or (isinstance(row, Approval) and standing.row != row):
            journal.write(key, row)
            added += 1
    return added


def _rows(text: str) -> list[tuple[str, Request | Advice | Approval]]:
    try:
        content = json.loads(text)
        if content["version"] != VERSION:
            raise TravelError(f"the file has version {content['version']}, not {VERSION}: upgrade sophia")
        return [_row(Kind(row["kind"]), row["key"], row["body"]) for row in content["rows"]]
    except (KeyError, TypeError, ValueError) as error:
        raise TravelError(f"this is no exported advice ({error}); make one with: sophia advice export") from None


def _row(kind: Kind, key: Any, body: Any) -> tuple[str, Request | Advice | Approval]:
    if kind not in _TYPES or not isinstance(key, str) or not isinstance(body, dict):
        raise ValueError(f"a row of kind {kind}")
    row = _TYPES[kind].from_body(body)
    if isinstance(row, Advice) and row.id != key:
        raise ValueError("advice under another id")
    return key, row
