"""A proposed edit undoes the slip it is for: after it, the finding is gone and nothing new has come."""

import re
from pathlib import Path

import pytest

from sophia_infra.advice.model import Edit, Finding
from sophia_infra.dns.lint.edits import proposals
from sophia_infra.dns.lint.linter import lint
from sophia_infra.dns.lint.rule import FIXES, RULES, Change
from sophia_infra.dns.reader import read
from sophia_infra.dns.rr.record import Record, from_text, to_text
from sophia_infra.dns.zone.index import Zone
from tests.dns.lint import test_mail_edits, test_zone_edits
from tests.dns.lint.cases.all import CASES
from tests.dns.lint.cases.case import ORIGIN, records_of
from tests.dns.lint.mended import assert_sound

REASONS = {rule.code: rule.no_edit for rule in RULES.values() if rule.no_edit}
DOCS = Path(__file__).parents[3] / "docs" / "rules.md"


def edits_of(records: list[Record]) -> list[Edit]:
    return proposals(findings_of(records), Zone(records, ORIGIN))


def findings_of(records: list[Record]) -> list[Finding]:
    return lint(records, ORIGIN)


def test_every_rule_has_a_fix_with_a_test_or_a_reason_why_it_has_none() -> None:
    assert set(FIXES) == {*test_zone_edits.CODES, *test_mail_edits.CODES}
    assert set(RULES) == {*FIXES, *REASONS}
    assert not {*FIXES} & {*REASONS}


def test_the_reference_says_which_fixes_are_proposed_and_why_the_others_are_not() -> None:
    zones = DOCS.read_text().partition("\n## Zones\n")[2].partition("\n## ")[0]
    entries = [" ".join(entry.split()) for entry in re.split(r"^#### `", zones, flags=re.MULTILINE)[1:]]
    said = {entry.partition("`")[0]: entry for entry in entries}
    assert {code for code, entry in said.items() if re.search(r"Fix \(proposed as an edit\): | Edit: ", entry)} == {
        *FIXES
    }
    assert {code for code, entry in said.items() if "No edit: " in entry} == set(REASONS)
    assert [code for code, reason in REASONS.items() if f" No edit: {reason}." not in said[code]] == []


def test_an_edit_that_would_only_move_the_trouble_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    def swap(zone: Zone, owner: str, rtype: str) -> Change:
        records = tuple(zone.at(owner, rtype))
        return Change(records, tuple(record._replace(rdata="10 nowhere.shop.example.") for record in records))

    monkeypatch.setitem(FIXES, "mx-target-is-address", swap)
    lines = "a MX 10 192.0.2.25\nb MX 10 mail.\nc MX 10 mail."
    assert [edit.before for edit in edits_of(records_of(lines))] == ["b 3600 MX 10 mail.", "c 3600 MX 10 mail."]


def test_an_edit_holds_on_to_the_whole_set_that_it_adds_to_but_for_texts_beside_spf() -> None:
    [edit] = edits_of(records_of('lists SPF "v=spf1 -all"\nlists TXT "spf2.0/pra"\nlists TXT "x=1"'))
    assert edit.before == 'lists 3600 SPF "v=spf1 -all"\nlists 3600 TXT "spf2.0/pra"'
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


def test_every_wrong_record_of_a_set_is_mended_by_one_edit() -> None:
    [edit] = edits_of(records_of("lists MX 10 mail.\nlists MX 20 mail.\nlists MX 30 mail"))
    assert edit.lost == ["lists 3600 MX 10 mail.", "lists 3600 MX 20 mail."]


def test_a_record_gets_one_edit_at_a_time() -> None:
    records = records_of("_sip._tcp SRV 0 0 0 www")
    assert [finding.code for finding in findings_of(records)] == ["srv-port-zero", "srv-target-is-cname"]
    assert [edit.new for edit in edits_of(records)] == [["_sip._tcp 3600 SRV 0 0 5060 www.shop.example."]]


@pytest.mark.parametrize("stride", [1, 2, 7, 31])
def test_whatever_stands_together_edits_cause_nothing_new_and_mend_what_they_are_for(stride: int) -> None:
    lines = [line for case in CASES if case.origin == ORIGIN for line in f"{case.bad}\n{case.good}".splitlines()]
    for start in range(stride):
        read_in = read("\n".join([*lines[start::stride], ""]), ORIGIN, default_ttl=300).records
        records = from_text(to_text(read_in))
        edits = edits_of(records)
        for edit in edits:
            again = read("".join(f"{line}\n" for line in edit.new), ORIGIN)
            assert [*map(str, again.records)] == edit.new
        assert_sound(edits, Zone(records, ORIGIN))
