"""What leads to nothing goes only where nothing of the zone may be meant by it, and comes back with its target."""

from time import process_time

import pytest

from sophia_infra.advice.model import Edit
from sophia_infra.dns.edits import with_edits
from sophia_infra.dns.lint.edits import proposals
from sophia_infra.dns.lint.linter import judge
from sophia_infra.dns.rr.record import to_text
from sophia_infra.dns.zone.index import Zone
from tests.dns.lint.cases.case import ORIGIN, records_of

TLSA = "ab" * 32
SPF = '@ TXT "v=spf1 mx include:_spf.shop.example -all"'
PASSES = "ip4:192.0.2.9 -all"
POINTERS = {
    "gone": "lists MX 20 gone\nlists MX 10 mail",
    "pages": "blog CNAME pages",
    "pbx": "_sip._tcp SRV 0 0 5060 pbx\n_sip._tcp SRV 9 0 5060 mail",
    "vpn": f"_443._tcp.vpn TLSA 3 1 1 {TLSA}",
    "cdn": "@ HTTPS 1 cdn",
    "uri": '@ NAPTR 1 2 "a" "x" "" uri\n@ NAPTR 2 2 "a" "x" "" mail',
    "ns1.sub": "sub NS ns1.sub\nsub NS ns1.dns.example.",
}


def proposed(lines: str, without: tuple[str, ...] = ()) -> list[Edit]:
    zone = Zone(records_of(lines, without), ORIGIN)
    return proposals(judge(zone), zone)


@pytest.mark.parametrize("target", POINTERS)
def test_a_target_that_is_written_wrong_is_mended_and_what_points_at_it_stays(target: str) -> None:
    without = ("ns1 A", "@ NS") if target == "ns1.sub" else ()
    assert len(proposed(POINTERS[target], without)) == 1
    edits = proposed(f"{POINTERS[target]}\n{target}.shop.example A 192.0.2.9", without)
    assert {line for edit in edits for line in edit.lost} == {f"{target}.shop.example 3600 A 192.0.2.9"}


@pytest.mark.parametrize("near", ["pagess A", "page AAAA", "pagse CNAME", "pages.lab A", "pages.shop TXT", "pges MX 1"])
def test_nothing_goes_while_another_name_may_be_meant(near: str) -> None:
    data = {"A": "192.0.2.9", "AAAA": "2001:db8::9", "CNAME": "mail", "TXT": "x", "1": "mail"}
    lines = f"lists MX 20 pages\nlists MX 10 mail\n{near} {data[near.split(' ')[-1]]}"
    assert [edit for edit in proposed(lines) if edit.op == "remove"] == []


@pytest.mark.parametrize("target", ["foo.github.io", "y.pages.dev", "z.netlify.app", "shop.example.de"])
def test_a_complete_name_that_lost_its_dot_is_no_reason_to_remove_an_alias(target: str) -> None:
    assert proposed(f"blog CNAME {target}") == []
    assert proposed(f"lists MX 20 {target}\nlists MX 10 mail") == []
    assert len(proposed(f"blog CNAME {target}\nx.{target} TXT x")) == 1


def test_a_name_that_only_a_late_value_has_may_be_meant_as_well() -> None:
    records = records_of(POINTERS["gone"])
    for pending, count in ("other A", 1), ("gon A", 0):
        zone = Zone(records, ORIGIN, pending=[pending])
        assert len(proposals(judge(zone), zone)) == count


@pytest.mark.parametrize(
    "there",
    [
        f'_spf TXT "spf1 {PASSES}"',
        f'_spf TXT "\\"v=spf1 {PASSES}\\""',
        f'_spf SPF "v=spf1 {PASSES}"',
        f'_spf.shop.example TXT "v=spf1 {PASSES}"',
        f'spf TXT "v=spf1 {PASSES}"',
        '_spf TXT "see the wiki"',
        "_spf CNAME gone",
    ],
)
def test_an_include_stays_while_its_policy_may_be_there_in_another_form(there: str) -> None:
    [edit] = proposed(SPF, ("@ TXT",))
    assert edit.new == ['@ 3600 TXT "v=spf1 mx -all"']
    assert [edit for edit in proposed(f"{SPF}\n{there}", ("@ TXT",)) if edit.subject == "@ TXT"] == []


@pytest.mark.parametrize(
    "lines", ["a CNAME b\nb CNAME a\nb.shop.example A 192.0.2.9", "www CNAME www\nwww.lab A 192.0.2.9"]
)
def test_a_circle_stays_while_the_host_in_it_may_be_written_wrong(lines: str) -> None:
    assert [edit for edit in proposed(lines, ("www CNAME",)) if "CNAME" in edit.before] == []


def test_a_wildcard_that_another_edit_brings_is_waited_for() -> None:
    edits = proposed(f"{POINTERS['gone']}\n*.shop.example A 192.0.2.9")
    assert [edit.subject for edit in edits] == ["*.shop.example A"]


@pytest.mark.parametrize(
    "later", ["gone A", "gone AAAA", "gone CNAME", "* A", "* CNAME", "gone NS", "@ DNAME", "_x.gone A"]
)
def test_a_removal_ends_with_whatever_brings_the_target(later: str) -> None:
    records = records_of(POINTERS["gone"])
    [edit] = proposed(POINTERS["gone"])
    _, (done,) = with_edits(to_text(records), [edit], ORIGIN, taken=[later])
    assert done.state == ("applied" if later == "_x.gone A" else "rejected")


def test_the_removal_of_an_alias_ends_with_any_record_of_its_target() -> None:
    [edit] = proposed(POINTERS["pages"])
    for later, state in ("pages MX", "rejected"), ("pages TXT", "rejected"), ("page TXT", "applied"):
        _, (done,) = with_edits(to_text(records_of(POINTERS["pages"])), [edit], ORIGIN, taken=[later])
        assert done.state == state


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("node-a", "node-b"),
        ("prod-eu", "prod-au"),
        ("sipa", "sipb"),
        ("email", "mail"),
        ("posts", "pasts"),
        ("apps", "app"),
        ("web-a", "weba"),
        ("abc", "acb"),
        ("relay1", "relay2"),
    ],
)
def test_a_letter_that_may_tell_machines_apart_is_no_slip(wrong: str, right: str) -> None:
    lines = f"api CNAME {wrong}\n{right} A 192.0.2.9\nlists MX 10 {wrong}\nlists MX 20 mx.dns.example."
    assert proposed(lines, ("mail A", "@ MX")) == []


@pytest.mark.parametrize("wrong", ["webhsop", "weshop", "webbshop", "web-stoer", "webhsop.eu"])
def test_letters_swapped_too_many_or_too_few_within_a_word_are_a_slip(wrong: str) -> None:
    right = {"webhsop.eu": "webshop.eu", "web-stoer": "web-storer"}.get(wrong, "webshop")
    [edit] = proposed(f"api CNAME {wrong}\n{right} A 192.0.2.9")
    assert edit.new == [f"api 3600 CNAME {right}.shop.example."]


def test_many_pointers_to_nothing_in_a_large_zone_are_no_reason_to_wait() -> None:
    lines = [*(f"host{number:06} A 192.0.2.7" for number in range(20_000))]
    lines += [f"alias{number} CNAME missing-{number}-x" for number in range(100)]
    zone = Zone(records_of("\n".join(lines)), ORIGIN)
    found = judge(zone)
    started = process_time()
    assert len(proposals(found, zone)) == 20
    assert process_time() - started < 5
