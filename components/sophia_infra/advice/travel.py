"""Advice that travels from the machine that previews to the one that applies, as a file beside the saved plan."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from sophia_infra.advice.approval import Approval
from sophia_infra.advice.model import Advice, Request
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal, Kind
from sophia_infra.journal.seal import SHORTEST_KEY

VERSION = 1
MOST = 1000
"""How many advices an export holds, the newest; older ones are asked for again where the plan is applied."""
BY_RULES = "rules"
"""The advisor whose advice any machine of the same release works out again."""
_TYPES: Mapping[Kind, type[Request | Advice | Approval]] = {row.KIND: row for row in (Request, Advice, Approval)}


class TravelError(SophiaError):
    """A file that is no exported advice, or whose sender is not known."""

    code = "travel"


def exported(journal: Journal, key: bytes = b"") -> str:
    """Return the newest 1,000 advices as one JSON text, each with its request and the last word on its approval.

    With the key that both machines share the text is signed (HMAC-SHA256, RFC 2104). Rows that are not ours stay here.

    Raises:
        TravelError: the key is shorter than 32 octets.
        JournalError: the journal can't be read.
    """
    keys = dict.fromkeys(advice.key for advice in reversed(journal.newest(Advice, MOST)))
    found = (journal.last(type_, key) for type_ in _TYPES.values() for key in keys)
    rows = [{"kind": str(row.row.KIND), "key": row.key, "body": row.row.to_body()} for row in found if row]
    return json.dumps({"version": VERSION, "rows": rows, "hmac": _signature(rows, key)}, indent=1)


def taken_in(journal: Journal, text: str, key: bytes = b"") -> int:
    """Add exported rows that the journal does not hold yet; return how many were added.

    Of a text that is signed with the key all of it is taken in. Of another one nothing needs to be believed: advice of
    the rules is left out, since it is worked out again, and what no machine can work out is refused: an approval, and
    advice of another advisor. Advice that is there already stays: the first one wins, as in `Journal.write_once`.

    Raises:
        TravelError: the text is no export of this release, or needs a signature and has not the right one; nothing was
            added.
        JournalError: the journal can't be written.
    """
    added = 0
    for name, row in _rows(text, key):
        standing = journal.last(type(row), name)
        if standing is None or (isinstance(row, Approval) and standing.row != row):
            journal.write(name, row)
            added += 1
    return added


def _rows(text: str, key: bytes) -> list[tuple[str, Request | Advice | Approval]]:
    try:
        content = json.loads(text)
        if content["version"] != VERSION:
            raise TravelError(f"the file has version {content['version']}, not {VERSION}: upgrade sophia")
        rows = [_row(Kind(row["kind"]), row["key"], row["body"]) for row in content["rows"]]
        signed = str(content.get("hmac", ""))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise TravelError(f"this is no exported advice ({error}); make one with: sophia advice export") from None
    if key and signed:
        if not hmac.compare_digest(signed.encode(), _signature(content["rows"], key).encode()):
            told = "the file was changed, or signed with another key; export it again"
            raise TravelError(told, code="signature-wrong", field="hmac")
        return rows
    if any(isinstance(row, Approval) or (isinstance(row, Advice) and row.advisor != BY_RULES) for _, row in rows):
        where = "this machine has no key" if signed else "the file is not signed"
        raise TravelError(
            f"the file holds approvals or advice that can't be worked out again, and {where}: give both machines one "
            "key of 32 octets or more, as SOPHIA_ADVICE_KEY or --key FILE, and export again",
            code="not-signed",
            field="hmac",
        )
    return [(name, row) for name, row in rows if isinstance(row, Request)]


def _signature(rows: list[dict[str, Any]], key: bytes) -> str:
    if not key:
        return ""
    if len(key) < SHORTEST_KEY:
        raise TravelError(
            f"the key has {len(key)} octets; give {SHORTEST_KEY} or more, such as: openssl rand -hex 32",
            field="key",
            value=len(key),
            limit=SHORTEST_KEY,
        )
    text = json.dumps(rows, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, f"sophia advice {VERSION}\n{text}".encode(), hashlib.sha256).hexdigest()


def _row(kind: Kind, key: Any, body: Any) -> tuple[str, Request | Advice | Approval]:
    if kind not in _TYPES or not isinstance(key, str) or not isinstance(body, dict):
        raise ValueError(f"a row of kind {kind}")
    row = _TYPES[kind].from_body(body)
    if (isinstance(row, Advice) and row.id != key) or (isinstance(row, Request) and row.fingerprint != key):
        raise ValueError(f"a row of kind {kind} under another id")
    return key, row
