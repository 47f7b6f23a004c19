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


MAIL = "@ 3600 MX 10 mx1.shop.example.\n"
SENT = ZONE.replace("legacy 300", f"{MAIL}legacy 300").replace("relay 300", "mx1 300 A 192.0.2.26\nrelay 300")
LISTS = SENT.replace("mail 300 A", "lists 300 MX 10 mx1.shop.example.\nmail 300 A")


def mended(stack: ZoneStack, before: str, after: str) -> list[str]:
    stack.run({"text": before})
    stack.begin()
    return [line for edit in advice(stack, after).edits for line in edit.new]


def test_a_host_a_letter_from_what_its_set_named_before_is_written_as_it_was(stack: ZoneStack) -> None:
    assert mended(stack, LISTS, LISTS.replace("lists 300 MX 10 mx1", "lists 300 MX 10 mx11")) == [
        "lists 300 MX 10 mx1.shop.example."
    ]


def test_it_is_left_to_people_where_another_host_takes_its_place(stack: ZoneStack) -> None:
    assert mended(stack, LISTS, LISTS.replace("lists 300 MX 10 mx1", "lists 300 MX 10 backup")) == []


@pytest.mark.parametrize(
    ("before", "written", "right"),
    [
        ("quarantine", "quarantin", "quarantine"),
        ("none", "quarantin", ""),
        ("quarantine", "rejct", ""),
        ("quarantine; pct=10", "quarantin", ""),
        ("quarantine", "quarantin; sp=reject", ""),
    ],
)
def test_a_policy_a_letter_from_the_one_in_force_is_written_as_it_was(
    stack: ZoneStack, before: str, written: str, right: str
) -> None:
    records = (f'{MAIL}_dmarc 3600 TXT "v=DMARC1; p={policy}"\n' for policy in (before, written))
    live, asked = (SENT.replace(MAIL, found) for found in records)
    found = [line for line in mended(stack, live, asked) if "DMARC1" in line]
    assert found == ([f'_dmarc 3600 TXT "v=DMARC1; p={right}"'] if right else [])


def test_what_nobody_reads_where_it_stands_calls_for_a_look_in_the_change_that_brings_it(stack: ZoneStack) -> None:
    spf = 'lists 300 TXT "v=spf1 mx -all include:_spf.news.example"\nlists 300 MX 10 mail.shop.example.\n'
    first = advice(stack, ZONE + spf)
    assert [(finding.code, finding.old) for finding in first.findings if finding.code == "spf-after-all"] == [
        ("spf-after-all", False)
    ]
    assert str(first.verdict) == "caution"
    stack.run({"text": ZONE + spf})
    stack.begin()
    later = advice(stack, ZONE + spf + "zoo 300 A 192.0.2.9\n")
    assert ("spf-after-all", True) in [(finding.code, finding.old) for finding in later.findings]
    assert str(later.verdict) == "approve"
