"""`sophia agent` and its runs: what it prints, and that nothing but a person on a terminal says yes."""

import io
import json
from pathlib import Path

import pytest

from sophia_infra.advice.model import Advice, Finding, Level, Verdict
from sophia_infra.agent.execution import Driver, Run, Runs, State, apply, approve, proposal, request
from sophia_infra.agent.execution.rows import Answers, Word
from sophia_infra.cli.agent.view import told_of_preview
from sophia_infra.cli.terminal import progress
from sophia_infra.journal import Journal
from sophia_infra.report import Report
from sophia_infra.report.model import Item, Line, Standing
from sophia_infra.settings import Settings
from tests.agent.execution.proposals import SET, proposed
from tests.cli.conftest import Sophia

DEV = ("--stack", "dev")


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    monkeypatch.chdir(tmp_path)
    return Runs(Journal.open(), Settings())


def sit_at(monkeypatch: pytest.MonkeyPatch, typed: str) -> io.StringIO:
    """Have a person sit at a terminal, who types this."""
    screen = io.StringIO(typed)
    monkeypatch.setattr(screen, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", screen)
    return screen


def test_a_run_from_its_proposal_to_a_no_as_json(sophia: Sophia, runs: Runs) -> None:
    run = proposed(runs)
    shown = sophia("agent", "status", *DEV, "--json").json("agent-run")["run"]
    assert (shown["id"], shown["state"]) == (run.id, "proposed")
    asked = sophia("agent", "request", run.id[:4], *DEV, "--json")
    assert (asked.code, asked.json("agent-run")["run"]["state"]) == (3, "waiting")
    assert "sophia:autonomy is suggest" in asked.err
    said_no = sophia("agent", "decline", run.id, *DEV, "--why", "not now", "--json")
    assert (said_no.code, said_no.json("agent-run")["run"]["why"]) == (0, "not now")
    (listed,) = sophia("agent", "history", *DEV, "--json").json("agent-history")["runs"]
    assert (listed["id"], listed["state"]) == (run.id, "declined")


def test_a_run_is_explained_step_by_step(sophia: Sophia, runs: Runs) -> None:
    run = proposed(runs)
    request(runs, run)
    told = sophia("agent", "explain", run.id, *DEV, "--json").json("agent-ask")
    assert (told["intent"], told["found"][0]["id"]) == ("agent.explain", run.id)
    assert "requested" in [step.get("word") for step in told["found"][1:]]
    assert sophia("agent", "explain", "0000", *DEV).code == 1


def test_a_stack_s_runs_are_found_among_those_of_others_and_what_is_left_out_is_said(
    sophia: Sophia, runs: Runs
) -> None:
    for key in ("0000aaaa", "ffff1111", "5555cccc"):
        request(runs, proposed(runs, key))
        proposed(runs, key[::-1], stack="shop/prod")
    whole = sophia("agent", "history", *DEV, "--json").json("agent-history")
    assert ([run["id"] for run in whole["runs"]], whole["older"]) == (["5555cccc", "ffff1111", "0000aaaa"], False)
    part = sophia("agent", "history", *DEV, "--last", "1", "--json")
    assert ([run["id"] for run in part.json("agent-history")["runs"]], "left out" in part.err) == (["5555cccc"], True)
    assert part.json("agent-history")["older"]
    assert sophia("agent", "status", *DEV, "--json").json("agent-run")["run"]["id"] == "5555cccc"
    none = sophia("agent", "status", "--stack", "other", "--json")
    assert (none.code, none.json("error")["error"]["code"]) == (2, "no-run")


def test_a_run_whose_preview_was_stopped_says_by_what_and_names_no_command_that_would_refuse(
    sophia: Sophia, runs: Runs
) -> None:
    report = Report("shop/dev", Standing.STOPPED, said=("Program failed:\nTraceback ...\nRuntimeError: boom",))
    run = proposed(runs, report=report, standing=str(Standing.STOPPED))
    shown = sophia("agent", "status", run.id, *DEV).out
    assert "the program failed: RuntimeError: boom" in shown
    assert "next:" not in shown
    assert sophia("agent", "request", run.id, *DEV).code == 1


@pytest.mark.parametrize("command", ["approve", "rollback"])
def test_without_a_terminal_nothing_is_approved_or_taken_back(sophia: Sophia, runs: Runs, command: str) -> None:
    run = proposed(runs)
    sophia("agent", "request", run.id, *DEV)
    ran = sophia("agent", command, run.id, *DEV, "--json")
    assert (ran.code, ran.json("error")["error"]["code"]) == (2, "usage")
    assert runs.at(run.id).state is State.WAITING


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_person_sees_the_diff_and_what_runs_as_a_check_before_being_asked(
    sophia: Sophia, runs: Runs, form: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = proposed(runs, commands=("curl https://shop.example/",))
    sophia("agent", "request", run.id, *DEV)
    sit_at(monkeypatch, "no\n")
    ran = sophia("agent", "approve", run.id, *DEV, *form)
    shown = ran.err if form else ran.out
    assert ("- www IN A 192.0.2.1" in shown, "curl https://shop.example/" in shown) == (True, True)
    assert (ran.code, runs.at(run.id).state) == (1, State.WAITING)


def test_what_a_server_or_a_provider_said_moves_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    progress("verifying: failed, \x1b]0;owned\x07\x1b[2J")
    assert "\x1b" not in capsys.readouterr().err


def test_what_no_way_back_undoes_is_said_before_anybody_approves(sophia: Sophia, runs: Runs) -> None:
    answers = Answers("shop.example", {}, "www 86400 A 192.0.2.1\n", "www 60 A 192.0.2.2\n")
    run = proposed(runs, answers=(answers,), deletes=("urn:pulumi:dev::shop::a:b:C::cert",))
    shown = sophia("agent", "status", run.id, *DEV).out
    assert "can't be undone: resolvers may hold what was, and what will be, for 86400 s" in shown
    assert "cert is deleted or replaced" in shown


def test_what_a_limit_stops_can_not_be_asked_for(sophia: Sophia, runs: Runs) -> None:
    run = proposed(runs, standing="stopped")
    ran = sophia("agent", "request", run.id, *DEV, "--json")
    assert (ran.code, ran.json("error")["error"]["code"]) == (1, "run-refused")


def test_a_run_of_another_stack_and_one_that_is_not_there_are_told(sophia: Sophia, runs: Runs) -> None:
    run = proposed(runs)
    assert sophia("agent", "status", run.id, "--stack", "prod").code == 2
    missing = sophia("agent", "stop", "ffff", *DEV, "--json")
    assert (missing.code, missing.json("error")["error"]["code"]) == (2, "no-run")


def test_operations_that_change_nothing_are_no_plan(sophia: Sophia, runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "shop.example.zone").write_text("$TTL 300\n@ IN NS ns1.dns.example.\nwww IN A 192.0.2.1\n")
    same = {"op": "set-ttl", "zone": "shop.example", "owner": "www", "rtype": "A", "ttl": 300}
    file = tmp_path / "change.json"
    for given, code, error in (
        ([same], 1, "nothing-to-do"),
        ([{"op": "delete-all"}], 2, "operation"),
        ({}, 2, "usage"),
        ("[" * 200_000, 2, "usage"),
    ):
        file.write_text(given if isinstance(given, str) else json.dumps(given))
        ran = sophia("agent", "plan", "--operations", str(file), *DEV, "--json")
        assert (ran.code, ran.json("error")["error"]["code"]) == (code, error)
    unended = sophia("agent", "plan", "--operations", str(file), "--check", "curl 'x", *DEV)
    assert (unended.code, "No closing quotation" in unended.err) == (2, True)


def test_a_no_leaves_a_run_waiting_and_what_speaks_against_it_is_shown_before(
    sophia: Sophia, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = Finding("staged-switch", Level.WARNING, "www A", "a bad one can't be undone", "stage it")
    advice = Advice("0a", "rules", Verdict.APPROVE, "1 warning", (finding,))
    report = Report(
        "shop/dev", Standing.APPROVE, (Item("zone shop.example", "update", Standing.APPROVE, advice=advice),)
    )
    run, _ = request(runs, proposed(runs, report=report))
    sit_at(monkeypatch, "n\n")
    said_no = sophia("agent", "approve", run.id, *DEV)
    assert said_no.code == 1
    assert f"sophia agent decline {run.id}" in said_no.err
    assert str(finding) in said_no.out.splitlines()
    assert runs.at(run.id).state is State.WAITING


def test_nobody_is_asked_about_a_run_that_asks_for_nothing(
    sophia: Sophia, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, _ = request(runs, proposed(runs))
    sophia("agent", "decline", run.id, *DEV)
    screen = sit_at(monkeypatch, "y\n")
    ran = sophia("agent", "approve", run.id, *DEV, "--json")
    assert (ran.code, ran.json("error")["error"]["code"], screen.tell()) == (2, "wrong-state", 0)


def test_who_interrupts_a_command_is_told_what_goes_on_and_what_is_next(
    sophia: Sophia, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(*_: object) -> str:
        raise KeyboardInterrupt

    def cut_off_in_an_apply(driver: Driver, run: Run) -> Run:
        driver.runs.take(run, Word.APPLYING)
        raise KeyboardInterrupt

    run, _ = request(runs, proposed(runs))
    run.folder.mkdir(parents=True)
    monkeypatch.setattr(apply, "refuse_stale", lambda *_: None)
    screen = sit_at(monkeypatch, "")
    with monkeypatch.context() as patch:
        patch.setattr(screen, "readline", cut_off)
        asked = sophia("agent", "approve", run.id, *DEV)
    assert (asked.code, f"is waiting; next: sophia agent approve {run.id}\n" in asked.err) == (130, True)
    monkeypatch.setattr(Driver, "go_on", cut_off_in_an_apply)
    sit_at(monkeypatch, "y\n")
    applied = sophia("agent", "approve", run.id, *DEV)
    assert (applied.code, runs.at(run.id).state) == (130, State.APPLYING)
    for told in ("its engine has begun goes on", f"sophia agent resume {run.id}", f"sophia agent stop {run.id}"):
        assert told in applied.err


def test_who_interrupts_a_plan_is_told_that_nothing_comes_of_it(
    sophia: Sophia, runs: Runs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def cut_off(*_: object) -> Run:
        raise KeyboardInterrupt

    monkeypatch.setattr(proposal, "plan", cut_off)
    asked = tmp_path / "change.json"
    asked.write_text(json.dumps([SET]))
    told = sophia("agent", "plan", "--operations", str(asked), *DEV)
    assert (told.code, "nothing is asked for" in told.err) == (130, True)


def test_a_run_of_another_machine_is_approved_here_and_gone_on_with_there(
    sophia: Sophia, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, _ = request(runs, proposed(runs))
    sit_at(monkeypatch, "y\n")
    ran = sophia("agent", "approve", run.id, *DEV)
    assert (ran.code, runs.at(run.id).state, "the loop there goes on with it" in ran.err) == (3, State.APPROVED, True)


def test_a_command_that_fails_in_the_middle_says_where_its_run_stands(
    sophia: Sophia, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(driver: Driver, run: Run) -> Run:
        driver.runs.take(run, Word.APPLYING)
        raise OSError(28, "No space left on device")

    run, _ = request(runs, proposed(runs))
    run.folder.mkdir(parents=True)
    monkeypatch.setattr(apply, "refuse_stale", lambda *_: None)
    monkeypatch.setattr(Driver, "go_on", full)
    sit_at(monkeypatch, "y\n")
    ran = sophia("agent", "approve", run.id, *DEV)
    assert (ran.code, "No space left" in ran.err, f"next: sophia agent resume {run.id}" in ran.err) == (2, True, True)


def test_a_run_that_was_inconclusive_is_verified_again_once_it_is_resumed(
    sophia: Sophia, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = approve(runs, request(runs, proposed(runs))[0])
    for word in (Word.APPLYING, Word.APPLIED, Word.INCONCLUSIVE):
        runs.take(run, word)
    monkeypatch.setattr(Driver, "go_on", lambda driver, run: driver.runs.take(run, Word.VERIFIED))
    assert f"next: sophia agent resume {run.id}" in sophia("agent", "status", run.id, *DEV).out
    assert (sophia("agent", "resume", run.id, *DEV).code, runs.at(run.id).state) == (0, State.DONE)


def test_the_history_says_of_each_run_what_it_changes(sophia: Sophia, runs: Runs) -> None:
    proposed(runs, operations=(SET, {**SET, "owner": "a"}, {**SET, "owner": "b"}, {**SET, "owner": "c"}))
    told = "set-records shop.example www A 192.0.2.2; set-records shop.example a A 192.0.2.2; "
    assert f"proposed  {told}set-records shop.example b A 192.0.2.2; and 1 more" in sophia("agent", "history", *DEV).out


def test_a_preview_is_told_in_plain_lines() -> None:
    item = Item("zone shop.example", "update", Standing.APPROVE, lines=(Line("-", "www 300 A 192.0.2.1"),))
    told = [line for line, _ in told_of_preview(Report("shop/dev", Standing.APPROVE, (item,), notes=("a note",)))]
    assert told[2:] == ["- www 300 A 192.0.2.1", "Notes:", "  a note"]


def test_what_is_missing_is_said_by_its_name(
    sophia: Sophia, runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def code() -> str:
        ran = sophia("agent", "ask", "which zones do we have?", *DEV, "--json")
        assert ran.code == 2
        return str(ran.json("error")["error"]["code"])

    monkeypatch.setenv("PATH", str(tmp_path))
    assert code() == "no-engine"
    (tmp_path / "Pulumi.yaml").write_text("name: [")
    assert code() == "settings-unreadable"
    (tmp_path / "Pulumi.yaml").unlink()
    assert code() == "no-project"
