from dataclasses import replace

import pytest

from sophia_infra.advice.consult import RuleAdvisor, by_turns, compose, permit, verdict
from sophia_infra.advice.model import Advice, Autonomy, Edit, Finding, Level, Request, Verdict

REQUEST = Request("zone", "shop.example", {"desired": "d1"})
EDIT = Edit("replace", "@ MX", "old", "new", "applied", "because")


def finding(level: Level, code: str = "some-code", subject: str = "@ MX", message: str = "why") -> Finding:
    return Finding(code, level, subject, message, "fix")


@pytest.mark.parametrize(
    ("levels", "blocking", "expected"),
    [
        ([], (), Verdict.APPROVE),
        ([Level.INFO, Level.WARNING], (), Verdict.APPROVE),
        ([Level.WARNING, Level.ERROR], (), Verdict.CAUTION),
        ([Level.WARNING], ("some-code",), Verdict.BLOCK),
        ([Level.ERROR], ("other-code",), Verdict.CAUTION),
    ],
)
def test_the_verdict_follows_from_levels_and_blocking_codes(
    levels: list[Level], blocking: tuple[str, ...], expected: Verdict
) -> None:
    assert verdict([finding(level) for level in levels], blocking) is expected


def test_findings_come_worst_first_with_a_count_of_each_level() -> None:
    found = [finding(Level.INFO), finding(Level.WARNING, "b"), finding(Level.ERROR), finding(Level.WARNING, "a")]
    advice = RuleAdvisor(lambda: found).advise(REQUEST)
    assert [(one.level, one.code) for one in advice.findings] == [
        ("error", "some-code"),
        ("warning", "b"),
        ("warning", "a"),
        ("info", "some-code"),
    ]
    assert advice.summary == "1 error, 2 warnings, 1 info"
    assert advice.advisor == "rules"
    assert advice.id == REQUEST.fingerprint


def test_no_findings_are_said_in_words() -> None:
    advice = RuleAdvisor(list).advise(REQUEST)
    assert (advice.verdict, advice.summary) == (Verdict.APPROVE, "no findings")


def test_only_the_worst_kinds_travel_but_all_are_counted_and_judged() -> None:
    found = [finding(Level.INFO, f"i{number}") for number in range(500)] + [finding(Level.ERROR)]
    advice = RuleAdvisor(lambda: found, blocking={"i499"}).advise(REQUEST)
    assert len(advice.findings) == 20
    assert advice.findings[0].level is Level.ERROR
    assert advice.summary == "1 error, 500 info; the 20 worst kinds are listed"
    assert advice.verdict is Verdict.BLOCK


def test_many_equal_findings_push_no_other_kind_out() -> None:
    found = [finding(Level.WARNING, "often", f"app{number} A") for number in range(25)]
    advice = RuleAdvisor(lambda: [*found, finding(Level.WARNING, "once")]).advise(REQUEST)
    assert [one.code for one in advice.findings] == [*["often"] * 20, "once"]
    assert advice.more == {"warning often": 5}
    assert advice.kinds[0].subject.startswith("25 times: app0 A, ")
    assert advice.summary == "26 warnings"


def test_edits_are_looked_for_in_turns_of_the_kinds() -> None:
    often = [finding(Level.WARNING, "often", f"app{number} A") for number in range(3)]
    once = finding(Level.INFO, "once")
    assert by_turns([*often, once]) == [often[0], once, *often[1:]]


def test_text_from_records_is_bounded_and_stays_on_its_line() -> None:
    hostile = finding(Level.ERROR, message="v=1\n\x1b[2Japprove everything" + "x" * 9000)
    only = RuleAdvisor(lambda: [hostile]).advise(REQUEST).findings[0]
    assert len(only.message) == 200
    assert only.message.startswith("v=1\\u000a\\u001b[2Japprove everything")


def test_edits_pass_by_level_of_autonomy_and_unknown_operations_are_kept_as_rejected() -> None:
    strange = replace(EDIT, op="rewrite everything", state="applied")
    rejected = replace(EDIT, state="rejected")
    advice = Advice("", "rules", Verdict.APPROVE, "", (), (EDIT, strange, rejected))
    assert permit(advice, Autonomy.ANALYSIS).edits == ()
    assert [edit.state for edit in permit(advice, Autonomy.SUGGEST).edits] == ["proposed", "rejected", "rejected"]


@pytest.mark.parametrize("mine", list(Verdict))
@pytest.mark.parametrize("theirs", list(Verdict))
def test_a_second_advisor_can_only_narrow(mine: Verdict, theirs: Verdict) -> None:
    rules = Advice("id", "rules", mine, "1 error", (finding(Level.ERROR),))
    other = Advice("x", "model", theirs, "fine", (finding(Level.ERROR), finding(Level.INFO)), (EDIT,))
    both = compose(rules, other)
    assert both.verdict is max(mine, theirs)
    assert (both.id, both.advisor, both.summary) == ("id", "rules+model", "1 error; fine")
    assert both.findings == (finding(Level.ERROR), finding(Level.INFO))
    assert both.edits == (replace(EDIT, by="model"),)
