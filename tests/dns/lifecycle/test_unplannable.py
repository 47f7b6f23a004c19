"""Where a saved plan can't hold, since what is known at apply stands in the zone's text, the preview says so."""

from pathlib import Path
from typing import Any

import pulumi
import pytest

from tests.dns.stack import FRAME, ZoneStack

POOL = {"name": "app", "targets": [["192.0.2.1", pulumi.UNKNOWN]], "check": {"kind": "tcp", "port": 80}}
LATE = {"late": {"dev A 300": pulumi.UNKNOWN}}


@pytest.mark.parametrize(
    ("news", "subject"),
    [
        ({"pools": [POOL]}, "app A"),
        ({**LATE, "staged": ["dev"]}, "dev A"),
        ({**LATE, "staged": ["www"]}, ""),
        (LATE, ""),
    ],
)
def test_a_preview_says_where_its_saved_plan_can_not_hold(
    news: dict[str, Any],
    subject: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stack = ZoneStack(tmp_path, monkeypatch)
    stack.run({"text": FRAME})
    capsys.readouterr()
    stack.begin()
    assert stack.plan({"text": FRAME, **news})["changes"]["pending"]
    said = capsys.readouterr().err
    line = "a plan that is saved now will not hold, since what is known at apply is pooled, staged or looked up: "
    assert (f"{line}{subject}\n" in said) if subject else line not in said
