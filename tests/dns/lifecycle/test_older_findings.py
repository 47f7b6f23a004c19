"""A verdict comes from what a change brings or touches; what was wrong before and stays is told, and weighs nothing."""

from pathlib import Path
from typing import Any

import pytest

from sophia_infra.advice.model import Advice
from sophia_infra.journal import Journal
from tests.dns.stack import FRAME, ZoneStack

ZONE = f"{FRAME}@ 300 A 192.0.2.1\nlegacy 300 MX 10 relay.shop.example.\nmail 300 A 192.0.2.25\n"
ZONE += "relay 300 CNAME mail.shop.example.\nwww 300 CNAME shop.example.\n"
CODE = "mx-target-is-cname"


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ZoneStack:
    stack = ZoneStack(tmp_path, monkeypatch)
    stack.run({"text": ZONE})
    stack.begin()
    return stack


def advice(stack: ZoneStack, text: str, **inputs: Any) -> Advice:
    planned = stack.plan({"text": text, **inputs})
    found = Journal.open().last(Advice, planned["advice"]["id"])
    assert found
    return found.row


def told(found: Advice) -> list[tuple[str, str, bool]]:
    return [(finding.code, finding.subject, finding.old) for finding in found.findings if finding.level == "error"]


def test_an_old_error_is_told_beside_a_harmless_change_and_weighs_nothing(stack: ZoneStack) -> None:
    found = advice(stack, ZONE + "zoo 300 A 192.0.2.9\n")
    assert told(found) == [(CODE, "legacy MX", True)]
    assert (str(found.verdict), found.edits) == ("approve", ())
    assert "as before: 1 error" in found.summary


def test_an_old_error_of_a_set_that_changes_is_weighed(stack: ZoneStack) -> None:
    found = advice(stack, ZONE.replace("legacy 300", "legacy 60"))
    assert told(found) == [(CODE, "legacy MX", False)]
    assert str(found.verdict) == "caution"
    assert [edit.subject for edit in found.edits] == ["legacy MX"]


def test_a_new_error_of_a_kind_that_there_was_is_weighed_beside_the_old_one(stack: ZoneStack) -> None:
    found = advice(stack, ZONE + "zoo 300 MX 10 relay.shop.example.\n")
    assert sorted(told(found)) == [(CODE, "legacy MX", True), (CODE, "zoo MX", False)]
    assert str(found.verdict) == "caution"
    assert [edit.subject for edit in found.edits] == ["zoo MX"]


def test_where_nothing_changes_an_old_error_weighs_nothing_and_its_edit_is_proposed(stack: ZoneStack) -> None:
    found = advice(stack, ZONE)
    assert told(found) == [(CODE, "legacy MX", True)]
    assert str(found.verdict) == "approve"
    assert [edit.subject for edit in found.edits] == ["legacy MX"]


def test_the_faults_of_a_new_zone_are_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = ZoneStack(tmp_path, monkeypatch)
    stack.begin()
    found = advice(stack, ZONE)
    assert told(found) == [(CODE, "legacy MX", False)]
    assert str(found.verdict) == "caution"
