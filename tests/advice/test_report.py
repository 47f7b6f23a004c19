from dataclasses import replace

from sophia_infra.advice.model import Advice, Edit, Finding, Level, Verdict
from sophia_infra.advice.report import lines


def advice(verdict: Verdict, *levels: Level, edits: tuple[Edit, ...] = ()) -> Advice:
    findings = tuple(Finding(f"code-{level}", level, "@ MX", "it points at an alias", "mend it") for level in levels)
    return Advice("id", "rules", verdict, f"{len(levels)} findings", findings, edits)


def told(given: Advice) -> list[str]:
    return list(lines(given))


def test_a_clean_change_says_nothing() -> None:
    assert told(advice(Verdict.APPROVE, Level.INFO)) == []


def test_a_finding_is_one_line_with_its_fix() -> None:
    assert told(advice(Verdict.APPROVE, Level.WARNING, Level.INFO)) == [
        "approve, 2 findings (docs/rules.md); see: sophia advice show id",
        "warning code-warning @ MX: it points at an alias -> mend it",
    ]


def test_a_verdict_is_told_even_without_a_finding() -> None:
    assert told(advice(Verdict.BLOCK)) == ["block, 0 findings (docs/rules.md); see: sophia advice show id"]


def test_equal_findings_are_one_line() -> None:
    assert told(advice(Verdict.CAUTION, *[Level.ERROR] * 8))[1:] == [
        "error code-error 8 times: @ MX: it points at an alias -> mend it"
    ]


def test_proposed_edits_are_counted_and_rejected_ones_are_not() -> None:
    edit = Edit("replace", "@ MX", "10 mail", "10 real", "proposed", "because")
    rejected = replace(edit, state="rejected")
    (line,) = told(advice(Verdict.CAUTION, edits=(edit, rejected)))
    assert line == "caution, 0 findings (docs/rules.md), 1 edit proposed; see: sophia advice show id"
    assert "2 edits proposed" in told(advice(Verdict.CAUTION, edits=(edit, edit)))[0]
