"""A loop that is killed anywhere is gone on with by the next one, and takes no step twice; of two loops one acts."""

import itertools
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sophia_infra import clock
from sophia_infra.agent.execution import State, approve
from sophia_infra.agent.execution.runs import APPLY
from sophia_infra.agent.loop.dbos import Dbos
from sophia_infra.agent.loop.durable import folder_of
from tests.agent.loop.conftest import EDIT, LIMITED, Site, again
from tests.support.workspace import REPO, wait_until

LOOP = """
import sys
from pathlib import Path
from sophia_infra.agent.execution import Runs, driver
from sophia_infra.engine_process import engine
from sophia_infra.agent.loop import rounds
from sophia_infra.agent.loop.dbos import Dbos
from sophia_infra.agent.loop.detections import Known
from tests.agent.loop.conftest import again
from tests.support.kills import die_before

steps = [
    (rounds, "plan"), (Known, "note"), (Runs, "take"), (engine.Engine, "begin"), (driver.placement, "put"),
    (engine.Engine, "wait"), (driver, "verify"), (Dbos, "run"), (Dbos, "close"),
]
die_before(int(sys.argv[1]), steps)
again(Path(sys.argv[2])).loop().once()
"""


def process(folder: Path, at: int) -> subprocess.Popen[bytes]:
    path = os.pathsep.join([str(REPO), str(REPO / "components")])
    return subprocess.Popen([sys.executable, "-c", LOOP, str(at), str(folder)], env=os.environ | {"PYTHONPATH": path})


def killed(site: Site, at: int) -> bool:
    """A loop in a process of its own, killed before its step of that number; whether it came so far."""
    return process(site.project.folder, at).wait(60) != 0


def test_a_loop_that_is_killed_in_an_apply_is_gone_on_with_by_the_next_one(site: Site) -> None:
    site.set(**LIMITED)
    hold = site.project.folder / "hold"
    hold.touch()
    first = process(site.project.folder, 0)
    wait_until(lambda: site.project.ups == 1, "the engine to begin")
    first.kill()
    first.wait()
    hold.unlink()
    loop = site.loop()
    loop.once()
    (run,) = site.runs
    assert (run.state, site.project.ups, loop.rounds.failed) == (State.DONE, 1, False)
    assert site.heard()[:2] == ["executing", "done"]  # before it looks at anything


def test_a_run_that_was_cut_off_and_failed_once_it_was_gone_on_with_is_told_as_failed(site: Site) -> None:
    site.set(**LIMITED)
    for name in ("hold", "idle"):
        (site.project.folder / name).touch()
    first = process(site.project.folder, 0)
    wait_until(lambda: site.project.ups == 1, "the engine to begin")
    first.kill()
    first.wait()
    (site.project.folder / "hold").unlink()
    loop = site.loop()
    loop.once()
    assert loop.rounds.failed


def test_a_word_that_is_given_while_a_round_ends_is_heard(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def close(durable: Dbos) -> None:
        end(durable)
        approve(site.agent().runs, site.runs[0])

    end = Dbos.close
    loop = site.loop()
    with monkeypatch.context() as late:
        late.setattr(Dbos, "close", close)
        loop.once()
    assert loop._newest != loop._seen
    loop._act()
    assert site.runs[0].state is State.DONE


def test_loops_of_two_stacks_share_no_file(site: Site) -> None:
    assert folder_of("shop/dev") != folder_of("shop/prod")


@pytest.mark.soak
def test_a_loop_that_is_killed_before_any_step_ends_as_it_would_have(site: Site) -> None:
    site.set(**LIMITED)
    declared = (site.project.folder / "records/shop.example.zone").read_text()
    for at in range(1, 60):
        for path in ("records/shop.example.zone", "served"):
            (site.project.folder / path).write_text(declared)
        for file in (site.project.folder / ".sophia").glob("journal*"):
            file.unlink()
        (site.project.folder / "calls").unlink(missing_ok=True)
        site.advise(EDIT)
        died = killed(site, at)
        site.loop().once()
        (run,) = site.runs
        assert (run.state, site.project.ups, site.project.serves("192.0.2.2")) == (State.DONE, 1, True), at
        if not died:
            assert at > 8
            return
    pytest.fail("a round has fewer steps than that")


def test_of_two_loops_on_a_stack_one_acts_though_it_is_frozen_meanwhile(site: Site) -> None:
    site.set(**LIMITED)
    hold = site.project.folder / "hold"
    hold.touch()
    first = process(site.project.folder, 0)
    wait_until(lambda: site.project.ups == 1, "the engine to begin")
    site.loop().once()
    first.send_signal(signal.SIGSTOP)  # frozen, while its engine comes to its end
    hold.unlink()
    (run,) = site.runs
    wait_until(lambda: not run.engine(APPLY).alive, "the engine to end")
    site.loop().once()
    assert site.heard() == ["elsewhere", "elsewhere"]
    first.send_signal(signal.SIGCONT)
    assert first.wait(60) == 0
    site.loop().once()
    (run,) = site.runs
    assert (run.state, site.project.ups) == (State.DONE, 1)


def test_a_second_loop_goes_by_when_the_first_one_looked(site: Site) -> None:
    site.loop().once()
    other = again(site.project.folder)
    loop = other.loop()
    thread = threading.Thread(target=loop.run)
    thread.start()
    wait_until(lambda: bool(other.heard("idle")), "the loop to have nothing to do")
    loop.rounds.stopping.set()
    thread.join(30)
    assert other.heard() == ["idle"]


def test_what_waits_for_a_word_is_held_by_no_worker_and_begins_with_the_word(site: Site) -> None:
    done = list[str]()

    def phase(key: str) -> str:
        done.append(key)
        return f"did {key}"

    def open_one() -> Dbos:
        return Dbos("shop/dev", {"execute": phase})

    first = open_one()
    first.wait("execute", "7f3a")
    first.wait("execute", "7f3a")
    assert first.schedule("round") is None
    first.close()
    second = open_one()
    assert (second.resume(), done) == ((), [])
    assert (second.run("execute", "7f3a"), second.run("execute", "7f3a"), done) == (
        "did 7f3a",
        "did 7f3a",
        ["7f3a", "7f3a"],
    )
    assert second.schedule("execute") is not None
    second.close()
    other = Dbos("shop/prod", {"execute": phase})
    assert other.schedule("execute") is None
    other.close()


def test_of_what_was_begun_little_is_remembered(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    times = itertools.count()
    loop = Dbos("shop/dev", {"round": lambda key: f"{key} {next(times)}", "execute": str})
    for key, word in (("1", "1 0"), ("2", "2 1"), ("3", "3 2"), ("3", "3 3")):
        assert loop.run("round", key) == word
        loop.schedule("round")
    loop.wait("execute", "7f3a")
    loop.run("execute", "8b1c")
    assert [each.workflow_id for each in loop._past("shop/dev ")] == [
        "shop/dev execute 8b1c #0",
        "shop/dev execute 7f3a #0",
        "shop/dev round 3 #1",
    ]
    monkeypatch.setattr(clock, "machine_time", lambda: datetime.now(UTC) + timedelta(days=31))
    loop.schedule("round")
    assert [each.workflow_id for each in loop._past("shop/dev ")] == ["shop/dev round 3 #1"]
    loop.close()


def test_a_setting_that_moves_is_read_at_the_next_round(site: Site) -> None:
    loop = site.loop(timedelta(seconds=10))
    loop.once()
    site.set(**LIMITED)
    loop.once()
    assert loop.rounds.agent.runs.settings.autonomy == "limited"
