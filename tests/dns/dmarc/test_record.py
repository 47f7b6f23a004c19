"""One reader of DMARC records, for the rules and for what a change weighs."""

import pytest

from sophia_infra.advice.model import Level
from sophia_infra.dns.dmarc.record import Policy, broken, faults, policy_of, reports_of


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("v=DMARC1; p=none", Policy("none", None, is_partial=False)),
        ("v=DMARC1; P=Reject; sp=none", Policy("reject", "none", is_partial=False)),
        ("v=DMARC1; p=quarantine; pct=20", Policy("quarantine", None, is_partial=True)),
        ("v=DMARC1; p=reject; t=y", Policy("reject", None, is_partial=True)),
        # without a sound p or sp, an address for reports makes it count as p=none (RFC 7489 section 6.6.3)
        ("v=DMARC1; rua=mailto:a@shop.example", Policy("none", None, is_partial=False)),
        ("v=DMARC1; sp=reject; rua=nowhere,mailto:a@shop.example", Policy("none", None, is_partial=False)),
        ("v=DMARC1; p=block; rua=mailto:a@shop.example", Policy("none", None, is_partial=False)),
        ("v=DMARC1; p=reject; sp=block; rua=mailto:a@shop.example", Policy("none", None, is_partial=False)),
    ],
)
def test_a_policy_is_what_receivers_apply(text: str, policy: Policy) -> None:
    assert policy_of(text) == policy


@pytest.mark.parametrize(
    "text",
    [
        "p=reject; v=DMARC1",
        "V=DMARC1; p=reject",
        "v=dmarc1; p=reject",
        "v=DMARC1",
        "v=DMARC1; rua=a@shop.example",
        "v=DMARC1; ruf=mailto:a@shop.example",
        "v=DMARC1; p=block",
        "v=DMARC1; p=none; sp=block",
    ],
)
def test_a_text_that_receivers_pass_over_holds_no_policy_and_has_a_fault(text: str) -> None:
    assert policy_of(text) is None
    assert faults(text)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("v=DMARC1; rua=mailto:a@shop.example", Level.WARNING),
        ("v=DMARC1; ruf=mailto:a@shop.example", Level.ERROR),
        ("v=DMARC1; p=rejct; rua=mailto:a@shop.example", Level.ERROR),
    ],
)
def test_a_policy_that_was_left_out_is_a_warning_where_reports_are_sent(text: str, level: Level) -> None:
    assert [found for _, found in faults(text)] == [level]


def test_a_policy_asks_for_names_below_what_it_asks_for_its_own() -> None:
    assert Policy("quarantine", None, is_partial=False).demands == {"quarantine"}
    assert Policy("reject", "none", is_partial=False).demands == {"reject", "none"}


def test_reports_go_to_each_address_of_a_list() -> None:
    text = "v=DMARC1; p=none; rua=mailto:a@shop.example , b; ruf=mailto:c@shop.example"
    assert reports_of(text) == [("rua", ["mailto:a@shop.example", "b"]), ("ruf", ["mailto:c@shop.example"])]


def test_of_two_records_receivers_take_none() -> None:
    one, other = "v=DMARC1; p=none", "v=DMARC1; p=none; fo=1"
    assert broken([one], [one, other])
    assert not broken([one, other], [one])
    assert not broken([one], [one, "v=spf1 -all"])


def test_a_record_that_nobody_reads_enforced_nothing_before() -> None:
    assert broken(["p=reject; v=DMARC1"], ["v=DMARC1; p=reject"])
    assert not broken(["v=DMARC1; p=reject"], ["v=DMARC1; p=reject; fo=1"])
