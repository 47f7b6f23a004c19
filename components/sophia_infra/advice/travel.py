"""Advice that travels from the machine that previews to the one that applies, as a file beside the saved plan."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sophia_infra.advice.chain import Entry, Kind
from sophia_infra.advice.journal import Journal
from sophia_infra.advice.model import Advice
from sophia_infra.errors import SophiaError

VERSION = 1
TRAVELLING = (Kind.REQUEST, Kind.ADVICE, Kind.APPROVAL)


class TravelError(SophiaError):
    """A file that is no exported advice."""

    code = "travel"


def exported(journal: Journal) -> str:
    """Return the newest advice, with its requests and approvals, as one JSON text.

    Raises:
        JournalError: the journal can't be read.
    """
    rows = [{"kind": entry.kind, "key": entry.key, "body": entry.value} for entry in _newest(journal)]
    return json.dumps({"version": VERSION, "rows": rows}, indent=1)


def taken_in(journal: Journal, text: str) -> int:
    """Add exported rows that the journal does not hold yet; return how many were added.

    Advice that is there already stays: the first one wins, as in `Journal.append_once`.

    Raises:
        TravelError: the text is no export of this release; nothing was added.
        JournalError: the journal can't be written.
    """
    added = 0
    for kind, key, body in list(_rows(text)):
        standing = journal.find(kind, key)
        if standing is None or (kind is Kind.APPROVAL and standing.value != body):
            journal.append(kind, key, body)
            added += 1
    return added


def _newest(journal: Journal) -> Iterator[Entry]:
    """The newest row of each key, older keys first."""
    for kind in TRAVELLING:
        newest = {entry.key: entry for entry in reversed(journal.newest(kind))}
        yield from newest.values()


def _rows(text: str) -> Iterator[tuple[Kind, str, Mapping[str, Any]]]:
    try:
        content = json.loads(text)
        if content["version"] != VERSION:
            raise TravelError(f"the file has version {content['version']}, not {VERSION}: upgrade sophia")
        for row in content["rows"]:
            yield _row(row)
    except (KeyError, TypeError, ValueError) as error:
        raise TravelError(f"this is no exported advice ({error}); make one with: sophia advice export") from None


def _row(row: Mapping[str, Any]) -> tuple[Kind, str, Mapping[str, Any]]:
    kind, key, body = Kind(row["kind"]), row["key"], row["body"]
    if kind not in TRAVELLING or not isinstance(key, str) or not isinstance(body, dict):
        raise ValueError(f"a row of kind {kind}")
    if kind is Kind.ADVICE and Advice.from_inputs(body).id != key:
        raise ValueError("advice under another id")
    return kind, key, body
