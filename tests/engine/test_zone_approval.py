"""An edit that advice proposes, from the preview that shows it to the run that no longer needs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.standing import Made, made
from tests.engine.zones import RECORDS, master_file, zone_program
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine

MISTAKEN = [one for one in RECORDS if one["type"] != "MX"] + [
    {"name": "@", "type": "MX", "values": ["10 mail.shop.example.shop.example."]}
]
MENDED = "@ 3600 MX 10 mail.shop.example.\n"


@pytest.fixture(scope="module")
def _mistaken(tmp_path_factory: pytest.TempPathFactory, engine: Path) -> Made:
    return made(lambda workspace: zone_program(workspace, MISTAKEN), "mistaken", tmp_path_factory, engine)


@pytest.fixture
def mistaken(_mistaken: Made) -> Workspace:
    """A zone with a mistake after its first `up`, which proposed the edit that mends it."""
    return _mistaken.again()


def sophia(workspace: Workspace, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sophia_infra", *arguments]
    environment = os.environ | workspace.environment()
    return subprocess.run(command, cwd=workspace.root, env=environment, capture_output=True, text=True, check=False)


def approve_newest(workspace: Workspace) -> None:
    approve(workspace, newest_advice(workspace))


def approve(workspace: Workspace, advice: str) -> None:
    done = sophia(workspace, "advice", "approve", advice, "--yes")
    assert done.returncode == 0, done.stderr


def newest_advice(workspace: Workspace) -> str:
    return str(json.loads(sophia(workspace, "advice", "list", "--json").stdout)["advice"][0]["id"])[:12]


def test_an_approved_edit_is_applied_by_the_next_up_and_stays_while_the_program_needs_it(mistaken: Workspace) -> None:
    workspace = mistaken
    assert "mail.shop.example.shop.example." in master_file(workspace).read_text()

    announced = newest_advice(workspace)
    refused = sophia(workspace, "advice", "approve", announced, "--yes")
    assert refused.returncode == 2
    assert f"advice {announced} is about shop.example as it was before the last change" in refused.stderr
    assert "run `pulumi preview`, and approve the advice that it shows" in refused.stderr

    assert "1 edit proposed" in workspace.preview().text
    refused = sophia(workspace, "advice", "approve", announced, "--yes")
    assert refused.returncode == 2
    newest = newest_advice(workspace)
    assert f"sophia advice approve {newest}" in refused.stderr
    assert newest != announced
    approve(workspace, newest)
    assert "approved edits stand in for what the program says: @ MX" in workspace.preview().text
    workspace.up()
    assert MENDED in master_file(workspace).read_text()
    workspace.preview("--expect-no-changes")

    zone_program(workspace)
    shown = workspace.preview("--expect-no-changes").text
    assert "approved edits" not in shown
    assert "edited no more, since what the edit was for has changed: @ MX" in shown


FORBIDDEN = [*RECORDS, {"name": "@", "type": "CAA", "values": ['0 issue "digicert.com"']}]
ONE_CA, BOTH_CAS = ('@ 3600 CAA 0 issue "digicert.com"\n', '@ 3600 CAA 0 issue "letsencrypt.org"\n')


def test_a_caa_that_forbids_the_ca_in_use_is_told_and_the_addition_ends_with_the_programs_own(
    workspace: Workspace,
) -> None:
    zone_program(workspace, FORBIDDEN)
    assert "caa-forbids-issuer" not in workspace.preview().text
    zone_program(workspace, FORBIDDEN, issuers=["letsencrypt.org"])
    assert "error caa-forbids-issuer @ CAA" in workspace.up().text
    workspace.preview()
    approve_newest(workspace)
    workspace.up()
    assert ONE_CA + BOTH_CAS in master_file(workspace).read_text()
    workspace.preview("--expect-no-changes")

    own = [*RECORDS, {"name": "@", "type": "CAA", "ttl": 60, "values": ['0 issue "letsencrypt.org"']}]
    zone_program(workspace, own, issuers=["letsencrypt.org"])
    workspace.up()
    assert '@ 60 CAA 0 issue "letsencrypt.org"\n' in master_file(workspace).read_text()
    assert 'CAA 0 issue "digicert' not in master_file(workspace).read_text()
    workspace.preview("--expect-no-changes")


def test_without_approval_and_after_a_no_nothing_is_edited_at_any_level(mistaken: Workspace) -> None:
    workspace = mistaken
    workspace.up()
    assert MENDED not in master_file(workspace).read_text()

    workspace.preview()
    approve_newest(workspace)
    said = sophia(workspace, "advice", "reject", newest_advice(workspace), "--why", "the old host stays")
    assert said.returncode == 0, said.stderr
    workspace.config("sophia:autonomy", "full")
    shown = workspace.pulumi("up", "--yes").text
    assert "zone shop.example: rejected: @ MX (" in shown
    assert ": the old host stays); approved after all by: sophia advice approve " in shown
    assert MENDED not in master_file(workspace).read_text()
    workspace.preview()
    approve_newest(workspace)
    workspace.up()
    assert MENDED in master_file(workspace).read_text()


def test_an_approval_for_a_zone_that_moved_since_does_not_hold(mistaken: Workspace) -> None:
    workspace = mistaken
    workspace.preview()
    approve_newest(workspace)
    master_file(workspace).write_text(master_file(workspace).read_text() + "drift 60 A 192.0.2.66\n")
    assert "approved edits" not in workspace.preview().text
