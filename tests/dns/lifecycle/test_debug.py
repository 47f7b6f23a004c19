"""The debug trail of a zone, from check to delete: which step decided what, and never a secret."""

import logging
from pathlib import Path

import pytest

from tests.dns.stack import FRAME, ZoneStack

CANARY = "canary-4711"


def test_the_trail_names_each_step_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    late = {"late": {"token TXT 300": [f'"{CANARY}"']}, "late_secret": ["token TXT"]}
    with caplog.at_level(logging.DEBUG, logger="sophia_infra"):
        stack = ZoneStack(tmp_path, monkeypatch)
        stack.run({"text": FRAME, **late})
        stack.delete()
    told = "\n".join(record.getMessage() for record in caplog.records)
    decided = ["with_apex: 2 -> 3 records", "with_pools: changes nothing", "within the limits"]
    for step in (*decided, "applies the plan", "is applied, serial", f"leaves {stack.backend.location}", "has left"):
        assert step in told
    assert CANARY not in told
