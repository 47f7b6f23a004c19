"""A proposed edit undoes the slip it is for: after it, the finding is gone and nothing new has come."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sophia_infra.advice.model import Edit, Finding
from sophia_infra.dns.approved import with_edits
from sophia_infra.dns.lint import RULES, lint
from sophia_infra.dns.lint.edits import proposals
from sophia_infra.dns.lint.fixes import FIXES, REASONS, Change
from sophia_infra.dns.lint.zone import Zone
from sophia_infra.dns.reader import read
from sophia_infra.dns.records import Record, from_text, to_text
from tests.dns.lint import test_mail_edits
from tests.dns.lint.cases.all import CASES
from tests.dns.lint.cases.case import ORIGIN, records_of

DOCS = Path(__file__).parents[3] / "docs" / "rules.md"
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
        '_dmarc.a TXT "v=DMARC1; p=none; rua=mailto:x@b.example,mailto:y@c.example,mailto:z@d.example; fo=1"',
    ),
    "caa-issuer-mistaken": ('@ CAA 0 issue "letsencrypt.com; a=b"', '@ CAA 0 issue "letsencrypt.org; a=b"'),
    "caa-iodef-invalid": ('@ CAA 0 iodef "ca@shop.example"', '@ CAA 0 iodef "mailto:ca@shop.example"'),
    "caa-issuer-misspelled": ('@ CAA 0 issue "letsencypt.org; a=b"', '@ CAA 0 issue "letsencrypt.org; a=b"'),
    "caa-tag-unknown": ('@ CAA 0 isue "letsencrypt.org"', '@ CAA 0 issue "letsencrypt.org"'),
    "dmarc-syntax": ('_dmarc.a TXT "V=dmarc1, p=none"', '_dmarc.a TXT "v=DMARC1; p=none"'),
    "spf-after-all": (
        'lists TXT "v=spf1 mx:shop.example -all a exp=e.dns.example redirect=dns.example"',
        'lists TXT "v=spf1 mx:shop.example -all exp=e.dns.example"',
    ),
    "spf-syntax": (
        'lists TXT "v=spf1 ipv4:192.0.2.1, ip4:2001:db8::1 incude:dns.example -all"',
        'lists TXT "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 include:dns.example -all"',
    ),
    "srv-null-with-others": ("_a._tcp SRV 0 0 0 .", ""),
    "srv-owner": ("_tcp._a SRV 0 0 1 mail.shop.example.", "_a._tcp SRV 0 0 1 mail.shop.example."),
    "svcb-hint-differs": (
        '@ HTTPS 1 . alpn="h2" ipv4hint="192.0.2.11" ipv6hint="2001:db8::11"',
        '@ HTTPS 1 . alpn="h2" ipv4hint="192.0.2.10" ipv6hint="2001:db8::10"',
    ),
    "txt-quotes": ('lists TXT "\\"verification=1\\""', 'lists TXT "verification=1"'),
    "mta-sts-syntax": ('_mta-sts TXT "v=stsv1;id=2026-01-01"', '_mta-sts TXT "v=STSv1; id=20260101;"'),
    "tls-report-syntax": (
        '_smtp._tls TXT "v=TLSRPTv1; rua=tls@shop.example"',
        '_smtp._tls TXT "v=TLSRPTv1; rua=mailto:tls@shop.example"',
    ),
}
# What has to stand beside the line for the finding to come, and for nothing else to.
BESIDE = {
    "srv-null-with-others": "_a._tcp SRV 0 0 1 mail",
    "mta-sts-syntax": "mta-sts A 192.0.2.7\n_smtp._tls CNAME tls.dns.example.",
}
SOA = "@ 3600 SOA {names} 1 7200 900 1209600 60"
# Said of a line beside the one that is mended, and of it as well once mended.
COMPANY = {"spf-no-all"}
# Findings that take more lines to come, or the place of the frame's: lines, what is left out, edits.
SEVERAL: dict[str, tuple[str, tuple[str, ...], list[tuple[str, str]]]] = {
    "cname-chain-long": (
        "a CNAME b\nb CNAME c\nc CNAME d\nd CNAME e\ne CNAME mail",
        (),
        [("a 3600 CNAME b.shop.example.", "a 3600 CNAME mail.shop.example.")],
    ),
    "ttl-too-long": (
        "api 700000 A 192.0.2.7\napi 700000 A 192.0.2.8",
        (),
        [
            (
                "api 700000 A 192.0.2.7\napi 700000 A 192.0.2.8",
                "api 86400 A 192.0.2.7\napi 86400 A 192.0.2.8",
            )
        ],
    ),
    "soa-mailbox": (
        SOA.format(names="ns1 admin@shop.example."),
        ("@ SOA",),
        [
            (
                SOA.format(names="ns1.shop.example. admin\\@shop.example."),
                SOA.format(names="ns1.shop.example. admin.shop.example."),
            )
        ],
    ),
    "soa-name-lacks-dot": (
        SOA.format(names="ns1.shop.example h.shop.example"),
        ("@ SOA",),
        [
            (
                SOA.format(names="ns1.shop.example.shop.example. h.shop.example.shop.example."),
                SOA.format(names="ns1.shop.example. h.shop.example."),
            )
        ],
    ),
}


def edits_of(records: list[Record]) -> list[Edit]:
    return proposals(findings_of(records), Zone(records, ORIGIN))


def findings_of(records: list[Record]) -> list[Finding]:
    return lint(records, ORIGIN)


def apply(edits: list[Edit], records: list[Record]) -> list[Record]:
    text, done = with_edits(to_text(records), edits, ORIGIN)
    assert {edit.state for edit in done} == {"applied"}
    return from_text(text)


def with_ttl(line: str) -> str:
    return line.replace(" ", " 3600 ", 1)


@pytest.mark.parametrize("code", BEFORE_AND_AFTER)
def test_a_slip_is_undone_and_nothing_else_touched(code: str) -> None:
    before, after = map(with_ttl, BEFORE_AND_AFTER[code])
    records = records_of(f"{before}\n{BESIDE.get(code, '')}")
    [edit] = edits_of(records)
    assert (edit.before, edit.after, edit.state) == (before, after, "proposed")
    assert edit.op == ("replace" if after else "remove")
    left = findings_of(apply([edit], records))
    assert {one.code for one in findings_of(records) if one not in left} == {code}
    assert {one.code for one in left} <= COMPANY


@pytest.mark.parametrize("code", SEVERAL)
def test_slips_in_whole_sets_are_undone_together(code: str) -> None:
    lines, without, changes = SEVERAL[code]
    records = records_of(lines, without)
    edits = edits_of(records)
    assert [(edit.before, edit.after) for edit in edits] == changes
    assert {edit.op for edit in edits} == {"replace"}
    assert {one.code for one in findings_of(records)} == {code}
    assert findings_of(apply(edits, records)) == []


def test_every_rule_has_a_fix_with_a_test_or_a_reason_why_it_has_none() -> None:
    assert set(FIXES) == {*BEFORE_AND_AFTER, *SEVERAL, *test_mail_edits.CODES}
    assert set(RULES) == {*FIXES, *REASONS}
    assert not {*FIXES} & {*REASONS}


def test_the_reference_says_which_fixes_are_proposed_and_why_the_others_are_not() -> None:
    zones = DOCS.read_text().partition("\n## Zones\n")[2].partition("\n## ")[0]
    entries = [" ".join(entry.split()) for entry in re.split(r"^#### `", zones, flags=re.MULTILINE)[1:]]
    said = {entry.partition("`")[0]: entry for entry in entries}
    assert {code for code, entry in said.items() if "Fix (proposed as an edit): " in entry} == set(FIXES)
    assert {code for code, entry in said.items() if "No edit: " in entry} == set(REASONS)
    assert [code for code, reason in REASONS.items() if f" No edit: {reason}." not in said[code]] == []


@pytest.mark.parametrize(
    "lines",
    [
        "mail.shop.example A 192.0.2.7",  # something is at the right name already
        "lists MX 10 out\nout CNAME mx.dns.example.",  # where the alias ends is not known here
        "lists MX 10 a\na CNAME b\nb CNAME a",  # the alias ends nowhere
        'dmarc TXT "v=DMARC1; p=none"',  # the policy stands at the right name already
        '@ TXT " v=spf1 -all"',  # a second record would void the first
        "_tcp.mail SRV 0 0 1 mail",  # the service has no name
        'lists TXT " v=spf1 nonsense -all"',  # readable, but not right
    ],
)
def test_a_decision_is_left_to_people(lines: str) -> None:
    records = records_of(lines)
    assert findings_of(records) != []
    assert edits_of(records) == []


def test_an_edit_that_would_only_move_the_trouble_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    def swap(zone: Zone, owner: str, kind: str) -> Iterator[Change]:
        records = tuple(zone.at(owner, kind))
        yield Change(records, tuple(record._replace(rdata="10 nowhere.shop.example.") for record in records))

    monkeypatch.setitem(FIXES, "mx-target-is-address", swap)
    lines = "a MX 10 192.0.2.25\nb MX 10 mail.\nc MX 10 mail."
    assert [edit.before for edit in edits_of(records_of(lines))] == ["b 3600 MX 10 mail.", "c 3600 MX 10 mail."]


def test_an_edit_holds_on_to_the_whole_set_that_it_adds_to() -> None:
    [edit] = edits_of(records_of('lists SPF "v=spf1 -all"\nlists TXT "x=1"'))
    assert edit.before == 'lists 3600 SPF "v=spf1 -all"\nlists 3600 TXT "x=1"'
    assert (edit.lost, edit.new) == (['lists 3600 SPF "v=spf1 -all"'], ['lists 3600 TXT "v=spf1 -all"'])


def test_what_is_not_known_yet_is_not_added_to() -> None:
    records = records_of('lists SPF "v=spf1 -all"')
    zone = Zone(records, ORIGIN, pending=["lists TXT"])
    assert len(findings_of(records)) == 1
    assert proposals(findings_of(records), zone) == []


def test_only_lines_of_the_program_are_edited() -> None:
    records = records_of("lists MX 10 mail.\nother MX 10 mail.")
    [edit] = proposals(findings_of(records), Zone(records, ORIGIN), {"other 3600 MX 10 mail."})
    assert edit.subject == "other MX"


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
            assert "\n".join(map(str, again.records)) == edit.after
            assert edit.after or edit.op == "remove"
