import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from sophia_infra.advice import redaction
from sophia_infra.advice.consult import FixedAdvisor, RuleAdvisor, consult
from sophia_infra.advice.model import Advice, Edit, Finding, Level, Request, Verdict
from sophia_infra.journal import Journal, Kind
from sophia_infra.reporter import Reporter

FINDING = Finding("mx-target-is-cname", Level.ERROR, "@ MX", "mail.shop.example. is an alias", "point at its target")
EDIT = Edit("replace", "@ MX", "@ 300 MX 10 mail", "@ 300 MX 10 real", "applied", "an MX must not point at an alias")
ADVICE = Advice("", "fixed", Verdict.CAUTION, "1 error", (FINDING,), (EDIT,))
REQUEST = redaction.request("zone", "shop.example", {"desired": "d1", "base": "b1", "autonomy": "suggest"})

ASK = """
import sys
from sophia_infra.advice import redaction
from sophia_infra.advice.consult import FixedAdvisor, RuleAdvisor, consult
from sophia_infra.journal import Journal
from sophia_infra.advice.model import Advice, Verdict
request = redaction.request("zone", "shop.example", {"desired": "d1"})
sys.stdin.read()
advice = consult(request, FixedAdvisor(Advice("", sys.argv[2], Verdict.APPROVE, "")), journal=Journal.open(sys.argv[1]))
print(advice.advisor)
"""


@dataclass
class Counting:
    """Says something else each time it is asked."""

    asked: list[Request] = field(default_factory=list)

    def advise(self, request: Request) -> Advice:
        self.asked.append(request)
        return replace(ADVICE, summary=f"answer {len(self.asked)}")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path / ".sophia")


@pytest.fixture
def broken(tmp_path: Path) -> Journal:
    (tmp_path / "file").write_text("")
    return Journal.open(tmp_path / "file" / ".sophia")


def test_advice_carries_the_request_s_fingerprint() -> None:
    assert consult(REQUEST, FixedAdvisor()).id == REQUEST.fingerprint


def test_advice_on_another_request_is_not_replayed(journal: Journal) -> None:
    advisor = Counting()
    consult(REQUEST, advisor, journal=journal)
    other = redaction.request("zone", "shop.example", {"desired": "d2", "base": "b1"})
    assert consult(other, advisor, journal=journal).id == other.fingerprint
    assert len(advisor.asked) == 2


def test_the_journal_replays_advice_byte_for_byte(journal: Journal) -> None:
    advisor = Counting()
    first = consult(REQUEST, advisor, journal=journal)
    assert consult(REQUEST, advisor, journal=Journal(journal.storage)) == first
    entry = journal.storage.last(Kind.ADVICE, REQUEST.fingerprint)
    assert entry is not None
    assert entry.value == first.to_body()
    assert len(advisor.asked) == 1


def test_request_and_advice_are_both_journaled(journal: Journal) -> None:
    consult(REQUEST, Counting(), journal=journal)
    asked = journal.storage.last(Kind.REQUEST, REQUEST.fingerprint)
    assert asked is not None
    assert asked.value == {"kind": "zone", "subject": "shop.example", "facts": dict(REQUEST.facts)}
    assert journal.verify().rows == 2


def test_of_two_processes_that_ask_at_once_both_get_what_the_first_one_wrote(journal: Journal) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", ASK, str(Path(journal.name).parent)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": environment}
    runs = [subprocess.Popen([*command, name], **pipes) for name in ("one", "two", "three")]  # type: ignore[call-overload]
    answers = {run.communicate("", timeout=60)[0].strip() for run in runs}
    assert len(answers) == 1
    assert answers < {"one", "two", "three"}
    assert journal.verify().rows == 2


def test_a_writer_that_was_late_returns_what_stands_in_the_journal(journal: Journal) -> None:
    class Late(FixedAdvisor):
        def advise(self, request: Request) -> Advice:
            consult(request, FixedAdvisor(replace(ADVICE, summary="the first")), journal=journal)
            return replace(ADVICE, summary="too late")

    assert consult(REQUEST, Late(), journal=journal).summary == "the first"


def test_a_journal_that_fails_never_stops_advice_and_says_so_once(
    broken: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    reporter = Reporter()
    advice = [consult(REQUEST, FixedAdvisor(ADVICE), journal=broken, reporter=reporter) for _ in range(3)]
    assert {(one.verdict, one.summary) for one in advice} == {(Verdict.CAUTION, "1 error (not journaled)")}
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    assert told[0].startswith("sophia: advice is not journaled: journal ")


def test_a_changed_row_is_asked_again_and_not_replayed(journal: Journal) -> None:
    consult(REQUEST, FixedAdvisor(ADVICE), journal=journal)
    with closing(sqlite3.connect(Path(journal.name), isolation_level=None)) as db:
        db.execute("DROP TRIGGER no_update")
        db.execute("UPDATE entries SET body = replace(body, 'caution', 'approve') WHERE kind = 'advice'")
    advice = consult(REQUEST, FixedAdvisor(ADVICE), journal=journal)
    assert (advice.verdict, advice.summary) == (Verdict.CAUTION, "1 error (not journaled)")


def test_at_suggest_every_edit_is_a_proposal() -> None:
    assert [edit.state for edit in consult(REQUEST, FixedAdvisor(ADVICE)).edits] == ["proposed"]


def test_at_analysis_there_are_no_edits_and_the_level_is_part_of_the_request() -> None:
    analysis = redaction.request("zone", "shop.example", {"desired": "d1", "base": "b1", "autonomy": "analysis"})
    advice = consult(analysis, FixedAdvisor(ADVICE))
    assert advice.edits == ()
    assert advice.findings == ADVICE.findings
    assert analysis.fingerprint != REQUEST.fingerprint


def test_an_unknown_autonomy_level_is_refused() -> None:
    request = redaction.request("zone", "shop.example", {"autonomy": "wild"})
    with pytest.raises(ValueError, match="'wild' is not a valid Autonomy"):
        consult(request, FixedAdvisor(ADVICE))


def test_what_is_older_than_the_change_is_told_apart_and_weighs_nothing() -> None:
    old = Finding("mx-target-is-cname", Level.ERROR, "legacy MX", "an alias", "", old=True)
    new = replace(old, subject="@ MX", old=False)
    request = redaction.request("zone", "shop.example", {})
    alone = RuleAdvisor(lambda: [old], blocking={old.code}).advise(request)
    assert (alone.verdict, alone.summary) == (Verdict.APPROVE, "nothing new; as before: 1 error")
    assert [str(finding) for finding in alone.kinds] == ["error mx-target-is-cname (as before) legacy MX: an alias"]
    both = RuleAdvisor(lambda: [old, new]).advise(request)
    assert (both.verdict, both.summary) == (Verdict.CAUTION, "1 error; as before: 1 error")
    assert [finding.subject for finding in both.kinds] == ["legacy MX", "@ MX"]
    shown = both.as_inputs()["findings"]
    assert [finding.get("old") for finding in shown] == [True, None]


def test_what_carries_a_verdict_is_new_and_of_any_level_where_what_is_meant_does_not_come_about() -> None:
    old = Finding("mx-target-is-cname", Level.ERROR, "legacy MX", "an alias", "", old=True)
    vain = Finding("spf-after-all", Level.WARNING, "@ TXT", "nobody reads it", "")
    request = redaction.request("zone", "shop.example", {})
    advice = RuleAdvisor(lambda: [old, vain], in_vain={vain.code}).advise(request)
    assert (advice.verdict, advice.carried) == (Verdict.CAUTION, (vain.code,))
    assert RuleAdvisor(lambda: [old]).advise(request).carried == ()
