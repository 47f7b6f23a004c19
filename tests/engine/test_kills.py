"""The engine killed in the middle of an apply, on every backend: the next run ends right, with nothing lost."""

from pathlib import Path

import pytest

from tests.dns.homes import HOMES
from tests.engine.test_zone_faults import MOVED, entries
from tests.engine.zones import without, zone_program
from tests.support.workspace import Workspace, kill_all, wait_until

pytestmark = pytest.mark.engine


def kill_at(workspace: Workspace, kind: str) -> None:
    """Start an `up`, and kill all of it once the journal holds one more entry of a kind.

    One that ends first had nothing left to do: what was killed before it had got further than its last entry says.
    """
    seen = entries(workspace, kind)
    run = workspace.start("up", "--yes", "--skip-preview")
    wait_until(lambda: entries(workspace, kind) > seen or run.poll() is not None, f"the {kind}")
    if run.poll() is not None:
        said = "".join(run.communicate())
        assert run.returncode == 0, said
        return
    kill_all(run)
    workspace.cancel()


SOAKED = {"cloudflare", "file", "knot", "namecheap"}
"""Killed at every step or message by tests/dns/test_kills.py, whose runs are the provider's own code.

BIND is here, and an update of a file is killed before its write and after it by test_zone_faults.py.
"""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.soak if name in SOAKED else ()) for name in HOMES]
)
def test_killed_before_the_write_and_after_it_a_rerun_ends_right(
    workspace: Workspace, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "home-of-the-test"))
    with HOMES[name](tmp_path) as zone:
        for variable, secret in zone.secrets.items():
            monkeypatch.setenv(variable, secret)
        zone_program(workspace, without("@ NS"), backend=zone.settings)
        workspace.env["SOPHIA_HOME"] = str(workspace.root / ".sophia")
        kill_at(workspace, "apply-intent")
        kill_at(workspace, "outcome")
        written = zone.backend.read().text
        assert "mail 3600 A 192.0.2.3\n" in written
        workspace.up()
        assert zone.backend.read().text == written, "what was written once is not written again"

        zone_program(workspace, [one for one in MOVED if one["type"] != "NS"], backend=zone.settings)
        kill_at(workspace, "outcome")
        workspace.up()
        workspace.preview("--expect-no-changes")
        assert zone.backend.read().text.count("192.0.2.4") == 1
        assert len(workspace.resources("ZoneRecords")) == 1
