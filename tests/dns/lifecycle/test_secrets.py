"""What stands for a zone with secret values in the journal."""

from pathlib import Path

import pytest

from sophia_infra.home import VARIABLE
from sophia_infra.journal import Journal, Kind
from tests.dns.stack import FRAME, ZoneStack


def digests(folder: Path, secret: str, patch: pytest.MonkeyPatch) -> list[str]:
    """Return what the plan, the intent and the outcome of a zone with a secret value say that is asked for."""
    folder.mkdir()
    stack = ZoneStack(folder, patch)
    patch.setenv(VARIABLE, str(folder / "home"))
    stack.run({"text": FRAME, "late": {"pin TXT 300": [f'"{secret}"']}, "late_secret": ["pin TXT"]})
    journal = Journal.open()
    kinds = (Kind.PLAN, Kind.INTENT, Kind.OUTCOME)
    rows = [row for kind in kinds for row in journal.storage.newest(kind, 9)]
    assert {row.kind for row in rows} == set(kinds)
    return [row.value["desired"] for row in rows]


def test_no_hash_in_the_journal_tells_one_secret_from_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = digests(tmp_path / "a", "1234", monkeypatch)
    assert first == digests(tmp_path / "b", "5678", monkeypatch)
