"""A round proposes what can be mended, once; acts where the numbers of a level allow it; and tells what it can't."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from sophia_infra import clock
from sophia_infra.agent.execution import Run, Runs, State, approve, decline, plan, request
from sophia_infra.agent.loop import detectors, rounds
from sophia_infra.agent.loop.detections import Detected, Known
from sophia_infra.agent.loop.observation import Observed
from sophia_infra.agent.operations import SetRecords
from sophia_infra.agent.sophia import SophiaInfrastructureAgent
from sophia_infra.agent.strategies import Due, Plans, Stage, Strategy
from sophia_infra.agent.strategies.model import Plan
from sophia_infra.dns.importers.state_files import Resource
from sophia_infra.doctor.backend import StackError
from sophia_infra.errors import SophiaError
from sophia_infra.report import Report
from sophia_infra.report.model import Standing
from tests.agent.loop.conftest import EDIT, LIMITED, WELL, Site, planned

FILE = "records/shop.example.zone"
MORE = replace(EDIT, subject="api A", after=f"{EDIT.before}\napi 300 A 192.0.2.3")
STOPPED = replace(WELL, report=Report("shop/dev", Standing.STOPPED, said=("error: no program",)))
ENDED = Resource(
    "",
    "pulumi-python:dynamic/sophia:Certificate",
    {"not_after": "2026-11-29T00:00:00+00:00"},
    urn="urn:pulumi:dev::shop::a$b::web",
)


def test_what_can_be_mended_is_proposed_once_and_waits_for_a_person(site: Site) -> None:
    for _ in range(3):
        site.loop().once()
    (run,) = site.runs
    assert (run.state, site.heard("proposed")) == (State.WAITING, ["proposed"])
    assert [each["op"] for each in run.row.operations] == ["remove-records", "add-records"]
    assert site.project.ups == 0


def test_a_round_in_which_nothing_is_new_reads_no_run_that_has_ended(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.loop().once()
    monkeypatch.setattr(Runs, "of_stack", lambda *_: pytest.fail("all runs of the stack are read"))
    site.loop().once()
    assert site.heard("proposed") == ["proposed"]


def test_a_level_lets_it_act_within_its_numbers_and_what_worked_is_remembered(site: Site) -> None:
    site.set(**LIMITED)
    site.loop().once()
    (run,) = site.runs
    assert (run.state, run.why, site.project.ups, site.project.serves("192.0.2.2")) == (State.DONE, "", 1, True)
    known = Known(site.agent().runs.journal, "shop/dev")
    before = known.share("advised")
    seen, site.seen = site.seen, WELL
    site.loop().once()
    assert (site.heard("cleared"), known.share("advised") > before) == (["cleared"], True)
    site.seen = seen
    (site.project.folder / FILE).write_text("$TTL 300\n@ IN NS ns1.dns.example.\nwww IN A 192.0.2.1\n")
    site.loop().once()
    assert len(site.runs) == 2  # it came back, so it is another one


@pytest.mark.parametrize("after", ["", "www 300 A 192.0.2.2"])
def test_an_edit_that_removes_records_is_no_replacement_for_a_level(site: Site, after: str) -> None:
    site.set(autonomy="limited", autonomyLimits="{kinds: [replace], max_exposure: high}")
    mine = "$TTL 300\n@ IN NS ns1.dns.example.\nwww IN A 192.0.2.1\nwww IN A 192.0.2.50\n"
    (site.project.folder / FILE).write_text(mine)
    site.advise(replace(EDIT, after=after))
    site.loop().once()
    (run,) = site.runs
    assert (run.state, site.project.ups) == (State.WAITING, 0)
    approve(site.agent().runs, run)
    site.loop().once()
    assert "192.0.2.50" in (site.project.folder / FILE).read_text()


def test_no_level_lets_a_model_s_edit_pass(site: Site) -> None:
    site.set(autonomy="full")
    site.advise(replace(EDIT, by="claude-sonnet-5-5"))
    site.loop().once()
    (run,) = site.runs
    assert (run.state, site.project.ups) == (State.WAITING, 0)


def test_what_a_person_has_proposed_is_not_proposed_again(site: Site) -> None:
    site.loop().once()
    (mine,) = site.runs
    site.advise(replace(EDIT, why="said otherwise"))
    site.loop().once()
    assert [run.id for run in site.runs] == [mine.id]


def test_what_no_declared_file_takes_is_told_once_with_the_reason(site: Site) -> None:
    (site.project.folder / FILE).unlink()
    for _ in range(2):
        site.loop().once()
    (told,) = [event for event in site.said if event.what == "told"]
    assert "declared in no master file" in told.text
    assert site.runs == []


@pytest.mark.parametrize("setting", [{"agent": "{per_day: 1}"}, {"autonomyLimits": "{hours: '08:00-09:00'}"}])
def test_beyond_the_cap_or_in_quiet_hours_it_is_left_for_later(
    site: Site, setting: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    site.advise(EDIT, MORE)
    monkeypatch.setenv(clock.VARIABLE, "2026-11-30T12:00:00+00:00")
    site.set(**setting)
    site.loop().once()
    capped = "agent" in setting
    assert site.heard("proposed", "deferred") == (["proposed", "deferred"] if capped else ["deferred", "deferred"])
    monkeypatch.setenv(clock.VARIABLE, "2026-12-01T08:30:00+00:00")
    site.loop().once()
    assert len(site.heard("proposed")) == 2


def test_a_preview_that_fails_forgets_nothing_and_what_was_declined_stays_declined(site: Site) -> None:
    site.set(agent="{per_day: 1}")
    seen = site.seen
    site.loop().once()
    (run,) = site.runs
    decline(site.agent().runs, run)
    for what in (STOPPED, seen, STOPPED, seen):
        site.seen = what
        site.loop().once()
    assert (len(site.runs), site.heard("proposed")) == (1, ["proposed"])


def test_two_findings_on_one_zone_are_carried_out_one_after_the_other(site: Site) -> None:
    site.set(**LIMITED)
    site.advise(EDIT, MORE)
    (site.project.folder / "previewed.next").write_text(planned(EDIT.after, f"{EDIT.after}\napi 300 A 192.0.2.3"))
    site.loop().once()
    assert [run.state for run in site.runs] == [State.DONE, State.DONE]
    assert {"192.0.2.2", "192.0.2.3"} <= set((site.project.folder / FILE).read_text().split())


def test_what_was_overtaken_is_proposed_anew_and_what_a_person_stopped_is_not(site: Site) -> None:
    site.loop().once()
    (first,) = site.runs
    approve(site.agent().runs, first)
    (site.project.folder / "more.py").touch()
    loop = site.loop()
    loop.once()
    assert [run.state for run in site.runs] == [State.WAITING, State.STOPPED]
    site.agent().driver.stop(site.runs[0])
    site.loop().once()
    assert [run.state for run in site.runs] == [State.STOPPED, State.STOPPED]


def test_a_run_that_was_approved_elsewhere_is_carried_out(site: Site) -> None:
    loop = site.loop()
    loop.once()
    (run,) = site.runs
    approve(site.agent().runs, run)
    loop.once()
    assert (site.agent().runs.at(run.id).state, site.project.ups, loop.rounds.failed) == (State.DONE, 1, False)


def test_a_stage_of_a_plan_whose_wait_is_over_is_requested_once(site: Site) -> None:
    site.seen = WELL
    first, second = (SetRecords("shop.example", "www", "A", (f"192.0.2.{last}",)) for last in (2, 3))
    agent = site.agent()
    run = plan(agent, [first])
    stages = (Stage("the first", (first,), run=run.id), Stage("the second", (second,)))
    agent.runs.journal.write("0a1b", Plan("shop/dev", "", (Strategy("0a1b", 1, "", stages),)))
    Plans(agent.runs).begun("shop/dev", Due("0a1b", Strategy("0a1b", 1, "", stages), 0, clock.now()), run.id)
    approve(agent.runs, request(agent.runs, run)[0])
    for _ in range(3):
        site.loop().once()
    assert [run.state for run in site.runs] == [State.WAITING, State.DONE]
    assert [event.subject for event in site.said if event.what == "proposed"] == ["plan 0a1b"]


def _failed(site: Site) -> Run:
    """A run whose verification fails, carried out by hand."""
    (site.project.folder / "idle").touch()  # an engine that says it did, and did not
    site.loop().once()
    (run,) = site.runs
    failed = site.agent().driver.go_on(approve(site.agent().runs, run))
    (site.project.folder / "idle").unlink()
    assert failed.state is State.FAILED
    return failed


def test_a_run_that_failed_and_is_left_is_nobody_s_to_go_on_with_nor_what_is_asked_for(site: Site) -> None:
    failed = _failed(site)
    seen, site.seen = site.seen, WELL
    loop = site.loop()
    loop.once()
    assert (loop.rounds.failed, site.heard("executing")) == (False, [])
    site.seen = seen
    (site.project.folder / FILE).write_text("$TTL 300\n@ IN NS ns1.dns.example.\nwww IN A 192.0.2.1\n")
    loop.once()
    assert [run.state for run in site.runs] == [State.WAITING, State.FAILED]
    assert Known(site.agent().runs.journal, "shop/dev").share("advised") < 1 / 2
    assert site.runs[1].id == failed.id


def test_a_step_that_met_a_passing_error_is_taken_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = site.loop()
    loop.once()
    (run,) = site.runs
    approve(site.agent().runs, run)
    with monkeypatch.context() as without:
        without.setenv("PATH", "/nowhere")
        loop.once()
    assert site.project.ups == 0
    loop.once()
    assert (site.runs[0].state, site.project.ups) == (State.DONE, 1)


def test_one_finding_that_can_not_be_planned_holds_no_other_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Run:
        raise StackError("not now")

    monkeypatch.setattr(rounds, "plan", fail)
    site.seen = replace(site.seen, resources=(ENDED,), report=Report("shop/dev", Standing.APPROVE))
    site.take_down("192.0.2.10")
    loop = site.loop()
    loop.once()
    assert (isinstance(loop.rounds.error, StackError), sorted(site.heard())) == (
        True,
        ["error", "error", "round", "told"],
    )


def test_a_detector_that_fails_is_told_by_its_name_and_the_others_go_on(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Observed) -> Iterator[Detected]:
        if fails:
            raise KeyError("canary-text of a record")
        yield Detected("broken", "zone shop.example", "it is broken")

    fails = False
    monkeypatch.setattr(detectors, "DETECTORS", (broken, *detectors.DETECTORS))
    loop = site.loop()
    loop.once()
    fails = True
    loop.once()
    error = loop.rounds.error
    assert isinstance(error, SophiaError)
    assert (error.code, str(error)) == ("detector-failed", "broken failed: KeyError")
    assert (site.heard("proposed", "error", "cleared"), site.heard("told")) == (["proposed", "error"], ["told"])


def test_a_stack_that_can_not_be_looked_at_is_an_error_of_that_round_alone(site: Site) -> None:
    def fail(_: SophiaInfrastructureAgent) -> Observed:
        raise StackError("no state")

    loop = site.loop()
    loop.rounds.look, look = fail, loop.rounds.look
    loop.once()
    assert (isinstance(loop.rounds.error, StackError), site.heard()) == (True, ["error"])
    loop.rounds.look = look
    loop.once()
    assert (loop.rounds.error, site.heard("proposed")) == (None, ["proposed"])


def test_a_clock_that_was_ahead_stops_no_loop(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.loop().once()
    now = clock.machine_time()
    monkeypatch.setattr(clock, "machine_time", lambda: now - timedelta(days=400))
    loop = site.loop()
    loop._act()
    assert site.heard("round") == ["round", "round"]
    monkeypatch.setattr(clock, "machine_time", lambda: now - timedelta(days=800))  # set back while it lives
    loop._act()
    assert site.heard("round") == ["round"] * 3
