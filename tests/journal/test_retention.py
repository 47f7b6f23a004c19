"""Which old rows stay, rule by rule; `test_pruning.py` holds that answers stay the same over all kinds at once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sophia_infra.journal.chain import EMPTY, Kind, follow
from sophia_infra.journal.retention import Staying

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SOON, OVER = (NOW + timedelta(days=1)).isoformat(), (NOW - timedelta(days=1)).isoformat()
STAGED: dict[str, Any] = {"ttls": {"www A": 60}}
INTENT, OUTCOME, APPROVAL = Kind.INTENT, Kind.OUTCOME, Kind.APPROVAL


@pytest.mark.parametrize(
    ("rows", "stay"),
    [
        ([(OUTCOME, {"written": "w"}), (OUTCOME, {"written": ""}), (OUTCOME, {})], [1, 3]),
        ([(APPROVAL, {"until": SOON}), (APPROVAL, {"until": None})], [1, 2]),
        ([(APPROVAL, {"until": OVER}), (APPROVAL, {"until": None})], []),
        ([(APPROVAL, {"until": "some day"})], [1]),
        ([(OUTCOME, STAGED), (INTENT, {}), (OUTCOME, {}), (INTENT, {}), (OUTCOME, {})], [1, 2, 3, 4, 5]),
        ([(OUTCOME, STAGED), (OUTCOME, STAGED), (INTENT, STAGED), (INTENT, {})], [2, 3, 4]),
        ([(OUTCOME, STAGED), *[(OUTCOME, {})] * 100], [101]),
        ([(OUTCOME, {}), (OUTCOME, {})], [2]),
    ],
    ids=[
        "what it wrote last",
        "all of an advice of which an approval is in force",
        "none is in force",
        "an end that can't be read",
        "what resolvers may hold",
        "an outcome ends what was before it",
        "a hundred rows later nobody looks",
        "the newest",
    ],
)
def test_what_stays(rows: list[tuple[Kind, dict[str, Any]]], stay: list[int]) -> None:
    staying, head = Staying(NOW), EMPTY
    for kind, body in rows:
        entry = follow(head, OVER, kind, "x", {"resource": "zone", **body})
        head = entry.head
        staying.see(entry)
    assert [row.sequence for row in staying.rows()] == stay
