"""Advice that travels from the machine that previews to the one that applies, as a file beside the saved plan."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sophia_infra.advice.approval import Approval
from sophia_infra.advice.model import Advice, Request
from sophia_infra.advice.rejection import EditWord, word_key
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal, Recorded
from sophia_infra.journal.seal import SHORTEST_KEY

VERSION = 2
"""Of what is written; of version 1, which had no words on single edits, all is read as well."""
MOST = 1000
"""How many advices an export holds, the newest; older ones are asked for again where the plan is applied."""
_BEFORE = datetime.min.replace(tzinfo=UTC).isoformat()
BY_RULES = "rules"
"""The advisor whose advice any machine of the same release works out again."""
_Travelling = Request | Advice | Approval | EditWord
_TYPES: Mapping[str, type[_Travelling]] = {
    row.RESOURCE or str(row.KIND): row for row in (Request, Advice, Approval, EditWord)
}


class _Said(NamedTuple):
    """A row of the file, and when it was written where it was."""

    key: str
    row: _Travelling
    time: datetime


class TravelError(SophiaError):
    """A file that is no exported advice, or whose sender is not known."""

    code = "travel"


def exported(journal: Journal, key: bytes = b"") -> str:
    """Return the newest 1,000 advices as one JSON text, each with its request and the last word on each of its edits.

    With the key that both machines share the text is signed (HMAC-SHA256, RFC 2104). Rows that are not ours stay here.

    Raises:
        TravelError: the key is shorter than 32 octets.
        JournalError: the journal can't be read.
    """
    keys = dict.fromkeys(advice.key for advice in reversed(journal.newest(Advice, MOST)))
    rows = [
        {"kind": found.row.RESOURCE or str(found.row.KIND), "key": found.key, "body": found.row.to_body()}
        | {"time": found.time.isoformat()}
        for key in keys
        for found in _of_advice(journal, key)
    ]
    return json.dumps({"version": VERSION, "rows": rows, "hmac": _signature(rows, VERSION, key)}, indent=1)


def _of_advice(journal: Journal, key: str) -> Iterator[Recorded[Any]]:
    """Yield the rows of one advice as another journal is to hold them, the older word on an edit first."""
    request, advice = journal.last(Request, key), journal.last(Advice, key)
    yield from filter(None, (request, advice))
    words, said = list[Recorded[Approval]](), set[str]()
    for word in journal.back(Approval, key):
        if not said.issuperset(word.row.edits):
            words.append(word)
            said.update(word.row.edits)
    yield from reversed(words)
    for edit in advice.row.edits if request and advice else ():
        if request and (last := journal.last(EditWord, word_key(edit, request.row))):
            yield last


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
    for said in _rows(text, key):
        if not _is_known(journal, said):
            journal.write(said.key, said.row)
            added += 1
    return added


def _is_known(journal: Journal, said: _Said) -> bool:
    """Whether a journal holds a row, or what overtakes it: a no that was said here later is not lifted."""
    if isinstance(said.row, Approval):
        return any(word.row == said.row for word in journal.back(Approval, said.key))
    standing = journal.last(type(said.row), said.key, foreign=isinstance(said.row, EditWord))
    return standing is not None and (not isinstance(said.row, EditWord) or standing.time >= said.time)


def _rows(text: str, key: bytes) -> list[_Said]:
    try:
        content = json.loads(text)
        if (version := content["version"]) not in (1, VERSION):
            raise TravelError(f"the file has version {version}, not {VERSION}: upgrade sophia")
        rows = [_row(**({"time": _BEFORE} | row)) for row in content["rows"]]
        signed = str(content.get("hmac", ""))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise TravelError(f"this is no exported advice ({error}); make one with: sophia advice export") from None
    if key and signed:
        if not hmac.compare_digest(signed.encode(), _signature(content["rows"], version, key).encode()):
            told = "the file was changed, or signed with another key; export it again"
            raise TravelError(told, code="signature-wrong", field="hmac")
        return rows
    if any(_needs_belief(said.row) for said in rows):
        where = "this machine has no key" if signed else "the file is not signed"
        raise TravelError(
            f"the file holds approvals or advice that can't be worked out again, and {where}: give both machines one "
            "key of 32 octets or more, as SOPHIA_ADVICE_KEY or --key FILE, and export again",
            code="not-signed",
            field="hmac",
        )
    return [said for said in rows if isinstance(said.row, Request)]


def _needs_belief(row: _Travelling) -> bool:
    """Whether no machine can work it out again."""
    return isinstance(row, Approval | EditWord) or (isinstance(row, Advice) and row.advisor != BY_RULES)


def _signature(rows: list[dict[str, Any]], version: int, key: bytes) -> str:
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
    return hmac.new(key, f"sophia advice {version}\n{text}".encode(), hashlib.sha256).hexdigest()


def _row(kind: str, key: Any, body: Any, time: str) -> _Said:
    if kind not in _TYPES or not isinstance(key, str) or not isinstance(body, dict):
        raise ValueError(f"a row of kind {kind}")
    row = _TYPES[kind].from_body(body)
    if (isinstance(row, Advice) and row.id != key) or (isinstance(row, Request) and row.fingerprint != key):
        raise ValueError(f"a row of kind {kind} under another id")
    return _Said(key, row, datetime.fromisoformat(time))
