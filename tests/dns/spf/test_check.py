"""What the suite of RFC 7208 leaves open: costs, reasons, limits at their very edge, and text of any kind."""

from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import encode
from sophia_infra.dns.spf.check import Result, check
from sophia_infra.dns.spf.message import Message
from sophia_infra.dns.spf.record import LOOKUP_LIMIT, VOID_LIMIT, parse
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.resolver import ZoneResolver
from tests.dns.spf.world import judge, world

HOSTS = "mail A 192.0.2.25\n@ MX 10 mail\n"


def test_a_verdict_names_the_term_that_decided_and_what_it_cost() -> None:
    verdict = judge("a:gone.shop.example mx -all", HOSTS)
    assert (verdict.result, verdict.why) == (Result.PASS, "shop.example: mx")
    assert (verdict.lookups, verdict.voids) == (2, 1)


@pytest.mark.parametrize(("count", "result"), [(LOOKUP_LIMIT, "pass"), (LOOKUP_LIMIT + 1, "permerror")])
def test_lookups_are_counted_through_includes(count: int, result: str) -> None:
    asked = " ".join(["a:mail.shop.example"] * (count - 2))
    lines = f'@ MX 5 mail\nmail A 192.0.2.1\n_a TXT "v=spf1 {asked}"'
    assert judge("include:_a.shop.example mx ip4:192.0.2.25", lines).result == result


@pytest.mark.parametrize(("count", "result"), [(VOID_LIMIT, "pass"), (VOID_LIMIT + 1, "permerror")])
def test_lookups_without_an_answer_are_counted(count: int, result: str) -> None:
    void = " ".join(f"exists:gone{number}.shop.example" for number in range(count))
    assert judge(f"{void} ip4:192.0.2.25 -all").result == result


@pytest.mark.parametrize(("count", "result"), [(10, "fail"), (11, "permerror")])
def test_an_mx_may_lead_to_ten_hosts(count: int, result: str) -> None:
    hosts = "".join(f"@ MX 10 m{number}\nm{number} A 192.0.2.1\n" for number in range(count))
    assert judge("mx -all", hosts).result == result


@pytest.mark.parametrize(("before", "result"), [(9, "pass"), (10, "fail")])
def test_ten_names_of_an_address_are_looked_at(before: int, result: str) -> None:
    names = "".join(f"25 PTR h{number}.elsewhere.test.\n" for number in range(before)) + "25 PTR mail.shop.example."
    resolver = world('@ TXT "v=spf1 ptr -all"\nmail A 192.0.2.25', ("2.0.192.in-addr.arpa", names))
    assert check(Message(ip_address("192.0.2.25"), "x.test", "a@shop.example"), resolver).result == result


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ("mail.shop.example.", "mail.shop.example"),
        ("a.other.test.\n25 PTR mail.shop.example.", "mail.shop.example"),
        ("mail.shop.example.\n25 PTR shop.example.", "shop.example"),
        ("a.other.test.", "a.other.test"),
        ("forged.other.test.", "unknown"),
    ],
)
def test_the_macro_p_is_a_name_of_the_client_nearest_to_the_domain(names: str, chosen: str) -> None:
    lines = '@ TXT "v=spf1 -all exp=why.shop.example"\nwhy TXT "%{p}"\nmail A 192.0.2.25\n@ A 192.0.2.25'
    others = (("other.test", "a A 192.0.2.25\nforged A 192.0.2.1"), ("2.0.192.in-addr.arpa", f"25 PTR {names}"))
    verdict = check(Message(ip_address("192.0.2.25"), "x.test", "a@shop.example"), world(lines, *others))
    assert verdict.explanation == chosen


def test_a_name_in_no_zone_at_hand_is_no_answer() -> None:
    verdict = judge("include:_spf.elsewhere.test -all")
    assert (verdict.result, verdict.why) == (Result.TEMPERROR, "_spf.elsewhere.test. is in no zone at hand")


def test_a_delegated_name_is_looked_up_in_the_zone_below() -> None:
    parent = '@ TXT "v=spf1 include:sub.shop.example -all"\nsub NS ns1.dns.test.\nsub TXT "v=spf1 +all"'
    message = Message(ip_address("192.0.2.25"), "x.test", "a@shop.example")
    assert check(message, world(parent)).result is Result.TEMPERROR
    below = ("sub.shop.example", '@ TXT "v=spf1 ip4:192.0.2.25 -all"')
    assert check(message, world(parent, below)).result is Result.PASS


def test_a_wildcard_answers_for_names_that_are_not_there() -> None:
    assert judge("a:any.in.shop.example -all", "*.in A 192.0.2.25").result is Result.PASS


def test_aliases_are_followed_and_circles_are_no_answer() -> None:
    assert judge("a:one.shop.example -all", "one CNAME two\ntwo CNAME mail\nmail A 192.0.2.25").result is Result.PASS
    assert judge("a:one.shop.example -all", "one CNAME two\ntwo CNAME one").result is Result.TEMPERROR


def test_the_null_mx_has_no_host() -> None:
    assert judge("mx -all", "@ MX 0 .").result is Result.FAIL


def test_a_bounce_is_checked_by_the_name_in_helo() -> None:
    verdict = judge("-all", 'mail TXT "v=spf1 ip4:192.0.2.25 -all"', sender="")
    assert (verdict.result, verdict.why) == (Result.PASS, "mail.shop.example: ip4:192.0.2.25")


def test_an_explanation_is_expanded_with_all_that_is_known_of_the_message() -> None:
    told = "%{c} %{i} from %{s} by %{h} at %{t} for %{r} in %{o}%_%%%-%{L}"
    verdict = judge("-all exp=why.shop.example", f'why TXT "{told}"', sender="o'neill@shop.example")
    assert verdict.explanation == (
        "192.0.2.25 192.0.2.25 from o'neill@shop.example by mail.shop.example at 1700000000 for mx.test "
        "in shop.example %%20o%27neill"
    )


@pytest.mark.parametrize(
    "term", ["a:%{d0}.x.test", "a:%{z}.x.test", "a:%{d", "exists:%{c}.x.test", "a:x.test%", "a:%{d}x"]
)
def test_a_macro_that_records_may_not_use_is_a_fault(term: str) -> None:
    assert judge(f"{term} -all").result is Result.PERMERROR
    assert [fault.word for fault in parse(f"v=spf1 {term} -all").faults] == [term]


def test_a_fault_after_the_term_that_matches_counts_as_well() -> None:
    assert judge("+all ip4:192.0.2.300").result is Result.PERMERROR


WORDS = st.sampled_from(
    (
        *(
            "a",
            "mx",
            "ptr",
            "all",
            "+all",
            "-",
            "mx/33",
            "?mx:%{d2r}",
            "a:%{p}",
            "ip4:192.0.2.0/24",
            "ip6:2001:db8::/32",
        ),
        *(
            "include:_a.shop.example",
            "redirect=_b.shop.example",
            "exp=why.shop.example",
            "exists:%{ir}.%{v}.shop.example",
        ),
    )
)
TEXT = st.text(max_size=40)


@settings(max_examples=200, deadline=None)
@given(st.lists(WORDS | TEXT, max_size=14), st.lists(WORDS | TEXT, max_size=6), st.ip_addresses(), TEXT, TEXT)
def test_whatever_is_written_there_is_a_verdict_within_the_limits(
    apex: list[str], included: list[str], ip: object, sender: str, helo: str
) -> None:
    texts = {
        "@": f"v=spf1 {' '.join(apex)}",
        "_a": f"v=spf1 {' '.join(included)}",
        "_b": "v=spf1 a mx ptr",
        "why": helo,
    }
    records = [
        Record(owner, 60, "TXT", encode(text.encode("utf-8", "replace").decode())) for owner, text in texts.items()
    ]
    resolver = ZoneResolver([Zone(records, "shop.example"), Zone([], "arpa")])
    verdict = check(Message(ip_address(str(ip)), helo, f"{sender}@shop.example"), resolver)
    assert verdict.lookups <= LOOKUP_LIMIT + 1
    assert verdict.voids <= VOID_LIMIT + 1
    if verdict.result in {Result.PASS, Result.FAIL, Result.SOFTFAIL}:
        assert parse(texts["@"]).faults == ()
