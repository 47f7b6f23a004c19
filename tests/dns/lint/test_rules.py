"""Every rule finds what it is for, exactly that, and keeps still where something merely looks like it."""

import re
import sys
import weakref
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from sophia_infra.advice.model import Level
from sophia_infra.dns.lint import linter
from sophia_infra.dns.lint.linter import FINDINGS_PER_RULE, TOPICS, lint, rules_of
from sophia_infra.dns.lint.rule import RULES
from sophia_infra.dns.reader import FIXES
from sophia_infra.dns.rr.record import Record, collector_paused
from sophia_infra.dns.zone.index import Zone
from tests.dns.lint.cases.all import CASES
from tests.dns.lint.cases.case import Case, judge, records_of

DOCS = Path(__file__).parents[3] / "docs" / "rules.md"
IDS = [f"{case.code}-{number}" for number, case in enumerate(CASES)]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_a_bad_zone_gets_this_finding_and_no_other(case: Case) -> None:
    found = case.judge(case.bad)
    assert [(finding.code, f"{finding.level} {finding.subject}") for finding in found] == [(case.code, case.finding)]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_its_near_miss_gets_none(case: Case) -> None:
    assert case.judge(case.good) == []


def test_nothing_that_rules_work_out_keeps_a_zone_that_nobody_holds() -> None:
    """Looking for such circles in a large zone takes a quarter of the time in which it is judged."""
    with collector_paused():
        for case in CASES:
            zone = Zone(records_of(case.bad, case.without, case.origin), case.origin, issuers=case.issuers)
            linter.judge(zone)
            held = weakref.ref(zone)
            del zone
            assert held() is None, case.code


def test_every_rule_has_a_case() -> None:
    assert {case.code for case in CASES} == set(RULES)


@pytest.mark.parametrize("topic", [topic for topic, rtypes in TOPICS.items() if rtypes])
def test_a_topic_has_nothing_to_say_of_a_zone_without_its_types(topic: str) -> None:
    rules = {rule.code: rule for rule in rules_of(topic)}
    for case in (case for case in CASES if case.code in rules):
        records = records_of(case.bad, case.without, case.origin)
        zone = Zone(
            [record for record in records if record.type not in TOPICS[topic]], case.origin, issuers=case.issuers
        )
        assert [problem for rule in rules.values() for problem in rule.check(zone)] == []


def test_every_level_of_a_rule_has_a_case() -> None:
    shown = {(case.code, case.finding.partition(" ")[0]) for case in CASES}
    assert shown == {(rule.code, str(level)) for rule in RULES.values() for level in rule.levels}


def test_every_rule_is_documented_with_its_levels() -> None:
    zones = DOCS.read_text().partition("\n## Zones\n")[2].partition("\n## ")[0]
    entries = re.findall(r"^#### `([a-z0-9-]+)` \(([a-z, ]+)\)$", zones, re.MULTILINE)
    assert dict(entries) == {rule.code: ", ".join(rule.levels) for rule in RULES.values()}
    assert len(entries) == len(RULES)


def test_what_the_reader_finds_is_listed_along_with_the_rules() -> None:
    listed = re.findall(r"^\| `([a-z-]+)` \|", DOCS.read_text(), re.MULTILINE)
    assert set(listed) == set(FIXES)
    assert not set(FIXES) & set(RULES)


def test_messages_are_one_sentence_and_fixes_tell_what_to_do() -> None:
    for case in CASES:
        for finding in case.judge(case.bad):
            assert finding.message.endswith(".")
            assert finding.fix.endswith(".")
            assert finding.fix[0].isupper()


def test_findings_stand_worst_first_then_in_canonical_owner_order() -> None:
    lines = "b MX 10 x1\na MX 10 x2\nc.a MX 10 x3\napi A 10.0.0.1\nlists NS 192.0.2.1"
    found = judge(lines + '\nk._domainkey TXT "p="')
    assert [finding.subject for finding in found] == ["a MX", "c.a MX", "b MX", "lists NS", "api A", "k._domainkey TXT"]
    assert [finding.level for finding in found] == [*[Level.ERROR] * 4, Level.WARNING, Level.INFO]


def test_one_rule_reports_no_more_than_its_share_and_says_so() -> None:
    records = [Record(f"h{number:03}", 300, "MX", "10 gone.shop.example.") for number in range(250)]
    found = lint(records, "shop.example")
    assert Counter(finding.code for finding in found) == {"mx-target-missing": FINDINGS_PER_RULE}
    assert found[-1].message.endswith("(150 more like this one.)")


def test_text_from_the_zone_is_quoted_and_bounded() -> None:
    [found] = judge(f'@ TXT "v=spf1; {"`x` " * 50}"', ("@ TXT",))
    assert "`x`" not in found.message
    assert len(found.message) < 200


def test_the_origin_may_be_written_with_or_without_its_dot() -> None:
    records = [Record("@", 300, "MX", "10 gone.shop.example.")]
    assert lint(records, "shop.example.") == lint(records, "Shop.Example")
    assert len(lint(records, "shop.example.")) == 3


def test_internal_zones_may_have_internal_addresses() -> None:
    lines = "dev A 127.0.0.1\nh A 10.0.0.1\ng A 192.0.2.1"
    assert judge(lines, origin="corp.internal") == []
    assert len(judge(lines, origin="corp.net")) == 3


def test_from_five_addresses_on_a_mostly_private_zone_counts_as_internal() -> None:
    private = [f"h{number} A 10.0.0.{number}" for number in range(5)]
    assert judge("\n".join(private), origin="corp.net") == []
    assert len(judge("\n".join(private[:4]), origin="corp.net")) == 4


@pytest.mark.parametrize(
    ("records", "late"),
    [
        ([Record("@", 300, "SOA", "ns1.dns.example. h.dns.example. 1 7200 900 1209600 60")], "@ NS"),
        ([Record("@", 300, "MX", "10 mx.dns.example."), Record("_dmarc", 300, "CNAME", "d.dns.example.")], "@ TXT"),
        ([Record("@", 300, "MX", "10 mx.dns.example."), Record("@", 300, "TXT", '"v=spf1 -all"')], "_dmarc TXT"),
        ([Record("sub", 300, "NS", "ns.sub.shop.example.")], "ns.sub A"),
        ([Record("sub", 300, "DS", f"1 13 2 {'ab' * 32}")], "sub NS"),
    ],
)
def test_what_is_still_unknown_is_not_missed(records: list[Record], late: str) -> None:
    assert len(lint(records, "shop.example")) == 1
    assert lint(records, "shop.example", pending=[late]) == []


@pytest.mark.parametrize("rtype", ["MX", "CNAME", "SRV"])
def test_what_is_still_unknown_is_not_called_missing(rtype: str) -> None:
    rdata = {"MX": "10 ", "CNAME": "", "SRV": "0 0 1 "}[rtype] + "late.shop.example."
    records = [Record("_a._tcp", 300, rtype, rdata)]
    assert len(lint(records, "shop.example")) == 1
    assert lint(records, "shop.example", pending=["late A"]) == []


def _spf(number: int) -> str:
    includes = " ".join(f"include:a{number + step}.shop.example" for step in range(1, 11))
    return f'"v=spf1 {includes} -all"'


HOSTILE: dict[str, Callable[[int], list[Record]]] = {
    "aliases": lambda size: [Record(f"a{n}", 300, "CNAME", f"a{n + 1}.shop.example.") for n in range(size)],
    "includes": lambda size: [Record(f"a{n}", 300, "TXT", _spf(n)) for n in range(size)],
    "shadows": lambda size: [Record(f"_dmarc.a{n}", 300, "TXT", '"v=DMARC1; p=none"') for n in range(size)],
    "delegations": lambda size: [Record(f"a{n}", 300, "NS", f"ns.a{n ^ 1}.shop.example.") for n in range(size)],
    "domain": lambda size: [Record("a", 300, "TXT", f'"v=spf1 include:a.{"a" * 100 * size}! -all"')],
    "issuer": lambda size: [Record("a", 300, "CAA", f'0 issue "{"a" * 100 * size}!"')],
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_zone_of_twice_the_size_takes_about_twice_the_work(kind: str) -> None:
    wildcard = Record("*", 300, "A", "192.0.2.7")
    small, large = (_work([wildcard, *HOSTILE[kind](size)]) for size in (300, 600))
    assert large < 3 * small


def _work(records: list[Record]) -> int:
    """Return how many calls the rules make."""
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        lint(records, "shop.example")
    finally:
        sys.setprofile(before)
    return calls
