"""What the weighing reads of SPF, against the checker in `dns/spf`, which keeps every case of the RFC's suite."""

import re
from pathlib import Path

import pytest

from sophia_infra.changes import Exposure
from sophia_infra.dns.rr.txt import encode
from sophia_infra.dns.spf.record import LOOKUP_LIMIT, is_policy, parse
from tests.dns.exposure.cases import moved
from tests.dns.exposure.shop import FRAME, change

SUITE = Path(__file__).parents[1] / "spf" / "rfc7208" / "tests.yml"
POLICIES = sorted({text for text in re.findall(r"v=spf1[^'\"\n\]]*", SUITE.read_text()) if is_policy(text)})
SPF = '@ 3600 TXT "v=spf1 mx -all"'


@pytest.mark.parametrize("prose", ["see: v=spf1 include:_spf.shop.example -all", "v=spf10 include:_spf.shop.example"])
def test_nothing_hangs_on_what_a_text_includes_that_is_no_policy(prose: str) -> None:
    part = {'_spf 300 TXT "v=spf1 mx -all"'}
    told = change(part, base={*part, f'app 3600 TXT "{prose}"', "app 300 MX 10 mail.shop.example."})
    assert told.exposure is Exposure.MEDIUM


UNREADABLE = "the SPF record can't be read"


@pytest.mark.parametrize("policy", POLICIES)
def test_what_receivers_cannot_read_is_critical_and_nothing_else_is_called_unreadable(policy: str) -> None:
    read = parse(policy)
    told = change({SPF}, {f"@ 3600 TXT {encode(policy)}"})
    broken = bool(read.faults) or read.lookups > LOOKUP_LIMIT
    assert any(UNREADABLE in reason for reason in told.reasons) is broken
    assert told.exposure is Exposure.CRITICAL or not broken


@pytest.mark.parametrize(
    "policy",
    [
        "v=spf1 mx all:x -all",
        "v=spf1 mx include -all",
        "v=spf1 mx ipv4:192.0.2.1 -all",
        "v=spf1 mx ip4:192.0.2.1/240.0.0.0 -all",
        "v=spf1 mx 192.0.2.1 -all",
        "v=spf1 mx, -all",
        "v=spf1 mx - all",
        "v=spf1 mx ip4:999.1.1.1 -all",
        "v=spf1 mx ip4:192.0.2.0/33 -all",
        "v=spf1 mx ip4:192.0.2 -all",
        "v=spf1 mx ip6:2001:db8::/129 -all",
        "v=spf1 mx ip6:192.0.2.1 -all",
        "v=spf1 mx a/33 -all",
        "v=spf1 mx//129 -all",
        "v=spf1 mx include:%{x}.example -all",
        "v=spf1 mx exists:%{i -all",
        "v=spf1 mx a:mail -all",
        "v=spf1 mx redirect=a.example redirect=b.example",
        "v=spf1 mx exp=a.example exp=b.example -all",
        "v=spf1 mx -redirect=a.example",
    ],
)
def test_the_usual_slips_are_faults_to_both(policy: str) -> None:
    assert parse(policy).faults
    assert change({SPF}, {f'@ 3600 TXT "{policy}"'}).exposure is Exposure.CRITICAL


@pytest.mark.parametrize(
    ("policy", "level"),
    [
        ("v=spf1 ip4:192.0.2.0/24 -all", Exposure.MEDIUM),
        ("v=spf1 a:mail.shop.example -all", Exposure.MEDIUM),
        ("v=spf1 include:_spf.shop.example -all", Exposure.MEDIUM),
        ("v=spf1 redirect=_spf.shop.example", Exposure.MEDIUM),
        ("v=spf1 include:other.example -all", Exposure.MEDIUM),
        ("v=spf1 a -all", Exposure.HIGH),
        ("v=spf1 ip4:198.51.100.1 -all", Exposure.HIGH),
        ("v=spf1 -mx ip4:198.51.100.1 -all", Exposure.HIGH),
        ("v=spf1 include:loop.shop.example -all", Exposure.HIGH),
    ],
)
def test_what_lets_the_own_exchangers_send_is_told_by_what_stands_in_the_zone(policy: str, level: Exposure) -> None:
    parts = {'_spf 60 TXT "v=spf1 mx:shop.example -all"', 'loop 60 TXT "v=spf1 include:loop.shop.example -all"'}
    assert change({SPF}, {f'@ 3600 TXT "{policy}"'}, base=parts).exposure is level


@pytest.mark.parametrize("policy", ["v=spf1 mx inlcude:x.example", "v=spf1 -all"])
def test_a_policy_that_was_broken_or_closed_before_is_not_lost_by_staying_so(policy: str) -> None:
    old, new = (FRAME - {SPF} | {f'@ 3600 TXT "{text}"'} for text in (policy, f"{policy} exp=why.example"))
    assert moved(old, new).exposure is Exposure.MEDIUM


def test_a_policy_in_several_strings_is_read_as_one() -> None:
    split = '@ 3600 TXT "v=spf1 m" "x -all"'
    assert change({SPF}, {split}).exposure is Exposure.LOW


def test_names_that_include_each_other_in_a_ring_are_counted_once() -> None:
    ring = {'a 60 TXT "v=spf1 include:b.shop.example -all"', 'b 60 TXT "v=spf1 include:a.shop.example -all"'}
    gone = change({'a 60 TXT "v=spf1 include:b.shop.example -all"'}, base=ring)
    assert gone.exposure is Exposure.HIGH
