import json
from pathlib import Path

import pytest

from sophia_infra.advice import autonomy, redaction
from sophia_infra.advice.approval import approved, user
from sophia_infra.advice.consult import FixedAdvisor, consult
from sophia_infra.advice.model import Advice, Autonomy, Edit, Finding, Level, Verdict
from sophia_infra.cli import main
from sophia_infra.journal import Journal
from tests.cli.conftest import Sophia

EDITS = (
    Edit("replace", "@ MX", "@ 300 MX 10 a.", "@ 300 MX 10 b.", "proposed", "an alias"),
    Edit("remove", "www A", "www 300 A 192.0.2.1", "", "proposed", "gone"),
    Edit("add", "_dmarc TXT", "@ 300 MX 10 c.", '@ 300 MX 10 c.\n_dmarc 300 TXT "x"', "proposed", "missing"),
)
FINDING = Finding("mx-target-is-cname", Level.ERROR, "@ MX", "it is an alias", "point at its target")


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path))
    return Journal.open()


@pytest.fixture
def advice(journal: Journal) -> Advice:
    request = redaction.request("zone", "shop.example", {"desired": "d1", "base": "b1"})
    told = Advice("", "rules", Verdict.CAUTION, "1 error", (FINDING,), EDITS)
    return consult(request, FixedAdvisor(told), journal=journal)


def test_list_shows_what_waits_for_a_person(advice: Advice, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["advice", "list"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(advice.id[:12])
    assert line.endswith("  zone shop.example  caution: 1 error, 3 proposed edits")


def test_show_prints_findings_and_what_each_edit_does(advice: Advice, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["advice", "show", advice.id[:8]]) == 0
    out = capsys.readouterr().out
    assert "error mx-target-is-cname @ MX: it is an alias -> point at its target" in out
    assert "    - @ 300 MX 10 a.\n    + @ 300 MX 10 b.\n" in out
    assert 'proposed add _dmarc TXT: missing\n      @ 300 MX 10 c.\n    + _dmarc 300 TXT "x"\n' in out


def test_approving_a_subject_approves_its_edits_only(journal: Journal, advice: Advice) -> None:
    assert main(["advice", "approve", advice.id[:12], "--only", "@ MX", "--yes"]) == 0
    assert approved(journal, advice, "b1").ours == EDITS[:1]
    assert main(["advice", "reject", advice.id[:12], "--why", "the old host stays"]) == 0
    said = approved(journal, advice, "b1")
    assert (said.ours, {no.why for no in said.rejected.values()}) == ((), {"the old host stays"})


def test_a_rejected_edit_waits_no_more(advice: Advice, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["advice", "reject", advice.id[:12], "--only", "@ MX"]) == 0
    assert capsys.readouterr().out == f"rejected by {user()}: @ MX\n"
    assert main(["advice", "list"]) == 0
    assert capsys.readouterr().out.endswith("1 error, 2 proposed edits\n")


@pytest.mark.parametrize(
    ("until", "end"), [("2026-11-30", "2026-12-01T00:00:00"), ("2026-11-30T18:00:00+01:00", "2026-11-30T17:00:00")]
)
def test_an_approval_ends_with_a_day_or_at_a_time(
    until: str, end: str, advice: Advice, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPHIA_NOW", "2026-11-29T12:00:00+00:00")
    assert main(["advice", "approve", advice.id, "--until", until, "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["until"] == f"{end}+00:00"


def test_without_a_terminal_and_without_yes_nothing_is_approved(
    journal: Journal, advice: Advice, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["advice", "approve", advice.id[:12]]) == 2
    assert "say --yes" in capsys.readouterr().err
    assert approved(journal, advice, "b1").ours == ()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["show", "zz"], "no advice"),
        (["approve", "", "--only", "api A", "--yes"], "proposes no edit for 'api A'"),
        (["approve", "", "--days", "0", "--yes"], "--days is 0; give 1 to 90"),
        (["approve", "", "--days", str(10**12), "--yes"], f"--days is {10**12}; give 1 to 90"),
        (["approve", "", "--days", "1", "--until", "2026-12-01", "--yes"], "--days and --until both say when"),
        (["approve", "", "--until", "tomorrow", "--yes"], "--until is 'tomorrow'; give a day or a time"),
        (["reject", "", "--why", "x" * 501], "--why has 501 characters"),
    ],
)
def test_what_is_not_there_is_named(
    advice: Advice, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["advice", *arguments]) == 2
    assert told in capsys.readouterr().err


def test_json_is_as_documented(journal: Journal, advice: Advice, sophia: Sophia) -> None:
    assert [each["id"] for each in sophia("advice", "list", "--json").json("advice-list")["advice"]] == [advice.id]
    assert sophia("advice", "show", "--json").json("advice-show")["id"] == advice.id
    chosen = ("advice", "approve", advice.id, "--yes", "--only", "@ MX", "--json")
    said = sophia(*chosen).json("advice-word")
    assert (said["said"], [edit["subject"] for edit in said["edits"]]) == ("approved", ["@ MX"])
    said = sophia("advice", "reject", advice.id, "--why", "no", "--json").json("advice-word")
    assert (said["said"], said["until"], said["why"], len(said["edits"])) == ("rejected", "", "no", 3)
    autonomy.lower(journal, "shop/prod", Autonomy.LIMITED, "the edit of a TXT is not live")
    assert sophia("advice", "raise", "--json").json("advice-raise")["was"] == "suggest"


@pytest.mark.parametrize(
    "arguments",
    [["show", "zz"], ["explain", "zz"], ["approve", "zz", "--yes"], ["reject", "zz"], ["raise"], ["import", "nowhere"]],
)
def test_every_command_says_by_json_what_is_wrong(journal: Journal, arguments: list[str], sophia: Sophia) -> None:
    ran = sophia("advice", *arguments, "--json")
    assert ran.code == 2
    assert ran.json("error")["error"]["message"] in ran.err


def test_what_one_machine_exports_another_takes_in(
    advice: Advice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key, file = tmp_path / "key", tmp_path / "advice.json"
    key.write_text("k" * 32 + "\n")
    assert main(["advice", "approve", advice.id, "--yes"]) == 0
    capsys.readouterr()
    assert main(["advice", "export", "--key", str(key)]) == 0
    file.write_text(capsys.readouterr().out)
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "elsewhere"))
    assert main(["advice", "import", str(file)]) == 2
    assert "this machine has no key" in capsys.readouterr().err
    monkeypatch.setenv("SOPHIA_ADVICE_KEY", "k" * 32)
    assert main(["advice", "import", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"version": 1, "added": 3}
    assert main(["advice", "show", advice.id]) == 0


def test_an_export_that_fails_says_so_in_json(
    journal: Journal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "key"
    key.write_text("too short")
    assert main(["advice", "export", "--key", str(key), "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], error["field"]) == ("travel", "key")


def test_raise_names_the_stack_and_who_raised_it_and_refuses_one_that_is_not_lowered(
    journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    autonomy.lower(journal, "shop/prod", Autonomy.LIMITED, "the edit of a TXT is not live")
    assert main(["advice", "raise", "shop/dev"]) == 2
    told = "shop/dev is to be one that goes by a lower level of autonomy than its settings say: shop/prod"
    assert told in capsys.readouterr().err
    assert main(["advice", "raise", "--json"]) == 0
    raised = json.loads(capsys.readouterr().out)
    assert (raised["stack"], raised["was"], raised["by"]) == ("shop/prod", "suggest", user())
    assert main(["advice", "raise"]) == 2
