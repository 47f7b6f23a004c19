"""What a zone does when the world moves under it: another writer, a kill, two runs at once."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.engine.zones import RECORDS, master_file, zone_program
from tests.support.workspace import Workspace, kill_all, wait_until

pytestmark = pytest.mark.engine
MOVED = [{**one, "values": ["192.0.2.4"]} if one["name"] == "mail" else one for one in RECORDS]

STEPS = pytest.mark.parametrize("step", [pytest.param("create", marks=pytest.mark.soak), "update"])
"""An update has a zone to lose. Each step of a first run is killed at each home by tests/dns/test_kills.py."""


@contextmanager
def zone_locked(workspace: Workspace) -> Iterator[None]:
    """Hold the zone's lock, so that an apply waits just before it reads the base again."""
    path = master_file(workspace).with_name(".db.shop.example.lock")
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def intents(workspace: Workspace) -> int:
    return entries(workspace, "apply-intent")


def entries(workspace: Workspace, kind: str) -> int:
    """How many entries of a kind the journal of a stack holds."""
    journal = workspace.root / ".sophia" / "journal.db"
    if not journal.exists():
        return 0
    with sqlite3.connect(f"file:{journal}?mode=ro", uri=True) as db:
        try:
            return int(db.execute("SELECT count(*) FROM entries WHERE kind = ?", [kind]).fetchone()[0])
        except sqlite3.OperationalError:
            return 0


def test_a_base_that_moves_between_preview_and_apply_of_one_up_stops_it(standing: Workspace) -> None:
    intruder = (
        "if not pulumi.runtime.is_dry_run():\n"
        "    with open('zones/db.shop.example', 'a') as file:\n"
        "        file.write('intruder 60 A 192.0.2.66\\n')\n"
    )
    zone_program(standing, MOVED, before=intruder)
    stopped = standing.pulumi("up", "--yes", check=False)
    assert stopped.returncode != 0
    assert "has changed since the preview" in stopped.text
    served = master_file(standing).read_text()
    assert "intruder" in served, "what somebody else wrote is still there"
    assert "192.0.2.4" not in served

    zone_program(standing, MOVED)
    standing.pulumi("up", "--yes")
    assert "intruder" not in master_file(standing).read_text()


def test_a_saved_plan_is_refused_once_the_base_moved(standing: Workspace) -> None:
    zone_program(standing, MOVED)
    plan = str(standing.root / "plan.json")
    standing.preview("--save-plan", plan)
    master_file(standing).write_text(master_file(standing).read_text() + "intruder 60 A 192.0.2.66\n")
    refused = standing.up("--plan", plan, check=False)
    assert refused.returncode != 0
    assert "the apply does - intruder 60 A 192.0.2.66" in refused.text
    assert "192.0.2.4" not in master_file(standing).read_text()


def test_a_saved_plan_that_still_fits_is_applied(workspace: Workspace) -> None:
    zone_program(workspace)
    plan = str(workspace.root / "plan.json")
    workspace.preview("--save-plan", plan)
    workspace.up("--plan", plan)
    assert master_file(workspace).exists()


@pytest.fixture
def begun(request: pytest.FixtureRequest, step: str) -> Workspace:
    """The usual zone as it is about to be made, or to be changed."""
    workspace: Workspace = request.getfixturevalue("standing" if step == "update" else "workspace")
    zone_program(workspace, MOVED if step == "update" else RECORDS)
    return workspace


@STEPS
def test_a_kill_before_the_write_leaves_the_old_zone_and_a_rerun_ends_right(begun: Workspace, step: str) -> None:
    workspace = begun
    before = master_file(workspace).read_text() if step == "update" else None
    seen = intents(workspace)
    workspace.init()
    with zone_locked(workspace):
        run = workspace.start("up", "--yes", "--skip-preview")
        wait_until(lambda: intents(workspace) > seen, "the intent to apply")
        kill_all(run)
        assert (master_file(workspace).read_text() if master_file(workspace).exists() else None) == before
    assert_a_rerun_ends_right(workspace, "192.0.2.4" if step == "update" else "192.0.2.3")


@STEPS
def test_a_kill_right_after_the_write_loses_nothing_and_a_rerun_ends_right(begun: Workspace, step: str) -> None:
    workspace = begun
    wanted = "192.0.2.4" if step == "update" else "192.0.2.3"
    workspace.init()
    run = workspace.start("up", "--yes", "--skip-preview")
    wait_until(
        lambda: master_file(workspace).exists() and wanted in master_file(workspace).read_text(),
        "the zone's new content",
    )
    kill_all(run)
    serial = master_file(workspace).read_text()
    assert_a_rerun_ends_right(workspace, wanted)
    assert master_file(workspace).read_text() == serial, "what was written once is not written again"


def assert_a_rerun_ends_right(workspace: Workspace, wanted: str) -> None:
    workspace.cancel()
    workspace.up()
    assert wanted in master_file(workspace).read_text()
    assert not list(master_file(workspace).parent.glob(".db.shop.example.*[!k]")), "nothing half-made is left"
    workspace.preview("--expect-no-changes")
    assert len(workspace.resources("ZoneRecords")) == 1


def test_of_two_stacks_that_write_one_zone_at_once_one_wins_and_the_other_refuses(tmp_path: Path, engine: Path) -> None:
    one, two = (Workspace(tmp_path / name, engine, project=name) for name in ("one", "two"))
    shared = str(tmp_path / "one" / "zones" / "db.shop.example")
    zone_program(one, backend={"path": shared})
    zone_program(two, MOVED, backend={"path": shared})
    for workspace in (one, two):
        workspace.init()
    with zone_locked(one):
        runs = [workspace.start("up", "--yes", "--skip-preview") for workspace in (one, two)]
        wait_until(lambda: intents(one) + intents(two) == 2, "both intents to apply")
    said = ["".join(run.communicate()) for run in runs]
    assert sorted(run.returncode == 0 for run in runs) == [False, True]
    refused = said[0] if runs[0].returncode else said[1]
    assert "has changed since the preview" in refused
    won = "192.0.2.3" if runs[0].returncode == 0 else "192.0.2.4"
    assert won in Path(shared).read_text()


def test_an_apply_that_can_not_be_journaled_is_not_made(workspace: Workspace) -> None:
    zone_program(workspace)
    (workspace.root / ".sophia").write_text("a file where the journal's folder should be")
    refused = workspace.up(check=False)
    assert refused.returncode != 0
    assert "journal" in refused.text
    assert not master_file(workspace).exists()
