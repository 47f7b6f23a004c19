"""A run is carried out, stopped and taken back in every way that a driver and an engine can end.

A script stands in for `pulumi`, whose `up` copies the declared zone to where it is served; it notes each call.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from sophia_infra import clock
from sophia_infra.advice.model import Autonomy
from sophia_infra.agent.editing import Places, edits_of
from sophia_infra.agent.execution import (
    Driver,
    Run,
    RunError,
    Runs,
    Schedule,
    State,
    approve,
    placement,
    plan,
    request,
    retry,
    rollback,
)
from sophia_infra.agent.execution.bound import TREE, ApprovalMovedError, bound_of, state_of, tree_of
from sophia_infra.agent.execution.driver import _CHANGES
from sophia_infra.agent.execution.lease import LeaseError, leased
from sophia_infra.agent.execution.preview import Previewed
from sophia_infra.agent.execution.proposal import PlanError, keep, record
from sophia_infra.agent.execution.rows import Answers, Edited, Proposal, Word
from sophia_infra.agent.execution.runs import AFTER, APPLY, BEFORE, PLAN, ROLLBACK
from sophia_infra.agent.execution.view import body_of
from sophia_infra.agent.operations import SetRecords, SetSetting
from sophia_infra.agent.sophia import SophiaInfrastructureAgent
from sophia_infra.changes import fingerprint
from sophia_infra.cli.agent import decisions
from sophia_infra.engine_process.engine import EVENTS, PROCESS
from sophia_infra.home import project_folder
from sophia_infra.journal import Journal
from sophia_infra.journal.postgresql import VARIABLE
from sophia_infra.report import Report
from sophia_infra.report.model import Standing
from sophia_infra.settings import Settings
from tests.support import postgresql
from tests.support.workspace import REPO, wait_until

DECLARED = "$TTL 300\n@ IN NS ns1.dns.example.\nwww IN A 192.0.2.1\n"
FILE, WORLD = "records/shop.example.zone", "served"
CHANGE = SetRecords("shop.example", "www", "A", ("192.0.2.2",))
PULUMI = f"""\
#!/bin/sh
[ "$1 $2" = "stack export" ] && exec cat state
echo "$1" >> calls
[ "$1" = up ] && [ -e locked ] && cat locked >&2 && exit 255
[ "$1" = cancel ] && exec rm locked
case "$*" in *--expect-no-changes*) [ -e drifted ] && exit 255 ;; esac
for word; do
  case "$last" in --event-log) log=$word ;; --save-plan) : > "$word" ;; esac
  last=$word
done
[ "$1" = up ] && [ -e provider ] && rm provider && sleep 600 &
while [ -e hold ] && [ "$1" = up ]; do sleep 0.02; done
[ "$1" = up ] && [ ! -e idle ] && cp {FILE} {WORLD}
[ "$1" = up ] && [ -e previewed.next ] && mv previewed.next previewed
[ "$1" = preview ] && [ -e previewed ] && cat previewed > "$log"
echo '{{"sequence": 1, "summaryEvent": {{"result": "succeeded"}}}}' >> "$log"
"""
OTHER = "urn:pulumi:dev::shop::a:b:C::other"
AT_ONCE = Schedule(count=1, interval=0, failure_limit=0, inconclusive_limit=0)


def agree(_: object) -> bool:
    """A person's word."""
    return True


class Project:
    """A project, and what serves its zone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for path, text in {
            "Pulumi.yaml": "name: shop\n",
            "Pulumi.dev.yaml": "",
            FILE: DECLARED,
            WORLD: DECLARED,
            "state": "{}",
        }.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        self.places = Places(folder, "dev")

    def driver(self, level: Autonomy = Autonomy.SUGGEST, schedule: Schedule = AT_ONCE) -> Driver:
        return Driver(Runs(Journal.open(), Settings(level)), self.places, schedule)

    def approved(self, key: str = "0a1b2c3d", backend: str = WORLD, kind: str = "file", *, both: bool = False) -> Run:
        """A run that waits, with a person's word."""
        return approve(self.driver().runs, self.waiting(key, backend, kind, both=both))

    def waiting(self, key: str = "0a1b2c3d", backend: str = WORLD, kind: str = "file", *, both: bool = False) -> Run:
        """A run as `plan` proposes it; it may edit the stack's file too."""
        operations = [CHANGE, SetSetting("sophia:probe", "off")] if both else [CHANGE]
        runs, edits = self.driver().runs, edits_of(self.places, operations)
        folder = project_folder() / "agent" / key
        keep(folder, edits)
        (folder / PLAN).write_text("plan")
        tree = tree_of(self.places, {})
        (folder / TREE).write_text(json.dumps(tree))
        answers = Answers(
            "shop.example", {"kind": kind, "path": backend}, "www 300 A 192.0.2.1\n", "www 300 A 192.0.2.2\n"
        )
        proposal = Proposal(
            stack="shop/dev",
            advice="",
            operations=(CHANGE.to_body(),),
            files=tuple(Edited(edit.path, fingerprint(edit.before), fingerprint(edit.after)) for edit in edits),
            bound=bound_of(self.places, tree, state_of(self.places), folder / PLAN),
            standing="approve",
            exposure="low",
            created=(),
            deletes=(),
            answers=(answers,),
        )
        record(runs, key, proposal, edits, Report("shop/dev", Standing.APPROVE))
        return request(runs, runs.at(key))[0]

    @property
    def ups(self) -> int:
        """How often the engine was asked to change anything."""
        return (self.folder / "calls").read_text().split().count("up") if (self.folder / "calls").exists() else 0

    def serves(self, address: str) -> bool:
        return address in (self.folder / WORLD).read_text()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    program = tmp_path / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text(PULUMI)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    made = Project(tmp_path.resolve() / "project")
    monkeypatch.chdir(made.folder)
    return made


def words(run: Run) -> list[str]:
    return [step.row.word for step in run.steps]


def test_a_change_is_applied_once_and_verified(project: Project) -> None:
    done = project.driver().go_on(project.approved())
    assert (done.state, words(done)) == (State.DONE, ["requested", "applying", "applied", "verified"])
    assert (project.serves("192.0.2.2"), project.ups) == (True, 1)
    assert project.driver().go_on(done).state is State.DONE
    assert project.ups == 1


def test_a_driver_that_is_killed_before_any_step_leaves_a_run_that_ends_as_it_would_have(project: Project) -> None:
    for at in range(1, 30):
        for path in (FILE, WORLD):
            (project.folder / path).write_text(DECLARED)
        (project.folder / "calls").unlink(missing_ok=True)
        run = project.approved(f"{at:08x}")
        command = [sys.executable, "-c", KILLED, str(at), run.id]
        path = os.pathsep.join([str(REPO), str(REPO / "components")])
        died = subprocess.run(command, check=False, env=os.environ | {"PYTHONPATH": path}).returncode
        done = project.driver().go_on(project.driver().runs.at(run.id))
        assert (done.state, words(done)) == (State.DONE, ["requested", "applying", "applied", "verified"]), at
        assert (project.serves("192.0.2.2"), project.ups) == (True, 1), at
        if died == 0:
            assert at > 5
            return
    pytest.fail("a run has fewer steps than that")


KILLED = """
import sys
from sophia_infra.agent.editing import Places
from sophia_infra.agent.execution import Driver, Runs, Schedule, driver
from sophia_infra.engine_process import engine
from sophia_infra.home import project
from sophia_infra.journal import Journal
from sophia_infra.settings import Settings
from tests.support.kills import die_before

own = engine.Engine
steps = [(Runs, "take"), (driver.placement, "put"), (own, "begin"), (own, "wait"), (driver, "verify")]
die_before(int(sys.argv[1]), steps)
runs = Runs(Journal.open(), Settings())
Driver(runs, Places(project(), "dev"), Schedule(count=1)).go_on(runs.at(sys.argv[2]))
"""


def test_what_fails_is_put_back_on_a_person_s_word_once(project: Project) -> None:
    (project.folder / "idle").touch()  # an engine that says it did, and did not
    failed = project.driver().go_on(project.approved())
    assert (failed.state, "answers otherwise for www A" in failed.why) == (State.FAILED, True)
    assert project.driver().go_on(failed).state is State.FAILED  # and waits
    (project.folder / "idle").unlink()
    back = project.driver().roll_back(failed, agree)
    assert (back.state, (project.folder / FILE).read_text()) == (State.ROLLED_BACK, DECLARED)
    with pytest.raises(RunError):
        project.driver().roll_back(back, agree)
    assert project.ups == 2


def test_a_level_puts_back_what_fails_without_a_person_s_word(project: Project) -> None:
    (project.folder / "idle").touch()
    back = project.driver(Autonomy.LIMITED).go_on(project.approved())
    assert words(back)[3:] == ["failed", "rolling-back", "undone", "rolled-back"]


def test_what_a_way_back_changes_beside_the_run_is_for_a_person_who_has_seen_it(project: Project) -> None:
    (project.folder / "idle").touch()
    run = project.approved()
    plan = {"op": "update", "urn": OTHER, "old": {"custom": True}, "new": {"custom": True}}
    (project.folder / "previewed").write_text(
        json.dumps({"sequence": 0, "resourcePreEvent": {"metadata": plan}}) + "\n"
    )
    failed = project.driver(Autonomy.LIMITED).go_on(run)
    seen = list[Previewed]()

    def refuse(found: Previewed) -> bool:
        seen.append(found)
        return False

    with pytest.raises(RunError) as refused:
        project.driver().roll_back(failed, refuse)
    assert (failed.state, refused.value.code, project.ups) == (State.FAILED, "rollback-refused", 1)
    assert (seen[0].changed, words(project.driver().runs.at(run.id))[-1]) == ((OTHER,), "failed")


@pytest.mark.parametrize("others", ["", "blog 300 A 192.0.2.9\n"])
def test_a_level_puts_no_record_back_that_somebody_else_changed_in_the_same_zone(project: Project, others: str) -> None:
    (project.folder / "idle").touch()
    runs, run = project.driver().runs, project.approved()
    runs.journal.write(run.id, replace(run.row, changed=(OTHER,)))
    texts = (f"{others}www 300 A 192.0.2.2\n", f"{others.replace('9', '7')}www 300 A 192.0.2.1\n")
    old, new = ({"custom": True, "inputs": {"domain": "shop.example", "text": text}} for text in texts)
    plan = {"op": "update", "urn": OTHER, "old": old, "new": new}
    (project.folder / "previewed").write_text(
        json.dumps({"sequence": 0, "resourcePreEvent": {"metadata": plan}}) + "\n"
    )
    ended = project.driver(Autonomy.LIMITED).go_on(runs.at(run.id))
    assert (ended.state, project.ups) == ((State.FAILED, 1) if others else (State.ROLLED_BACK, 2))


@pytest.mark.parametrize(
    ("event", "field", "of"),
    [
        ({"resourcePreEvent": {"metadata": {"op": "delete", "urn": OTHER, "old": {"custom": True}}}}, "subject", OTHER),
        ({"diagnosticEvent": {"severity": "error", "message": "a limit"}}, "value", "stopped"),
    ],
    ids=["deletes", "stopped"],
)
def test_a_way_back_that_deletes_what_was_there_before_or_that_a_limit_stops_is_not_asked_for(
    project: Project, event: dict[str, object], field: str, of: str
) -> None:
    done = project.driver().go_on(project.approved())
    (project.folder / "previewed").write_text(json.dumps({"sequence": 0, **event}) + "\n")
    with pytest.raises(RunError) as refused:
        project.driver().roll_back(done, lambda _: pytest.fail("it is asked for"))
    assert (refused.value.code, getattr(refused.value, field), project.ups) == ("rollback-refused", of, 1)
    assert project.driver().runs.at(done.id).state is State.DONE


@pytest.mark.parametrize(("what", "why"), [("locked", "the way back failed"), ("drifted", "left something to do")])
def test_a_way_back_that_fails_or_leaves_something_to_do_is_stopped_and_says_so(
    project: Project, what: str, why: str
) -> None:
    done = project.driver().go_on(project.approved())
    (project.folder / what).write_text("error: no network")
    back = project.driver().roll_back(done, agree)
    assert (back.state, why in back.why) == (State.STOPPED, True)


def test_a_run_that_edited_no_file_has_no_way_back(project: Project) -> None:
    done = project.driver().go_on(project.approved())
    project.driver().runs.journal.write(done.id, replace(done.row, files=()))
    with pytest.raises(RunError) as refused:
        project.driver().roll_back(done, agree)
    assert (refused.value.code, project.ups) == ("rollback-refused", 1)


def test_a_way_back_over_what_others_changed_since_is_refused(project: Project) -> None:
    done = project.driver().go_on(project.approved())
    (project.folder / "more.py").touch()
    with pytest.raises(ApprovalMovedError) as refused:
        project.driver().roll_back(done, agree)
    assert refused.value.value == "more.py"
    (project.folder / "more.py").unlink()
    (project.folder / FILE).write_text(DECLARED + "new IN A 192.0.2.9\n")
    with pytest.raises(ApprovalMovedError):
        project.driver().roll_back(done, agree)
    assert project.ups == 1


def test_a_way_back_is_gone_from_the_state_that_was_previewed_alone(project: Project) -> None:
    done = project.driver().go_on(project.approved())
    (project.folder / "locked").write_text(LOCKED.format("elsewhere", 12))
    with pytest.raises(LeaseError):
        project.driver().roll_back(done, agree)
    (project.folder / "locked").unlink()
    theirs = {"deployment": {"resources": [{"urn": OTHER, "type": "a:b:C"}]}}
    (project.folder / "state").write_text(json.dumps(theirs))  # and that engine of somebody else's did something
    stopped = project.driver().go_on(project.driver().runs.at(done.id))
    assert (stopped.state, project.serves("192.0.2.2"), "192.0.2.2" in (project.folder / FILE).read_text()) == (
        State.STOPPED,
        True,
        True,
    )
    back = project.driver().roll_back(stopped, agree)  # a person has seen what it does to that
    assert (back.state, project.serves("192.0.2.2")) == (State.ROLLED_BACK, False)


def test_nobody_has_the_stack_between_the_word_on_a_way_back_and_its_engine(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, go, lease, taken = project.driver().go_on(project.approved()), rollback.roll_back, Driver.leased, list[int]()

    def leased_once_more(driver: Driver, run: Run, *, wait: bool = False) -> AbstractContextManager[tuple[int, ...]]:
        taken.append(1)
        return lease(driver, run, wait=wait)

    def gone(driver: Driver, run: Run, *locks: int) -> Run:
        assert sum(taken) == 1
        return go(driver, run, *locks)

    monkeypatch.setattr(Driver, "leased", leased_once_more)
    monkeypatch.setitem(_CHANGES, State.ROLLING_BACK, gone)
    assert project.driver().roll_back(done, agree).state is State.ROLLED_BACK
    assert sum(taken) > 1


def test_where_nobody_can_say_whether_it_holds_a_person_decides(project: Project) -> None:
    (project.folder / "broken").write_text("no zone")
    open_one = project.driver(Autonomy.FULL).go_on(project.approved(backend="broken"))
    assert (open_one.state, project.ups) == (State.INCONCLUSIVE, 1)
    assert project.driver().go_on(open_one).state is State.INCONCLUSIVE
    (project.folder / "broken").write_text((project.folder / WORLD).read_text())
    again = project.driver().go_on(project.driver().runs.take(open_one, Word.VERIFYING))
    assert (again.state, project.ups, words(again)[-2:]) == (State.DONE, 1, ["verifying", "verified"])


@pytest.mark.parametrize("moved", ["Pulumi.yaml", FILE, "new.py", "state", PLAN])
def test_whatever_moved_since_the_approval_stops_the_run_before_anything_is_written(
    project: Project, moved: str
) -> None:
    run = project.approved()
    path = run.folder / PLAN if moved == PLAN else project.folder / moved
    state = '{"deployment": {"resources": [{"urn": "urn:a", "modified": "now"}]}}'
    path.write_text(state if moved == "state" else "name: other\n")
    before = (project.folder / FILE).read_text()
    with pytest.raises(ApprovalMovedError):
        project.driver().go_on(run)
    assert project.driver().runs.at(run.id).state is State.STOPPED
    assert ((project.folder / FILE).read_text(), project.ups) == (before, 0)


def test_what_moved_while_a_killed_driver_had_files_in_place_and_no_engine_begun_puts_them_back(
    project: Project,
) -> None:
    run = project.driver().runs.take(project.approved(), Word.APPLYING)
    placement.put(run, project.places, AFTER)
    (project.folder / "new.py").touch()
    with pytest.raises(ApprovalMovedError):
        project.driver().go_on(run)
    assert ((project.folder / FILE).read_text(), project.ups) == (DECLARED, 0)


@pytest.mark.parametrize("lost", ["engine", "engine and supervisor", "machine"])
def test_an_apply_whose_engine_was_killed_is_done_again_once(project: Project, lost: str) -> None:
    run = project.approved()
    driver = _killed(project, run, lost)
    (project.folder / "hold").unlink()
    assert (lost == "machine") is (driver.wait(60) != 0)
    done = project.driver().go_on(project.driver().runs.at(run.id))
    assert (done.state, words(done)[1:3]) == (State.DONE, [Word.APPLYING, Word.REPEATING])
    assert (project.serves("192.0.2.2"), project.ups) == (True, 2)


def test_what_a_killed_engine_left_running_is_ended_and_holds_nothing_up(project: Project) -> None:
    run = project.approved()
    (project.folder / "provider").touch()
    driver = _killed(project, run, "engine")
    (project.folder / "hold").unlink()
    assert driver.wait(60) == 0
    assert project.driver().runs.at(run.id).state is State.DONE


def _cut_off(project: Project) -> Run:
    """A run whose machine was lost while its engine was at work."""
    run = project.driver().runs.take(project.approved(), Word.APPLYING)
    placement.put(run, project.places, AFTER)
    run.engine(APPLY).folder.mkdir()
    (run.engine(APPLY).folder / EVENTS).touch()
    return run


def test_an_approval_that_has_ended_is_none_for_what_a_killed_engine_left(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _cut_off(project)
    monkeypatch.setenv(clock.VARIABLE, "2036-01-01T00:00:00+00:00")
    monkeypatch.setenv(clock.REHEARSAL, clock.APPLY)
    with pytest.raises(ApprovalMovedError) as refused:
        project.driver().go_on(run)
    stopped = project.driver().runs.at(run.id)
    assert (refused.value.code, words(stopped)[-2:], project.ups) == ("agent-moved", ["repeating", "stopped"], 0)
    assert "sophia agent rollback" in stopped.why


LOCKED = """\
error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file.
  file:///state/.pulumi/locks/1f.json: created by root@{} (pid {}) at 2026-11-30T12:00:00Z
"""


@pytest.mark.parametrize("level", [Autonomy.LIMITED, Autonomy.SUGGEST])
def test_while_somebody_else_s_engine_is_at_work_nothing_is_done_and_nothing_is_lost(
    project: Project, level: Autonomy
) -> None:
    run, driver = project.approved(), project.driver(level)
    (project.folder / "locked").write_text(LOCKED.format("elsewhere", 12))
    with pytest.raises(LeaseError):
        driver.go_on(run)
    assert (words(driver.runs.at(run.id))[-1], (project.folder / FILE).read_text()) == ("applying", DECLARED)
    (project.folder / "locked").unlink()
    assert driver.go_on(run).state is State.DONE


@pytest.mark.parametrize("machine", ["elsewhere", "here"])
def test_a_lock_is_let_go_of_only_where_a_dead_engine_of_the_run_has_it(project: Project, machine: str) -> None:
    run = _cut_off(project)
    gone = subprocess.Popen(["true"])
    gone.wait()
    (run.engine(APPLY).folder / PROCESS).write_text(str(gone.pid))
    said = LOCKED.format(socket.gethostname() if machine == "here" else machine, gone.pid)
    (project.folder / "locked").write_text(said)
    assert retry.release(project.places, run, said) is (machine == "here")
    assert (project.folder / "locked").exists() is (machine != "here")
    (run.engine(APPLY).folder / PROCESS).write_text(str(os.getpid()))  # its number was given to another process
    assert not retry.release(project.places, run, LOCKED.format(socket.gethostname(), os.getpid()))
    both = said + LOCKED.format("elsewhere", 12)
    assert not retry.release(project.places, run, both)


def test_a_second_engine_that_is_killed_stops_the_run_and_a_person_takes_it_back(project: Project) -> None:
    run = project.approved()
    driver = _killed(project, run, "engine")
    again = run.folder / f"{APPLY}-2"
    wait_until((again / PROCESS).exists, "the second engine to begin")
    os.kill(int((again / PROCESS).read_text()), signal.SIGKILL)
    (project.folder / "hold").unlink()
    assert driver.wait(60) == 1
    stopped = project.driver().runs.at(run.id)
    assert (stopped.state, "killed" in stopped.why) == (State.STOPPED, True)
    assert project.driver().roll_back(stopped, agree).state is State.ROLLED_BACK


def test_what_was_being_made_by_others_than_the_library_is_looked_at_by_a_person_first(project: Project) -> None:
    run = project.approved()
    driver = _killed(project, run, "machine", {"urn": OTHER, "type": "aws:ec2:Instance", "custom": True})
    (project.folder / "hold").unlink()
    driver.wait(60)
    stopped = project.driver().go_on(project.driver().runs.at(run.id))
    assert (stopped.state, OTHER in stopped.why, project.ups) == (State.STOPPED, True, 1)


@pytest.mark.parametrize("changed", [(), (OTHER,)])
def test_an_apply_that_would_delete_what_was_only_to_be_changed_or_left_is_not_done_again(
    project: Project, changed: tuple[str, ...]
) -> None:
    run = project.approved()
    project.driver().runs.journal.write(run.id, replace(run.row, changed=changed))
    driver = _killed(project, run, "machine")
    (project.folder / "hold").unlink()
    driver.wait(60)
    plan = {"op": "delete", "urn": OTHER, "old": {"custom": True}}
    (project.folder / "previewed").write_text(
        json.dumps({"sequence": 0, "resourcePreEvent": {"metadata": plan}}) + "\n"
    )
    stopped = project.driver().go_on(project.driver().runs.at(run.id))
    assert (stopped.state, OTHER in stopped.why, project.ups) == (State.STOPPED, True, 1)


def test_what_the_program_does_not_read_is_not_proposed(project: Project) -> None:
    runs = project.driver().runs
    with pytest.raises(PlanError) as refused:
        plan(SophiaInfrastructureAgent("shop/dev", project.places, runs), [CHANGE])
    assert (refused.value.code, refused.value.subject) == ("no-plan", FILE)
    assert list(runs.of_stack("shop/dev")) == []


def test_a_way_back_whose_engine_was_killed_is_stopped_and_a_person_may_begin_another(project: Project) -> None:
    rolling = project.driver().runs.take(project.driver().go_on(project.approved()), Word.ROLLING_BACK)
    (project.folder / "hold").touch()
    engine = rolling.engine(ROLLBACK)
    engine.begin(project.folder, ["up"])
    wait_until((engine.folder / PROCESS).exists, "the engine to begin")
    os.kill(int((engine.folder / PROCESS).read_text()), signal.SIGKILL)
    stopped = project.driver().go_on(rolling)
    assert (stopped.state, "killed" in stopped.why, words(stopped)[-1]) == (State.STOPPED, True, Word.STOPPED)
    (project.folder / "hold").unlink()
    back = project.driver().roll_back(stopped, agree)
    assert (back.state, project.serves("192.0.2.2")) == (State.ROLLED_BACK, False)


def test_a_way_back_that_was_stopped_may_be_gone_again(project: Project) -> None:
    done = project.driver().go_on(project.approved())
    rolling = project.driver().runs.take(done, Word.ROLLING_BACK)
    rolling.engine(ROLLBACK).begin(project.folder, ["up"])  # which puts nothing back
    stopped = project.driver().go_on(rolling)
    assert stopped.state is State.STOPPED
    back = project.driver().roll_back(stopped, agree)
    assert (back.state, project.serves("192.0.2.2")) == (State.ROLLED_BACK, False)


def test_an_agent_that_is_frozen_and_thawed_applies_once_and_another_one_meanwhile_nothing(project: Project) -> None:
    run, other = project.approved("00000001"), project.approved("00000002")
    (project.folder / "hold").touch()
    driver = _started(run)
    wait_until(lambda: project.ups > 0, "the engine to begin")
    driver.send_signal(signal.SIGSTOP)
    (project.folder / "hold").unlink()
    wait_until(lambda: not run.engine(APPLY).alive, "the engine to end")
    for mine in (run, other):  # the lease has no end that a frozen one could miss
        with pytest.raises(LeaseError):
            project.driver().go_on(mine)
    driver.send_signal(signal.SIGCONT)
    assert driver.wait(60) == 0
    made = {"urn": OTHER, "type": "a:b:C"}  # as an apply leaves another state than the one that was approved
    (project.folder / "state").write_text(json.dumps({"deployment": {"resources": [made]}}))
    with pytest.raises(ApprovalMovedError):
        project.driver().go_on(other)
    assert (project.driver().runs.at(run.id).state, project.ups) == (State.DONE, 1)


def test_an_engine_whose_driver_was_killed_keeps_every_other_run_off_the_stack(project: Project) -> None:
    run = project.approved()
    (project.folder / "hold").touch()
    driver = _started(run)
    wait_until(lambda: project.ups > 0, "the engine to begin")
    driver.kill()
    driver.wait()
    with pytest.raises(LeaseError), leased("shop/dev", Journal.open()):
        pytest.fail("nothing holds the lease")
    (project.folder / "hold").unlink()
    assert (project.driver().go_on(run).state, project.ups) == (State.DONE, 1)


def test_neither_a_way_back_nor_a_stop_begins_while_another_run_is_at_work(project: Project) -> None:
    driver, done = project.driver(), project.driver().go_on(project.approved("00000001"))
    with leased("shop/dev", driver.runs.journal):
        with pytest.raises(LeaseError):
            driver.roll_back(done, agree)
        with pytest.raises(LeaseError):
            driver.stop(driver.runs.take(done, Word.ROLLING_BACK))
    assert (driver.runs.at(done.id).state, project.ups) == (State.ROLLING_BACK, 1)


def test_nothing_is_applied_by_a_moved_clock(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    run = project.approved()
    monkeypatch.setenv(clock.VARIABLE, clock.now().isoformat())
    monkeypatch.delenv(clock.REHEARSAL)
    with pytest.raises(clock.MovedError):
        project.driver().go_on(run)
    assert ((project.folder / FILE).read_text(), project.ups) == (DECLARED, 0)


def test_a_command_for_a_run_that_another_one_carries_out_says_so_at_once(project: Project) -> None:
    run = project.approved()
    (project.folder / "hold").touch()
    driver = _started(run)
    wait_until(lambda: project.ups > 0, "the engine to begin")
    with pytest.raises(LeaseError):
        project.driver().go_on(run)
    assert run.engine(APPLY).alive
    (project.folder / "hold").unlink()
    assert driver.wait(60) == 0


def test_a_run_whose_files_are_on_another_machine_is_not_carried_out_here(project: Project) -> None:
    run = project.approved()
    run.folder.rename(run.folder.with_name("elsewhere"))
    with pytest.raises(RunError) as refused:
        project.driver().go_on(run)
    assert (refused.value.code, project.ups) == ("run-elsewhere", 0)


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgresql.anywhere() as url:
        yield url


def test_a_stop_that_comes_while_the_way_back_begins_is_not_said_over_its_engine(project: Project) -> None:
    runs, run = project.driver().runs, project.approved()
    for word in (Word.APPLYING, Word.APPLIED):
        run = runs.take(run, word)
    runs.take(runs.take(run, Word.FAILED), Word.ROLLING_BACK)
    with pytest.raises(RunError) as refused:
        project.driver().stop(run)  # as it stood when the command began
    assert (refused.value.code, runs.at(run.id).state) == ("wrong-state", State.ROLLING_BACK)


def test_a_run_of_a_machine_that_is_gone_is_stopped_from_another_one_once_the_lease_is_free(
    project: Project, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, database)
    driver = project.driver()
    run = driver.runs.take(project.approved(), Word.APPLYING)
    run.folder.rename(run.folder.with_name("elsewhere"))
    with driver.runs.journal.inherited("agent lease shop/dev", 1), pytest.raises(LeaseError):
        driver.stop(run)
    stopped = driver.stop(run)
    assert (stopped.state, "pulumi refresh" in stopped.why, project.ups) == (State.STOPPED, True, 0)


def test_a_run_whose_machine_nobody_can_ask_for_is_not_stopped_here(project: Project) -> None:
    run = project.driver().runs.take(project.approved(), Word.APPLYING)
    run.folder.rename(run.folder.with_name("elsewhere"))
    with pytest.raises(RunError) as refused:
        project.driver().stop(run)
    assert refused.value.code == "run-elsewhere"


def test_nobody_is_asked_for_a_word_on_what_has_moved(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = project.driver().runs
    runs.take(project.approved("00000001"), Word.STOPPED)
    run = runs.at(project.waiting("00000002").id)
    (project.folder / "more.py").touch()
    monkeypatch.setattr(decisions, "agreed_to", lambda *_, **__: pytest.fail("it is asked for"))
    agent = SophiaInfrastructureAgent("shop/dev", project.places, runs)
    with pytest.raises(ApprovalMovedError) as refused:
        decisions.decided(agent, run)
    stopped = runs.at(run.id)
    assert (refused.value.value, stopped.state) == ("more.py", State.STOPPED)
    command = f"sophia agent resume {run.id}"
    assert (body_of(stopped)["next"], command in str(refused.value)) == (command, True)


def test_what_had_moved_is_planned_anew_by_resume(project: Project) -> None:
    run = project.approved()
    (project.folder / "more.py").touch()
    with pytest.raises(ApprovalMovedError):
        project.driver().go_on(run)
    zone = {"domain": "shop.example", "backend": {"path": WORLD}}
    old, new = ({"custom": True, "inputs": {**zone, "text": f"www 300 A 192.0.2.{last}\n"}} for last in (1, 2))
    step = {"op": "update", "urn": OTHER, "old": old, "new": new}
    (project.folder / "previewed").write_text(
        json.dumps({"sequence": 0, "resourcePreEvent": {"metadata": step}}) + "\n"
    )
    (project.folder / "state").write_text('{"version": 3, "deployment": {"resources": []}}')
    runs = project.driver().runs
    handle = SophiaInfrastructureAgent("shop/dev", project.places, runs).resume(run.id)
    again = runs.at(handle.id)
    assert (again.id != run.id, again.state, again.row.operations) == (True, State.WAITING, run.row.operations)


def test_stop_is_one_signal_and_said_once_the_engine_is_gone(project: Project) -> None:
    waiting = project.driver().stop(project.approved("00000001"))
    assert (waiting.state, project.ups) == (State.STOPPED, 0)
    run = project.approved("00000002")
    (project.folder / "hold").touch()
    driver = _started(run)
    wait_until((run.engine(APPLY).folder / PROCESS).exists, "the engine to begin")
    stopped = project.driver().stop(project.driver().runs.at(run.id))
    assert words(stopped)[-2:] == [Word.STOPPING, Word.STOPPED]
    assert not run.engine(APPLY).alive
    assert not project.serves("192.0.2.2")
    assert driver.wait(60) == 1


@pytest.mark.parametrize("began", [False, True])
def test_stop_of_a_killed_driver_s_run_leaves_no_edit_that_the_next_up_would_apply(
    project: Project, began: bool
) -> None:
    run = project.driver().runs.take(project.approved(), Word.APPLYING)
    placement.put(run, project.places, AFTER)
    if began:
        run.engine(APPLY).begin(project.folder, ["up"])
        run.engine(APPLY).wait()
    stopped = project.driver().stop(run)
    assert (stopped.state, "rollback" in stopped.why) == (State.STOPPED, began)
    assert ((project.folder / FILE).read_text() == DECLARED) is not began
    if not began:
        with pytest.raises(RunError):
            project.driver().roll_back(stopped, agree)


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_stop_of_a_run_whose_engine_found_the_stack_locked_is_no_apply_later(
    project: Project, is_killed: bool
) -> None:
    driver, run = project.driver(), project.approved()
    (project.folder / "locked").write_text(LOCKED.format("elsewhere", 12))
    run = driver.runs.take(run, Word.APPLYING)
    placement.put(run, project.places, AFTER)
    run.engine(APPLY).begin(project.folder, ["up"])
    run.engine(APPLY).wait()
    if is_killed:  # a driver that had forgotten the engine, and had not seen the stop
        driver.runs.take(run, Word.STOPPING)
        run.engine(APPLY).forget()
    now = driver.runs.at(run.id)
    stopped = driver.go_on(now) if is_killed else driver.stop(now)
    assert (stopped.state, words(stopped)[-1], (project.folder / FILE).read_text()) == (
        State.STOPPED,
        Word.STOPPED,
        DECLARED,
    )
    (project.folder / "locked").unlink()
    assert (driver.go_on(stopped).state, project.ups) == (State.STOPPED, 1)


def test_a_stop_that_was_killed_before_its_signal_is_made_good_by_the_next_one(project: Project) -> None:
    run = project.approved()
    (project.folder / "hold").touch()
    driver = _started(run)
    wait_until((run.engine(APPLY).folder / PROCESS).exists, "the engine to begin")
    project.driver().runs.take(project.driver().runs.at(run.id), Word.STOPPING)
    command = [sys.executable, "-m", "sophia_infra", "agent", "stop", run.id, "--stack", "dev"]
    assert subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0
    stopped = project.driver().runs.at(run.id)
    assert (stopped.state, project.serves("192.0.2.2"), driver.wait(60)) == (State.STOPPED, False, 1)


def test_a_way_back_whose_driver_was_killed_leaves_what_a_person_edited_since(project: Project) -> None:
    run = project.driver().go_on(project.approved())
    rolling = project.driver().runs.take(run, Word.ROLLING_BACK)
    mine = DECLARED + "new IN A 192.0.2.9\n"
    (project.folder / FILE).write_text(mine)
    with pytest.raises(ApprovalMovedError):
        project.driver().go_on(rolling)
    run.engine(ROLLBACK).begin(project.folder, ["up"])
    project.driver().go_on(rolling)
    assert (project.folder / FILE).read_text() == mine


def test_a_stopped_way_back_leaves_the_files_that_the_stack_has(project: Project) -> None:
    run = project.driver().runs.take(project.driver().go_on(project.approved()), Word.ROLLING_BACK)
    placement.put(run, project.places, BEFORE)
    assert project.driver().stop(run).state is State.STOPPED
    assert "192.0.2.2" in (project.folder / FILE).read_text()


def test_what_a_run_keeps_is_applied_only_as_it_was_approved(project: Project) -> None:
    run = project.approved()
    (run.folder / AFTER / FILE).write_text(DECLARED + "evil IN A 192.0.2.66\n")
    with pytest.raises(ApprovalMovedError):
        project.driver().go_on(run)
    assert ((project.folder / FILE).read_text(), project.ups) == (DECLARED, 0)


def test_a_kept_file_that_somebody_changed_is_not_put_back(project: Project) -> None:
    run = project.driver().runs.take(project.approved(), Word.APPLYING)
    placement.put(run, project.places, AFTER)
    (run.folder / BEFORE / FILE).write_text(DECLARED + "evil IN A 192.0.2.66\n")
    project.driver().stop(run)
    assert "evil" not in (project.folder / FILE).read_text()


def test_of_two_files_half_put_in_the_one_that_nobody_edited_is_put_back(project: Project) -> None:
    run = project.driver().runs.take(project.approved(both=True), Word.APPLYING)
    placement.put(run, project.places, AFTER)
    (project.folder / "Pulumi.dev.yaml").write_text("# mine\n")
    with pytest.raises(ApprovalMovedError):
        project.driver().go_on(run)
    assert (project.folder / FILE).read_text() == DECLARED
    assert (project.folder / "Pulumi.dev.yaml").read_text() == "# mine\n"


def test_an_approval_that_ended_before_any_engine_began_applies_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = project.driver().runs.take(project.approved(), Word.APPLYING)
    placement.put(run, project.places, AFTER)
    monkeypatch.setenv(clock.VARIABLE, "2036-01-01T00:00:00+00:00")
    with pytest.raises(ApprovalMovedError):
        project.driver().go_on(run)
    assert ((project.folder / FILE).read_text(), project.ups) == (DECLARED, 0)


def _killed(project: Project, run: Run, what: str, making: object = None) -> subprocess.Popen[bytes]:
    """Start a driver, and kill its engine in mid-apply, and more of what runs; return the driver."""
    (project.folder / "hold").touch()
    driver = _started(run)
    engine = run.engine(APPLY)
    wait_until(lambda: (engine.folder / PROCESS).exists() and project.ups > 0, "the engine to begin")
    if making:
        left = {"resources": [], "pending_operations": [{"type": "creating", "resource": making}]}
        (project.folder / "state").write_text(json.dumps({"deployment": left}))
    process = int((engine.folder / PROCESS).read_text())
    if what == "machine":
        driver.kill()
    if what == "engine":
        os.kill(process, signal.SIGKILL)
    else:
        os.killpg(os.getsid(process), signal.SIGKILL)
    return driver


def _started(run: Run) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "sophia_infra", "agent", "resume", run.id, "--stack", "dev"]
    environment = os.environ | {"PYTHONPATH": str(REPO / "components")}
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
