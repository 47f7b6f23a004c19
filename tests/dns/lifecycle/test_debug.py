"""The debug trail of a check and an apply: which step decided what, and never a secret."""

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
        ZoneStack(tmp_path, monkeypatch).run({"text": FRAME, **late})
    told = "\n".join(record.getMessage() for record in caplog.records)
    for step in ("with_apex: 2 -> 3 records", "with_pools: changes nothing", "within the limits", "is applied, serial"):
        assert step in told
    assert CANARY not in told
