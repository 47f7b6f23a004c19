"""A proposed edit undoes the slip it is for: after it, the finding is gone and nothing new has come."""

import pytest

from sophia_infra.advice.model import Edit
from sophia_infra.dns.lint import RULES, lint
from sophia_infra.dns.lint.edits import FIXES, proposals
from sophia_infra.dns.reader import read
from sophia_infra.dns.records import Record, from_text
from tests.dns.lint.cases.all import CASES
from tests.dns.lint.cases.case import FRAME, ORIGIN

BEFORE_AND_AFTER = {
    "target-lacks-dot": ("lists MX 10 mail.shop.example.shop.example.", "lists MX 10 mail.shop.example."),
    "target-excess-dot": ("lists MX 10 mail.", "lists MX 10 mail.shop.example."),
    "owner-repeats-origin": ("api.shop.example A 192.0.2.7", "api A 192.0.2.7"),
    "mx-target-is-cname": ("lists MX 10 www.shop.example.", "lists MX 10 shop.example."),
    "ns-target-is-cname": ("@ NS www.shop.example.", "@ NS shop.example."),
    "srv-target-is-cname": ("_a._tcp SRV 0 0 1 www.shop.example.", "_a._tcp SRV 0 0 1 shop.example."),
    "null-mx-with-others": ("@ MX 0 .", ""),
    "ds-at-apex": ("@ DS 1 13 2 " + "ab" * 32, ""),
    "spf-plus-all": ('lists TXT "v=spf1 a:mail.shop.example +all"', 'lists TXT "v=spf1 a:mail.shop.example ~all"'),
    "spf-mangled": ('lists TXT " \\"v=spf1 -all\\""', 'lists TXT "v=spf1 -all"'),
    "spf-term-ignored": ('lists TXT "v=spf1 ip4=192.0.2.1 -all"', 'lists TXT "v=spf1 ip4:192.0.2.1 -all"'),
    "spf-type-99": ('lists SPF "v=spf1 -all"', 'lists TXT "v=spf1 -all"'),
    "dmarc-misplaced": ('dmarc.lists TXT "v=DMARC1; p=none"', '_dmarc.lists TXT "v=DMARC1; p=none"'),
    "dmarc-report-address": (
        '_dmarc.a TXT "v=DMARC1; p=none; rua=x@b.example,mailto:y@c.example, z@d.example; fo=1"',
        '_dmarc.a TXT "v=DMARC1; p=none; rua=mailto:x@b.example,mailto:y@c.example, mailto:z@d.example; fo=1"',
    ),
    "caa-issuer-mistaken": ('@ CAA 0 issue "letsencrypt.com; a=b"', '@ CAA 0 issue "letsencrypt.org; a=b"'),
}


def records_of(lines: str) -> list[Record]:
    reading = read("\n".join([*FRAME.values(), lines, ""]), ORIGIN, default_ttl=3600)
    assert reading.problems == []
    return reading.records


def edits_of(records: list[Record]) -> list[Edit]:
    return proposals(lint(records, ORIGIN), records, ORIGIN)


def apply(edits: list[Edit], records: list[Record]) -> list[Record]:
    before = {edit.before for edit in edits}
    after = from_text("".join(f"{edit.after}\n" for edit in edits if edit.after))
    return [*(record for record in records if str(record) not in before), *after]


def with_ttl(line: str) -> str:
    return line.replace(" ", " 3600 ", 1)


@pytest.mark.parametrize("code", BEFORE_AND_AFTER)
def test_a_slip_is_undone_and_nothing_else_touched(code: str) -> None:
    before, after = map(with_ttl, BEFORE_AND_AFTER[code])
    records = records_of(before)
    [edit] = edits_of(records)
    assert (edit.before, edit.after, edit.state) == (before, after, "proposed")
    assert edit.op == ("replace" if after else "remove")
    assert [one.code for one in lint(records, ORIGIN)] == [code]
    assert lint(apply([edit], records), ORIGIN) == []


def test_every_fix_is_for_a_rule_and_has_a_test() -> None:
    assert set(FIXES) == set(BEFORE_AND_AFTER)
    assert set(FIXES) <= set(RULES)


@pytest.mark.parametrize(
    "lines",
    [
        "mail.shop.example A 192.0.2.7",  # something is at the right name already
        "lists MX 10 out\nout CNAME mx.dns.example.",  # where the alias ends is not known here
        "lists MX 10 a\na CNAME b\nb CNAME a",  # the alias ends nowhere
        'dmarc TXT "v=DMARC1; p=none"',  # the policy stands at the right name already
        '@ TXT " v=spf1 -all"',  # a second record would void the first
        'lists TXT " v=spf1 nonsense -all"',  # readable, but not right
    ],
)
def test_a_decision_is_left_to_people(lines: str) -> None:
    records = records_of(lines)
    assert lint(records, ORIGIN) != []
    assert edits_of(records) == []


def test_every_wrong_record_of_a_set_gets_its_edit_once() -> None:
    edits = edits_of(records_of("lists MX 10 mail.\nlists MX 20 mail.\nlists MX 30 mail"))
    assert [edit.before for edit in edits] == ["lists 3600 MX 10 mail.", "lists 3600 MX 20 mail."]


@pytest.mark.parametrize("stride", [1, 2, 7, 31])
def test_whatever_stands_together_edits_are_canonical_lines(stride: int) -> None:
    lines = [line for case in CASES if case.origin == ORIGIN for line in f"{case.bad}\n{case.good}".splitlines()]
    for start in range(stride):
        records = read("\n".join([*lines[start::stride], ""]), ORIGIN, default_ttl=300).records
        for edit in edits_of(records):
            again = read(f"{edit.after}\n", ORIGIN)
            assert [*map(str, again.records)] == [edit.after] if edit.after else edit.op == "remove"
