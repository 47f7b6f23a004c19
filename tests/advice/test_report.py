from dataclasses import replace

import pytest

from sophia_infra.advice.model import Advice, Edit, Finding, Level, Verdict
from sophia_infra.advice.report import Reporter, lines


def advice(verdict: Verdict, *levels: Level, edits: tuple[Edit, ...] = ()) -> Advice:
    findings = tuple(Finding(f"code-{level}", level, "@ MX", "it points at an alias", "mend it") for level in levels)
    return Advice("id", "rules", verdict, f"{len(levels)} findings", findings, edits)


def test_a_clean_change_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Reporter().tell("zone shop.example", advice(Verdict.APPROVE, Level.INFO))
    assert capsys.readouterr() == ("", "")


def test_a_finding_is_one_line_with_its_fix(capsys: pytest.CaptureFixture[str]) -> None:
    Reporter().tell("zone shop.example", advice(Verdict.APPROVE, Level.WARNING, Level.INFO))
    assert capsys.readouterr().err.splitlines() == [
        "zone shop.example: approve, 2 findings (docs/rules.md)",
        "  warning code-warning @ MX: it points at an alias -> mend it",
    ]


def test_a_verdict_is_told_even_without_a_finding() -> None:
    assert list(lines("zone shop.example", advice(Verdict.BLOCK))) == [
        "zone shop.example: block, 0 findings (docs/rules.md)"
    ]


def test_five_lines_and_how_many_more() -> None:
    told = list(lines("zone shop.example", advice(Verdict.CAUTION, *[Level.ERROR] * 8)))
    assert len(told) == 7
    assert told[-1] == "  and 3 more"


def test_proposed_edits_are_counted_and_rejected_ones_are_not() -> None:
    edit = Edit("replace", "@ MX", "10 mail", "10 real", "proposed", "because")
    rejected = replace(edit, state="rejected")
    told = list(lines("zone shop.example", advice(Verdict.CAUTION, edits=(edit, rejected))))
    assert told[-1] == "  1 edit proposed; see: sophia advice show id"
    told = list(lines("zone shop.example", advice(Verdict.CAUTION, edits=(edit, edit))))
    assert told[-1] == "  2 edits proposed; see: sophia advice show id"


def test_text_from_outside_can_not_start_a_line_or_move_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Reporter().tell("zone shop\n\x1b[31m.example", advice(Verdict.BLOCK))
    assert capsys.readouterr().err == "zone shop\\u000a\\u001b[31m.example: block, 0 findings (docs/rules.md)\n"


def test_a_line_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = Reporter()
    for line in ("one", "one", "two"):
        reporter.say_once(line)
    assert capsys.readouterr().err == "sophia: one\nsophia: two\n"
