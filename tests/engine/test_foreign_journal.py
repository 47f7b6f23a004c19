"""A journal's file that comes from elsewhere, on the real engine: an unchanged `up` goes on, and nothing more does."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sophia_infra.dns.backends import Credentials, base_of, open_backend
from sophia_infra.dns.rows import Owner, ZoneIntent, ZoneOutcome
from sophia_infra.journal import Journal
from tests.engine.test_zone_faults import MOVED
from tests.engine.zones import zone_program
from tests.support import foreign
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine
TOLD = "has rows that let nothing through here (no approval, no word on who wrote a zone): they were sealed by a key"


def accept(workspace: Workspace) -> None:
    command = [sys.executable, "-m", "sophia_infra", "audit", "accept", "--yes"]
    env = {**os.environ, **workspace.env}
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [env.get("PYTHONPATH"), *sys.path]))
    subprocess.run(command, env=env, cwd=workspace.root, check=True, capture_output=True)


def test_a_journal_that_was_copied_here_stops_no_unchanged_up_and_takes_nothing_away(
    tmp_path: Path, engine: Path
) -> None:
    workspace = Workspace(tmp_path / "project", engine)
    file = tmp_path / "db.shop.example"
    zone_program(workspace, backend={"path": str(file)})
    workspace.env["XDG_STATE_HOME"] = str(tmp_path / "there")
    workspace.up()
    workspace.up("--expect-no-changes")  # after which the journal has advice on the zone as it is

    workspace.env["XDG_STATE_HOME"] = str(tmp_path / "here")
    ran = workspace.up("--expect-no-changes")
    assert ran.text.partition("Diagnostics:")[2].count(TOLD) == 1
    refused = workspace.destroy(check=False)
    assert "does not say that this resource wrote" in refused.text
    assert file.exists()

    accept(workspace)
    assert TOLD not in workspace.preview("--expect-no-changes").text
    workspace.destroy()
    assert not file.exists()


def test_a_backup_of_the_journal_that_is_put_back_stops_no_unchanged_up_and_half_of_one_stops_what_changes(
    tmp_path: Path, engine: Path
) -> None:
    workspace, file = Workspace(tmp_path / "project", engine), tmp_path / "db.shop.example"
    zone_program(workspace, backend={"path": str(file)})
    workspace.up()
    shutil.copytree(workspace.root / ".sophia", tmp_path / "backup")
    zone_program(workspace, MOVED, backend={"path": str(file)})
    workspace.up()
    served = file.read_text()

    shutil.copy(tmp_path / "backup" / "journal.db", workspace.root / ".sophia")
    zone_program(workspace, backend={"path": str(file)})
    refused = workspace.up(check=False)
    assert "put back both from one backup" in refused.text
    assert file.read_text() == served

    shutil.copy(tmp_path / "backup" / "journal.head", workspace.root / ".sophia")
    zone_program(workspace, MOVED, backend={"path": str(file)})
    workspace.up("--expect-no-changes")
    workspace.destroy()
    assert not file.exists()


def test_forged_rows_make_no_zone_of_another_stack_this_ones(tmp_path: Path, engine: Path) -> None:
    file = tmp_path / "db.shop.example"
    one, two = (Workspace(tmp_path / name, engine, project=name) for name in ("one", "two"))
    for workspace in (one, two):
        zone_program(workspace, backend={"path": str(file)})
    one.up()
    zone = open_backend({"path": str(file)}, "shop.example", Credentials()).read().text
    mine = Owner(None, "shop.example", "forged", "two/test", "shop")
    journal = Journal.open(two.root / ".sophia")
    foreign.forge(journal, (str(file), ZoneOutcome(ZoneIntent(mine), 1, base_of(zone))), (str(file), ZoneIntent(mine)))

    assert f"{file} is there already, written by shop of one/test until now" in two.preview().text
    two.up()
    refused = two.destroy(check=False)
    assert f"this stack never wrote {file} as it is now (shop of one/test did); nothing was removed" in refused.text
    assert file.exists()
