"""A run that is verified holds nobody up; where others changed the stack meanwhile, nothing of it is taken back."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from sophia_infra import clock
from sophia_infra.advice.model import Autonomy
from sophia_infra.agent.execution import Driver, Run, RunError, Schedule, State, apply, placement, verification
from sophia_infra.agent.execution import driver as execution_driver
from sophia_infra.agent.execution.lease import LeaseError, leased
from sophia_infra.agent.execution.rows import Word
from sophia_infra.agent.execution.runs import AFTER, APPLY
from sophia_infra.dns.live import answers
from tests.agent.execution.test_driver import AT_ONCE, Project, project, words

__all__ = ["project"]


class Late:
    """A name server that is told of a change after so many seconds of a clock that the waits alone move."""

    host = "ns2.dns.example"

    def __init__(self, monkeypatch: pytest.MonkeyPatch, project: Project, told_after: float) -> None:
        self.runs, self.told_after, self.seconds = project.driver().runs, told_after, 0.0
        self.seen = list[Run]()
        self.then: Callable[[], object] = lambda: None
        of_time = SimpleNamespace(sleep=self.sleep, monotonic=lambda: self.seconds)
        for module in (verification, execution_driver):
            monkeypatch.setattr(module, "time", of_time)
        monkeypatch.setattr(answers, "_delegated", lambda _: [self])

    def sleep(self, seconds: float) -> None:
        self.seen.append(next(self.runs.of_stack("shop/dev")))
        self.then()
        self.seconds += seconds

    def sets_of(self, _zone: str, _asked: str) -> str:
        return f"www 300 A 192.0.2.{1 if self.seconds < self.told_after else 2}\n"


@pytest.mark.parametrize(("told_after", "state"), [(3000, State.DONE), (4000, State.INCONCLUSIVE)])
def test_a_server_that_is_told_late_is_waited_for_and_never_taken_for_a_failure(
    project: Project, monkeypatch: pytest.MonkeyPatch, told_after: float, state: State
) -> None:
    run = project.approved(kind="namecheap")
    late = Late(monkeypatch, project, told_after)
    done = project.driver(Autonomy.FULL, Schedule()).go_on(run)
    assert (done.state, project.ups, words(done)[3:-1]) == (state, 1, ["pending"])
    until = f"{done.steps[2].time + timedelta(hours=1):%Y-%m-%d %H:%M} UTC"
    assert {each.state for each in late.seen} == {State.VERIFYING}
    assert late.seen[0].why == f"{late.host} still answers the old www 300 A 192.0.2.1; waits until {until}"
    assert len(late.seen) < 200


def test_a_run_that_waits_for_servers_can_be_stopped(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    run = project.approved(kind="namecheap")
    late = Late(monkeypatch, project, 3000)
    late.then = lambda: project.driver().stop(late.seen[-1])
    with pytest.raises(RunError) as refused:
        project.driver(schedule=Schedule()).go_on(run)
    assert (refused.value.code, refused.value.value, len(late.seen)) == ("wrong-state", "stopped", 1)


def test_whoever_waits_for_no_server_leaves_the_run_and_the_next_one_goes_on(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = project.approved(kind="namecheap")
    late = Late(monkeypatch, project, 3000)
    left = project.driver(schedule=Schedule(waits=False)).go_on(run)
    assert (left.state, words(left)[-1], late.seen) == (State.VERIFYING, "pending", [])
    done = project.driver(schedule=Schedule()).go_on(run)
    assert (done.state, project.ups, words(done)[3:]) == (State.DONE, 1, ["pending", "verified"])


def test_a_run_that_waits_for_servers_holds_no_lease_and_is_carried_out_by_one_command(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = project.approved(kind="namecheap")
    late = Late(monkeypatch, project, 100)

    def meanwhile() -> None:
        with leased("shop/dev", late.runs.journal):
            pass
        with pytest.raises(LeaseError):
            project.driver().go_on(run)

    late.then = meanwhile
    assert project.driver(schedule=Schedule()).go_on(run).state is State.DONE
    assert late.seen


class Otherwise:
    """A name server that answers what nobody promised; somebody is at work on the stack meanwhile."""

    host = "ns1.dns.example"

    def __init__(self, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], object]) -> None:
        self.meanwhile = meanwhile
        monkeypatch.setattr(answers, "_delegated", lambda _: [self])

    def sets_of(self, _zone: str, _asked: str) -> str:
        self.meanwhile()
        return "www 300 A 192.0.2.9\n"


def _change(project: Project, at: datetime | None = None) -> None:
    """What an `up` of somebody else leaves, at a time."""
    manifest = {"time": f"{at:%Y-%m-%dT%H:%M:%S.%f}000Z"} if at else {}
    left = {"deployment": {"manifest": manifest, "resources": [{"urn": "urn:a", "modified": "now"}]}}
    (project.folder / "state").write_text(json.dumps(left))


def test_what_fails_once_somebody_changed_the_stack_is_undecided_and_nothing_is_taken_back(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = project.approved(kind="namecheap")
    Otherwise(monkeypatch, lambda: _change(project))
    ended = project.driver(Autonomy.FULL).go_on(run)
    assert (ended.state, project.ups, "changed shop/dev since" in ended.why) == (State.INCONCLUSIVE, 1, True)


def test_what_fails_while_another_run_is_at_work_is_undecided(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = project.approved(kind="namecheap")
    with ExitStack() as at_work:
        lease = leased("shop/dev", project.driver().runs.journal)
        Otherwise(monkeypatch, lambda: at_work.enter_context(lease))
        ended = project.driver(Autonomy.FULL).go_on(run)
    assert (ended.state, project.ups) == (State.INCONCLUSIVE, 1)


def test_what_fails_is_taken_back_by_itself_only_from_the_state_that_the_run_left(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, fail = list[str](), apply.failed

    def overtaken(driver: Driver, run: Run, why: str) -> Run:
        _change(project)  # after it was looked at, and before the way back has the lease
        return fail(driver, run, why)

    monkeypatch.setattr(apply, "failed", overtaken)
    run = project.approved(kind="namecheap")
    Otherwise(monkeypatch, lambda: None)
    ended = replace(project.driver(Autonomy.FULL), tell=told.append).go_on(run)
    assert (ended.state, project.ups, words(ended)[-1]) == (State.FAILED, 1, "failed")
    assert "changed shop/dev since" in told[-1]


def test_what_fails_is_said_to_have_failed_once_the_way_back_can_begin(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, looked = project.approved(kind="namecheap"), Driver._is_overtaken
    with ExitStack() as at_work:

        def then_taken(driver: Driver, run: Run) -> bool:
            found = looked(driver, run)
            at_work.enter_context(leased("shop/dev", driver.runs.journal))  # by another run, at that moment
            return found

        monkeypatch.setattr(Driver, "_is_overtaken", then_taken)
        Otherwise(monkeypatch, lambda: None)
        with pytest.raises(LeaseError):
            project.driver(Autonomy.FULL).go_on(run)
    assert project.driver().runs.at(run.id).state is State.VERIFYING  # from where whoever comes next goes on


def test_a_way_back_that_is_refused_is_previewed_once(project: Project) -> None:
    told, run = list[str](), project.approved()
    (project.folder / "locked").write_text("error: no network")
    (project.folder / "previewed").write_text(
        json.dumps({"sequence": 0, "diagnosticEvent": {"severity": "error", "message": "a limit"}}) + "\n"
    )
    ended = replace(project.driver(Autonomy.FULL), tell=told.append).go_on(run)
    assert (ended.state, len([each for each in told if "no way back" in each])) == (State.FAILED, 1)


@pytest.mark.parametrize("is_theirs", [False, True])
def test_after_a_killed_driver_it_is_the_time_of_the_state_that_says_whether_the_run_left_it_so(
    project: Project, is_theirs: bool
) -> None:
    (project.folder / "idle").touch()
    run = project.driver().runs.take(project.approved(), Word.APPLYING)
    placement.put(run, project.places, AFTER)
    before, engine = clock.machine_time(), run.engine(APPLY)
    engine.begin(project.folder, ["up"])
    engine.wait()
    _change(project, after := clock.machine_time() if is_theirs else before)
    ended = project.driver(Autonomy.FULL).go_on(project.driver().runs.at(run.id))
    assert (ended.state, after > before) == (State.INCONCLUSIVE if is_theirs else State.ROLLED_BACK, is_theirs)


def test_a_way_back_that_waits_for_servers_is_left_and_gone_on_with(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = project.driver().go_on(project.approved())
    run = done.row.answers[0]
    project.driver().runs.journal.write(
        done.id, replace(done.row, answers=(replace(run, backend={"kind": "namecheap"}),))
    )
    late = Late(monkeypatch, project, -1)  # it serves the change, and is not told of the way back yet
    back = project.driver(schedule=Schedule(waits=False)).roll_back(project.driver().runs.at(done.id), lambda _: True)
    assert (back.state, words(back)[-1]) == (State.VERIFYING_ROLLBACK, "pending")
    late.told_after = late.seconds + 10
    assert project.driver(schedule=AT_ONCE).go_on(back).state is State.ROLLED_BACK
