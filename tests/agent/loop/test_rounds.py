"""A round proposes what can be mended, once; acts where the numbers of a level allow it; and tells what it can't."""

from dataclasses import replace

import pytest

from sophia_infra.agent.execution import State, approve
from sophia_infra.agent.execution.bound import StackError
from sophia_infra.agent.loop.detected import Known
from sophia_infra.agent.loop.observing import Observed
from sophia_infra.agent.sophia import SophiaInfrastructureAgent
from tests.agent.loop.conftest import AMISS, EDIT, WELL, Site

LIMITED = {"autonomy": "limited"}


def test_what_can_be_mended_is_proposed_once_and_waits_for_a_person(site: Site) -> None:
    for _ in range(3):
        site.loop().once()
    (run,) = site.runs
    assert (run.state, site.heard("proposed")) == (State.WAITING, ["proposed"])
    assert run.row.operations[0]["values"] == ["192.0.2.2"]
    assert site.project.ups == 0


def test_a_level_lets_it_act_within_its_numbers_and_what_worked_is_remembered(site: Site) -> None:
    site.set(**LIMITED, autonomyLimits="{max_exposure: high}")
    site.loop().once()
    (run,) = site.runs
    assert (run.state, run.why, site.project.ups, site.project.serves("192.0.2.2")) == (State.DONE, "", 1, True)
    known = Known(site.agent().runs.journal, "shop/dev")
    before = known.share("advised")
    site.seen = WELL
    site.loop().once()
    assert (site.heard("cleared"), known.share("advised") > before) == (["cleared"], True)
    site.seen = AMISS
    (site.project.folder / "records/shop.example.zone").write_text("$TTL 300\nwww IN A 192.0.2.1\n")
    site.loop().once()
    assert len(site.runs) == 2  # it came back, so it is another one


def test_what_a_person_has_proposed_is_not_proposed_again(site: Site) -> None:
    site.loop().once()
    (mine,) = site.runs
    other = replace(EDIT, why="said otherwise")
    advice = replace(AMISS.advice["shop.example"], edits=(other,))
    site.seen = replace(AMISS, advice={"shop.example": advice})
    site.loop().once()
    assert [run.id for run in site.runs] == [mine.id]


def test_what_no_declared_file_takes_is_told_once_with_the_reason(site: Site) -> None:
    (site.project.folder / "records/shop.example.zone").unlink()
    for _ in range(2):
        site.loop().once()
    (told,) = [event for event in site.said if event.what == "told"]
    assert "declared in no master file" in told.text
    assert site.runs == []


@pytest.mark.parametrize("setting", [{"agent": "{per_day: 1}"}, {"autonomyLimits": "{hours: '08:00-09:00'}"}])
def test_beyond_the_cap_or_in_quiet_hours_it_is_left_for_later(
    site: Site, setting: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    more = replace(EDIT, subject="api A", after=f"{EDIT.before}\napi 300 A 192.0.2.3")
    advice = replace(AMISS.advice["shop.example"], edits=(EDIT, more))
    site.seen = replace(AMISS, advice={"shop.example": advice})
    monkeypatch.setenv("SOPHIA_NOW", "2026-11-30T12:00:00+00:00")
    site.set(**setting)
    site.loop().once()
    capped = "agent" in setting
    assert site.heard("proposed", "deferred") == (["proposed", "deferred"] if capped else ["deferred", "deferred"])
    monkeypatch.setenv("SOPHIA_NOW", "2026-12-01T08:30:00+00:00")
    site.loop().once()
    assert len(site.heard("proposed")) == 2


def test_a_run_that_was_approved_elsewhere_is_carried_out(site: Site) -> None:
    loop = site.loop()
    loop.once()
    (run,) = site.runs
    approve(site.agent().runs, run)
    loop.once()
    assert (site.agent().runs.at(run.id).state, site.project.ups, loop.failed) == (State.DONE, 1, False)


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
