"""The table in docs/exposure.md is what is tested: each row names a case, its level, and words of its reason."""

import re
from pathlib import Path

import pytest

from sophia_infra.changes import Exposure, Limits
from sophia_infra.dns.exposure import weigh_source
from tests.dns.exposure.cases import CASES, moved
from tests.dns.exposure.shop import change

PAGE = Path(__file__).resolve().parents[3] / "docs" / "exposure.md"
ROWS = re.findall(r"^\| (.+) \| (\w+) \| (.+) \| ([^|`]+) \|$", PAGE.read_text(), re.MULTILINE)[1:]


@pytest.mark.parametrize(("level", "why", "case"), [row[1:] for row in ROWS], ids=[row[3] for row in ROWS])
def test_a_change_weighs_what_the_table_says_and_tells_why(level: str, why: str, case: str) -> None:
    assert str(CASES[case].exposure) == level
    assert CASES[case].reasons[0].startswith(f"{level} ")
    assert re.search(re.sub(r"\bN\b", r"\\d+", re.escape(why)), CASES[case].reasons[0])


def test_the_table_has_every_case_once() -> None:
    assert sorted(case for *_, case in ROWS) == sorted(CASES)


@pytest.mark.parametrize("case", CASES)
def test_the_default_limits_stop_what_is_critical_by_its_exposure_and_nothing_below(case: str) -> None:
    stopped = "max_exposure" in [violation.limit for violation in Limits().judge(CASES[case])]
    assert stopped == (CASES[case].exposure is Exposure.CRITICAL)


def test_a_pending_record_leads_somewhere_though_its_value_is_not_known_yet() -> None:
    www, api = {"www 300 CNAME shop.example."}, {"www 300 CNAME api.shop.example."}
    assert change(www, api, wildcard=False).exposure is Exposure.CRITICAL
    assert change(www, api, wildcard=False, pending=["api A"]).exposure < Exposure.CRITICAL


def test_a_target_in_another_zone_may_lead_somewhere() -> None:
    away = change({"shop 300 CNAME app.shop.example."}, {"shop 300 CNAME shop.example.net."}, wildcard=False)
    assert away.exposure < Exposure.MEDIUM


def test_one_target_that_leads_somewhere_is_enough() -> None:
    two = {"@ 3600 MX 10 no.shop.example.", "@ 3600 MX 20 app.shop.example."}
    assert change({"@ 3600 MX 10 mail.shop.example."}, two, wildcard=False).exposure is Exposure.HIGH


def test_names_that_something_outside_relies_on_are_told_by_their_full_names_in_any_case() -> None:
    for name in ("Lone.Sub.Shop.Example", "lone.sub.shop.example."):
        (reason,) = change({"lone.sub 300 A 192.0.2.4"}, relied_on=[(name, "the certificate lone")]).reasons
        assert reason.endswith("is needed by the certificate lone")
    for name in ("lone.sub.other.example", "sub.shop.example", "notlone.sub.shop.example"):
        assert "certificate" not in change({"lone.sub 300 A 192.0.2.4"}, relied_on=[(name, "a certificate")]).reasons[0]


def test_what_depends_on_a_name_is_counted_through_aliases() -> None:
    chain = {"a 60 CNAME b.shop.example.", "b 60 CNAME host.shop.example.", "host 60 A 192.0.2.8"}
    (reason,) = change({"host 60 A 192.0.2.8"}, {"host 60 A 192.0.2.9"}, base=chain).reasons
    assert reason == "medium host A update: needed by b CNAME and 1 more"


def test_an_acme_challenge_of_a_host_that_goes_as_well_is_ordinary() -> None:
    alias, host = "_acme-challenge.lone.sub 300 CNAME shop.acme.example.", "lone.sub 300 A 192.0.2.4"
    assert change({alias}, base={alias}).exposure is Exposure.HIGH
    assert change({alias, host}, base={alias}).exposure is Exposure.MEDIUM


@pytest.mark.parametrize(
    ("before", "after", "level"),
    [
        (12, 2, None),
        (12, 1, Exposure.CRITICAL),
        (100, 75, None),
        (100, 74, Exposure.HIGH),
        (100, 50, Exposure.HIGH),
        (100, 49, Exposure.CRITICAL),
        (10, 100, None),
    ],
)
def test_a_source_may_lose_ten_sets_and_a_quarter_before_it_weighs(
    before: int, after: int, level: Exposure | None
) -> None:
    assert [reason.exposure for reason in weigh_source(before, after)] == ([level] if level else [])


@pytest.mark.parametrize(
    ("held", "left", "new", "dwindles"),
    [(8, 2, 0, True), (8, 3, 0, False), (6, 1, 0, True), (5, 1, 0, False), (8, 1, 1, True), (8, 1, 2, False)],
)
def test_a_zone_dwindles_that_loses_five_sets_and_is_left_with_a_quarter(
    held: int, left: int, new: int, dwindles: bool
) -> None:
    old, created = ([f"{word}{number} 300 A 192.0.2.9" for number in range(held)] for word in ("host", "new"))
    reasons = moved(old, [*old[:left], *created[:new]]).reasons
    assert (f"critical @ ANY delete: of {held} record sets {left + new} are left" in reasons) == dwindles


def test_an_spf_record_is_one_in_any_case() -> None:
    spf = '@ 3600 TXT "V=SPF1 mx -all"'
    assert change({spf}, base={spf}).reasons[0].startswith("medium @ TXT update: who may send")
    news = 'news 300 TXT "V=Spf1 -all"'
    assert "SPF" in change({news}, base={news}).reasons[0]


def test_a_ttl_of_over_a_day_adds_a_level_up_to_high() -> None:
    assert change(add={"new 86400 A 192.0.2.77"}).exposure is Exposure.LOW
    assert change(add={"new 86401 A 192.0.2.77"}).exposure is Exposure.MEDIUM
    mail = change({"@ 3600 MX 10 mail.shop.example."}, {"@ 172800 MX 10 mx.mail.example."})
    assert mail.exposure is Exposure.HIGH


def test_a_set_is_large_from_ten_records_on() -> None:
    pool = [f"pool 300 A 198.51.100.{number}" for number in range(10)]
    assert change(pool, base=pool).exposure is Exposure.CRITICAL
    assert change(pool[:9], base=pool[:9]).exposure < Exposure.CRITICAL
    assert change(add={"pool 300 A 192.0.2.1"}, base=pool).exposure is Exposure.LOW


def test_a_name_server_that_falls_to_the_wildcard_is_critical() -> None:
    base = {"@ 3600 NS ns.shop.example.", "ns 300 A 192.0.2.53"}
    assert change({"ns 300 A 192.0.2.53"}, base=base).exposure is Exposure.CRITICAL


def test_a_host_of_mail_that_gets_one_address_more_does_not_move() -> None:
    assert change(add={"mail 300 A 192.0.2.33"}).exposure is Exposure.MEDIUM


def test_what_led_nowhere_elsewhere_does_not_need_a_deeper_wildcard() -> None:
    base = {"*.dev 300 A 192.0.2.9", "old 300 CNAME none.shop.example."}
    assert change({"*.dev 300 A 192.0.2.9"}, base=base, wildcard=False).exposure is Exposure.HIGH


def test_of_two_policies_of_mta_sts_senders_take_none() -> None:
    one, other = (f'_mta-sts 300 TXT "v=STSv1; id={number}"' for number in (1, 2))
    assert change({one}, {other}, base={one}).exposure is Exposure.MEDIUM
    assert change((), {other}, base={one}).exposure is Exposure.HIGH


@pytest.mark.parametrize("owner", ["my_dmarc", "_dmarcx", "a_domainkey.b"])
def test_only_a_label_of_its_own_makes_a_policy_of_mail(owner: str) -> None:
    text = f'{owner} 300 TXT "x"'
    assert change({text}, base={text}).exposure is Exposure.LOW


def test_a_new_token_in_place_of_the_old_is_ordinary() -> None:
    old, new = '_acme-challenge 60 TXT "old"', '_acme-challenge 60 TXT "new"'
    assert change({old}, {new}, base={old}).exposure is Exposure.LOW


def test_another_zone_may_have_an_ipv6_address() -> None:
    (reason,) = change({"www 300 CNAME shop.example."}, {"www 300 CNAME app.shop.example."}).reasons
    assert reason == "high www CNAME update: no address left for IPv6 clients"
    moves = change({"www 300 CNAME shop.example."}, {"www 300 CNAME shop.cdn.example."}).reasons
    assert moves == ("high www CNAME update: the site moves",)


def test_a_name_with_an_escaped_dot_before_the_domain_is_another_zones() -> None:
    told = change({"www 300 CNAME shop.example."}, {"www 300 CNAME x\\.shop.example."})
    assert told.reasons == ("high www CNAME update: the site moves",)
