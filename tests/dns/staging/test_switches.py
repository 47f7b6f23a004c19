"""When a switch is advised to be staged, and when not."""

from collections.abc import Collection
from pathlib import Path

import pytest

from sophia_infra.advice.model import Finding, Level
from sophia_infra.dns.exposure import between
from sophia_infra.dns.rr.record import from_text, to_text
from sophia_infra.dns.staging.staged import CODE, switch_findings

ZONE = """\
@ 3600 A 192.0.2.1
@ 3600 MX 10 mail.shop.example.
@ 86400 NS ns1.dns.example.
@ 86400 NS ns2.dns.example.
_dmarc 3600 TXT "v=DMARC1; p=none"
leaf 86400 A 192.0.2.7
mail 3600 A 192.0.2.3
"""


def found(before: str, after: str, *hidden: str, pooled: Collection[str] = ()) -> list[Finding]:
    live, planned = (to_text(from_text(text)) for text in (before, after))
    return list(switch_findings(live, planned, between(live, planned, origin="shop.example"), hidden, pooled))


def test_a_risky_switch_at_a_long_ttl_is_told_with_how_long_it_sticks() -> None:
    (one,) = found(ZONE, ZONE.replace("@ 3600 A 192.0.2.1", "@ 3600 A 192.0.2.2"))
    assert (one.code, one.level, one.subject) == (CODE, Level.WARNING, "@ A")
    assert "for 1 h after the switch" in one.message
    assert 'staged=["@ A"]' in one.fix


def test_a_ttl_of_a_day_is_told_in_days() -> None:
    (one,) = found(ZONE, ZONE.replace("ns2.dns", "ns9.dns"))
    assert "for 1 d after the switch" in one.message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("leaf 86400 A 192.0.2.7", "leaf 86400 A 192.0.2.8\nleaf 86400 A 192.0.2.7"),
        ("@ 3600 A", "@ 300 A"),
        ("@ 3600 MX 10 mail.shop.example.\n", ""),
        ("leaf 86400 A", "new 86400 A 192.0.2.9\nleaf 86400 A"),
        ("@ 86400 NS ns1", "@ 86400 NS ns3.dns.example.\n@ 86400 NS ns1"),
        ("@ 3600 MX 10 mail.shop.example.", "@ 3600 MX 10 mx.mail.example."),
        ("p=none", "p=quarantine"),
    ],
    ids=["a low exposure", "a TTL alone", "a delete", "a create", "values that come while all stay", "mail", "a text"],
)
def test_nothing_is_said_of(old: str, new: str) -> None:
    assert found(ZONE, ZONE.replace(old, new)) == []


def test_nothing_is_said_where_the_live_ttl_is_short() -> None:
    before = ZONE.replace("@ 3600 A", "@ 300 A")
    assert found(before, before.replace("192.0.2.1\n", "192.0.2.2\n")) == []


WEB = "web 3600 A 192.0.2.4\nweb 3600 AAAA 2001:db8::4\nwww 3600 CNAME web.shop.example.\n"


def test_a_name_that_changes_its_type_is_told_once_and_staged_by_its_name() -> None:
    (one,) = found(WEB, "web 3600 CNAME shop.cdn.example.\nwww 3600 CNAME web.shop.example.\n")
    assert one.subject == "web A"
    assert 'staged=["web"]' in one.fix


def test_before_a_pool_takes_a_name_over_its_ttl_is_to_be_lowered_by_hand() -> None:
    (one,) = found(WEB, WEB.replace("3600 A 192.0.2.4", "60 A 192.0.2.5"), pooled=["web A"])
    assert "Lower its TTL in a run before, and let the pool take the name over 1 h later" in one.fix


def test_a_pool_that_can_not_switch_fast_is_told_to() -> None:
    (one,) = found(WEB, WEB.replace("A 192.0.2.4", "A 192.0.2.5"), pooled=["web A"])
    assert "Give the pool a ttl of 300 s or less" in one.fix


def test_nothing_is_said_of_sets_that_can_not_be_staged() -> None:
    assert found(ZONE, ZONE.replace("@ 3600 A 192.0.2.1", "@ 3600 A 192.0.2.2"), "@ A") == []


def test_the_code_is_documented() -> None:
    rules = Path(__file__).parents[3] / "docs" / "rules.md"
    assert f"#### `{CODE}` (warning)" in rules.read_text()
