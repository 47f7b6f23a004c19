"""When a switch is advised to be staged, and when not."""

from pathlib import Path

import pytest

from sophia_infra.advice.model import Finding, Level
from sophia_infra.changes import between
from sophia_infra.dns.records import from_text, to_text
from sophia_infra.dns.switches import CODE, switch_findings

ZONE = """\
@ 3600 A 192.0.2.1
@ 3600 MX 10 mail.shop.example.
@ 86400 NS ns1.dns.example.
@ 86400 NS ns2.dns.example.
leaf 86400 A 192.0.2.7
mail 3600 A 192.0.2.3
"""


def found(before: str, after: str, *elsewhere: str) -> list[Finding]:
    live, planned = (to_text(from_text(text)) for text in (before, after))
    return list(switch_findings(live, planned, between(live, planned, origin="shop.example"), elsewhere))


def test_a_risky_switch_at_a_long_ttl_is_told_with_how_long_it_sticks() -> None:
    (one,) = found(ZONE, ZONE.replace("@ 3600 A 192.0.2.1", "@ 3600 A 192.0.2.2"))
    assert (one.code, one.level, one.subject) == (CODE, Level.WARNING, "@ A")
    assert "for 60 minutes after the switch" in one.message
    assert 'staged=["@ A"]' in one.fix


def test_a_ttl_of_a_day_is_told_in_hours() -> None:
    (one,) = found(ZONE, ZONE.replace("ns2.dns", "ns9.dns"))
    assert "for 24 hours after the switch" in one.message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("leaf 86400 A 192.0.2.7", "leaf 86400 A 192.0.2.8\nleaf 86400 A 192.0.2.7"),
        ("@ 3600 A", "@ 300 A"),
        ("@ 3600 MX 10 mail.shop.example.\n", ""),
        ("leaf 86400 A", "new 86400 A 192.0.2.9\nleaf 86400 A"),
    ],
    ids=["a low exposure", "a TTL alone", "a delete", "a create"],
)
def test_nothing_is_said_of(old: str, new: str) -> None:
    assert found(ZONE, ZONE.replace(old, new)) == []


def test_nothing_is_said_where_the_live_ttl_is_short() -> None:
    before = ZONE.replace("@ 3600 A", "@ 300 A")
    assert found(before, before.replace("192.0.2.1\n", "192.0.2.2\n")) == []


def test_nothing_is_said_of_sets_that_can_not_be_staged() -> None:
    assert found(ZONE, ZONE.replace("@ 3600 A 192.0.2.1", "@ 3600 A 192.0.2.2"), "@ A") == []


def test_the_code_is_documented() -> None:
    rules = Path(__file__).parents[2] / "docs" / "rules.md"
    assert f"#### `{CODE}` (warning)" in rules.read_text()
